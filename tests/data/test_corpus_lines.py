"""JSON Lines, fastText and plain text: a document a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlpwb.data.corpus import Document, ReadOptions
from nlpwb.data.reading import open_corpus, read_corpus
from nlpwb.errors import InputError

from .helpers import documents, write


def test_jsonl_fields_are_columns(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl", '{"label": 1, "text": "a\\nb"}\n\n{"text": "c", "label": 0}\n'
    )
    assert documents(path) == [Document("a\nb", "1", None, 1), Document("c", "0", None, 3)]


def test_json_labels_read_as_json_writes_them(tmp_path: Path) -> None:
    """str(True) would be the label 'True', and another one than that of a file written from elsewhere."""
    path = write(
        tmp_path / "a.jsonl", '{"text": "a", "label": true}\n{"text": "b", "label": 2.5}\n'
    )
    assert [d.label for d in documents(path)] == ["true", "2.5"]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('{"text": "b"', "it is not JSON (Expecting ',' delimiter at character 13)"),
        ('["b", "x"]', "it holds an array where an object such as {...} is due"),
        ('"b"', "it holds a string where an object such as {...} is due"),
        ('{"label": "x"}', "it has no field 'text'; there are: label"),
        ('{"txt": "b", "label": "x"}', "it has no field 'text'; did you mean txt?"),
        ('{"text": ["b"], "label": "x"}', "its field 'text' is an array, not a text"),
        ('{"text": null, "label": "x"}', "its field 'text' is null, not a text"),
        ('{"text": "b", "label": {}}', "its field 'label' is an object, not a text"),
        ('{"text": "b", "label": " "}', "its label is empty"),
        ('{"text": "\\ud83d", "label": "x"}', "it holds half a surrogate pair (U+D83D)"),
        ('{"text": "\\u0000", "label": "x"}', "it holds a NUL byte"),
        ("[" * 100_000, "its JSON is nested too deeply"),
    ],
)  # fmt: skip
def test_a_bad_json_line_is_named(tmp_path: Path, line: str, what: str) -> None:
    path = write(tmp_path / "a.jsonl", '{"text": "a", "label": "y"}\n' + line + "\n")
    with pytest.raises(InputError) as error:
        read_corpus(path, ReadOptions())
    assert str(error.value).endswith(
        f"line 2: {what}; mend it, or --skip-bad-rows leaves such rows out"
    )
    assert read_corpus(path, ReadOptions(skip_bad_rows=True)).skipped == 1


def test_a_json_array_is_no_jsonl_and_the_way_to_make_it_one_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", '[\n {"text": "a"}\n]\n')
    with pytest.raises(InputError, match=r"does not begin with a JSON object on one line; jq -c"):
        open_corpus(path, ReadOptions())


def test_a_fasttext_line_is_a_label_and_a_text(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.ft", "__label__good A fine book .\n\n__label__bad\tNo .\n__label__mute\n"
    )
    assert documents(path) == [
        Document("A fine book .", "good", None, 1),
        Document("No .", "bad", None, 3),
        Document("", "mute", None, 4),
    ]


def test_fasttext_in_a_text_file_is_recognised_and_that_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "__label__x one\n__label__y two\n")
    reader = open_corpus(path, ReadOptions())
    assert reader.labelled
    assert reader.notes == ("read as fastText: every line begins with __label__",)


def test_fasttext_labels_can_be_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ft", "__label__x one\n")
    assert documents(path, labelled=False) == [Document("one", None, None, 1)]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("no label here", "a fastText line begins with __label__ and a label, this one does not"),
        ("__label__ text", "a fastText line begins with __label__ and a label, this one does not"),
        (
            "__label__a __label__b text",
            "it has several labels, and a document takes one (but for --task multilabel)",
        ),
    ],
)
def test_a_bad_fasttext_line_is_named(tmp_path: Path, line: str, what: str) -> None:
    path = write(tmp_path / "a.ft", f"__label__x one\n{line}\n")
    with pytest.raises(InputError) as error:
        documents(path)
    assert f", line 2: {what}; " in str(error.value)


def test_plain_text_is_a_document_a_line_and_blank_lines_are_none(tmp_path: Path) -> None:
    """White space at the ends of a line is text; a line of nothing else is not."""
    path = write(tmp_path / "a.txt", "one \n\n \t\n two\x85\u2028three\r\n")
    assert documents(path) == [
        Document("one ", None, None, 1),
        Document(" two\x85\u2028three", None, None, 4),
    ]


def test_a_plain_file_can_be_one_document(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "one\n\ntwo\n")
    assert documents(path, per_file=True) == [Document("one\n\ntwo", None, None, 1)]


def test_plain_text_has_no_columns_and_no_labels(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "one\n")
    with pytest.raises(
        InputError, match="is plain text and has no columns, so --label x means nothing; "
    ):
        documents(path, label="x")
    with pytest.raises(InputError, match="is plain text and has no labels; "):
        documents(path, labelled=True)


def test_the_format_can_be_named(tmp_path: Path) -> None:
    """A table read as plain text, tabs and all."""
    path = write(tmp_path / "a.tsv", "one\tx\ntwo\ty\n")
    assert [d.text for d in documents(path, input_format="text")] == ["one\tx", "two\ty"]
