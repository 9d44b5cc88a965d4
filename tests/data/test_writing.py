"""What is written comes back the same, or is not written."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nlpwb.data.corpus import Document, ReadOptions
from nlpwb.data.reading import open_corpus
from nlpwb.data.whole_file import whole_file
from nlpwb.data.writing import WriteOptions, format_of, write_documents
from nlpwb.errors import InputError, UsageError

from .helpers import documents

# Everything that a document may hold: no half of a surrogate pair, and no control characters but those of texts, since a short
# file that is made of them is refused as binary.
controls = "".join(chr(code) for code in range(32) if chr(code) not in "\t\n\r\x0c") + "\x7f"
characters = st.characters(exclude_characters=controls, exclude_categories=["Cs"])
tricky = st.sampled_from(
    [
        '"',
        ",",
        ";",
        "\t",
        "\n",
        "\r",
        "\r\n",
        "\x85",
        "\u2028",
        "\x0c",
        " ",
        "\ufeff",
        "{",
        "a",
        "é",
        "1",
    ]
)
anything = st.one_of(st.text(characters), st.lists(tricky).map("".join))
one_line = anything.map(lambda text: "".join(" " if c in "\t\n\r" else c for c in text))
label = anything.filter(str.strip)
quiet = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

HEADED = ReadOptions(text="text", label="label", group="group", header=True)


def rows(*fields: tuple[str, str | None, str | None]) -> list[Document]:
    return [Document(text, label, group, i) for i, (text, label, group) in enumerate(fields, 1)]


def content(found: list[Document]) -> list[tuple[str, str | None, str | None]]:
    return [(d.text, d.label, d.group) for d in found]


@quiet
@given(st.lists(st.tuples(anything, label, label), min_size=1))
@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".csv.gz", ".jsonl.zst", ".csv.bz2"])
def test_csv_and_jsonl_keep_everything(
    tmp_path: Path, suffix: str, fields: list[tuple[str, str, str]]
) -> None:
    path = tmp_path / f"a{suffix}"
    written = rows(*fields)
    assert write_documents(written, path, WriteOptions(labelled=True, grouped=True)) == len(fields)
    options = {"text": "text", "label": "label", "group": "group"}
    assert content(documents(str(path), **options)) == content(written)


@quiet
@given(st.lists(st.tuples(one_line, one_line.filter(str.strip)), min_size=1))
def test_tsv_keeps_all_that_fits_on_a_line(tmp_path: Path, fields: list[tuple[str, str]]) -> None:
    path = tmp_path / "a.tsv"
    written = rows(*((text, label, None) for text, label in fields))
    write_documents(written, path, WriteOptions(labelled=True))
    assert content(documents(str(path), text="text", label="label")) == content(written)


@quiet
@given(
    st.lists(st.tuples(one_line, st.sampled_from(["a", "__label__", "größe", "x,y"])), min_size=1)
)
def test_fasttext_keeps_all_that_fits_on_a_line(
    tmp_path: Path, fields: list[tuple[str, str]]
) -> None:
    path = tmp_path / "a.ft"
    written = rows(*((text, label, None) for text, label in fields))
    write_documents(written, path, WriteOptions(labelled=True))
    assert content(documents(str(path))) == content(written)


@quiet
@given(st.lists(one_line.filter(str.strip), min_size=1))
@example(["\ufeffwith a byte order mark of its own"])
@example(["{", '{"a": 1}'])
def test_plain_text_keeps_lines(tmp_path: Path, texts: list[str]) -> None:
    path = tmp_path / "a.txt"
    written = rows(*((text, None, None) for text in texts))
    write_documents(written, path, WriteOptions())
    assert content(documents(str(path))) == content(written)


@pytest.mark.parametrize(
    ("form", "text", "label", "what"),
    [
        (
            "tsv",
            "a\tb",
            "x",
            "holds a tab or a line break, which this format cannot keep (--replace-breaks writes spaces)",
        ),
        (
            "tsv",
            "ab",
            "x\ny",
            "holds a tab or a line break, which this format cannot keep (--replace-breaks writes spaces)",
        ),
        ("tsv", "", None, "is empty, which TSV of one column cannot tell from no row"),
        (
            "text",
            "a\nb",
            None,
            "holds a tab or a line break, which this format cannot keep (--replace-breaks writes spaces)",
        ),
        ("text", " ", None, "is empty, and in plain text a blank line is no document"),
        ("text", "__label__x y", None, "begins with __label__, and would be read back as fastText"),
        (
            "fasttext",
            "ab",
            "very good",
            "has the label 'very good', and fastText takes no spaces in labels",
        ),
        (
            "fasttext",
            "__label__x y",
            "x",
            "begins with __label__, which fastText takes for a second label",
        ),
    ],
)
def test_what_a_format_cannot_hold_is_refused_with_its_row_and_nothing_is_written(
    tmp_path: Path, form: str, text: str, label: str | None, what: str
) -> None:
    path = tmp_path / "out"
    bad = [Document("fine", label and "x", None, 1), Document(text, label, None, 7)]
    with pytest.raises(InputError) as error:
        write_documents(bad, path, WriteOptions(to=form, labelled=label is not None))
    assert str(error.value) == (
        f"the document of line 7 {what}; write CSV or JSONL, which hold everything"
    )
    assert list(tmp_path.iterdir()) == []


def test_breaks_become_spaces_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    write_documents(
        rows(("a\tb\r\nc", "x", None)), path, WriteOptions(labelled=True, replace_breaks=True)
    )
    assert path.read_text() == "text\tlabel\na b  c\tx\n"


def test_labels_and_groups_are_not_dropped_in_silence(tmp_path: Path) -> None:
    one = rows(("a", "x", "g"))
    for path, options, sentence in (
        (
            "a.txt",
            WriteOptions(labelled=True),
            "plain text holds no labels; --texts-only leaves them out",
        ),
        (
            "a.ft",
            WriteOptions(labelled=True, grouped=True),
            "fasttext holds no groups; leave --group-col out",
        ),
        ("a.ft", WriteOptions(), "fastText holds a label in each line, and there are none"),
    ):
        with pytest.raises(InputError, match=sentence):
            write_documents(one, tmp_path / path, options)
    write_documents(
        one, tmp_path / "a.txt", WriteOptions(labelled=True, grouped=True, texts_only=True)
    )
    assert (tmp_path / "a.txt").read_text() == "a\n"


def test_the_extension_says_the_format_and_the_compression() -> None:
    found = [format_of(f"a{s}", None) for s in (".csv", ".TSV", ".jsonl.gz", ".ft.zst", ".txt.bz2")]
    assert found == ["csv", "tsv", "jsonl", "fasttext", "text"]
    assert format_of("a.dat", "csv") == "csv"
    for name in ("a", "a.gz", "a.xlsx"):
        with pytest.raises(
            UsageError, match=r"the extension does not say which format to write; use one of \.csv"
        ):
            format_of(name, None)
    with pytest.raises(
        UsageError, match=r"--to 'json' is not a format to write; did you mean jsonl\?"
    ):
        format_of("a.csv", "json")


def test_equal_documents_give_equal_compressed_files(tmp_path: Path) -> None:
    """gzip's time stamp would make every run of a pipeline look like a change."""
    for name in ("a.csv.gz", "b.csv.gz"):
        write_documents(rows(("a", None, None)), tmp_path / name, WriteOptions())
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()
    assert gzip.decompress((tmp_path / "a.csv.gz").read_bytes()) == b"text\na\n"


def test_a_file_that_was_there_survives_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("before")
    with pytest.raises(InputError):
        write_documents(rows(("a\tb", None, None)), path, WriteOptions())
    assert path.read_text() == "before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.tsv"]


def test_a_file_can_be_converted_onto_itself(tmp_path: Path) -> None:
    """It is read to its end before the new one takes its place."""
    path = tmp_path / "a.csv"
    path.write_text("label,text\nx,one\n")
    reader = open_corpus(str(path), ReadOptions(label="label"))
    write_documents(reader, path, WriteOptions(labelled=True))
    assert path.read_text() == "text,label\none,x\n"


def test_a_full_disk_and_a_missing_folder_get_their_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(
        InputError, match=r"cannot be written \(no such file or directory\); choose another place"
    ):
        write_documents(rows(("a", None, None)), tmp_path / "none" / "a.csv", WriteOptions())

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with (
        pytest.raises(InputError, match=r"a\.csv cannot be written \(no space left on device\)"),
        whole_file(tmp_path / "a.csv") as file,
    ):
        file.write(b"text")
    assert list(tmp_path.iterdir()) == []
