"""Corpora whose documents are two texts."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from nlpwb.data.corpus import Columns, ReadOptions
from nlpwb.data.fingerprint import fingerprint
from nlpwb.data.reading import open_corpus, read_corpus
from nlpwb.errors import InputError, UsageError
from nlpwb.text.pairs import pair_text, split_pair

NLI = "premise\thypothesis\tlabel\nA man eats.\tHe sleeps.\tno\nA cat sat.\tIt sat.\tyes\n"


def put(folder: Path, name: str, content: str) -> str:
    (folder / name).write_text(content, encoding="utf-8")
    return str(folder / name)


def test_a_pair_is_a_text_with_a_tab_between_its_two() -> None:
    assert split_pair(pair_text("a b", "c d")) == ("a b", "c d")
    assert pair_text("a\tb", "c") == "a b\tc", "a tab inside of a text would part it"
    assert split_pair("alone") == ("alone", "")


@pytest.mark.parametrize("text", ["premise,hypothesis", "1,2", None])
def test_columns_by_name_by_number_or_by_their_usual_names(
    tmp_path: Path, text: str | None
) -> None:
    reader = open_corpus(put(tmp_path, "nli.tsv", NLI), ReadOptions(text=text, pairs=True))
    assert reader.columns == Columns(("premise", "hypothesis"), "label", None, pair=True)
    assert [(one.text, one.label) for one in reader] == [
        ("A man eats.\tHe sleeps.", "no"),
        ("A cat sat.\tIt sat.", "yes"),
    ]
    assert any("guessed" in note and "premise" in note for note in reader.notes) == (text is None)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("p.csv", 'a,b,label\n"one, two",three,x\n'),
        ("p.jsonl", '{"a": "one, two", "b": "three", "label": "x"}\n'),
    ],
)
def test_other_tables(tmp_path: Path, name: str, content: str) -> None:
    (document,) = open_corpus(put(tmp_path, name, content), ReadOptions(label="label", pairs=True))
    assert (document.text, document.label) == ("one, two\tthree", "x")


def test_parquet(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(
        pyarrow.table({"a": ["one", "two"], "b": ["three", " "], "label": ["x", "y"]}),
        tmp_path / "p.parquet",
    )
    options = ReadOptions(label="label", pairs=True, skip_bad_rows=True)
    reader = open_corpus(str(tmp_path / "p.parquet"), options)
    assert [one.text for one in reader] == ["one\tthree"]
    assert reader.skipped == 1, "its second text is a blank"


def test_how_alike_is_the_label_where_there_is_no_other(tmp_path: Path) -> None:
    rows = "".join(f"text {n}\tother {n}\t{n / 10}\n" for n in range(200))
    path = put(tmp_path, "sts.tsv", "sentence1\tsentence2\tscore\n" + rows)
    reader = open_corpus(path, ReadOptions(pairs=True))
    assert reader.columns is not None
    assert reader.columns.label == "score"


def test_rows_that_go_on_behind_the_last_column(tmp_path: Path) -> None:
    """STS-B's files have notes behind some rows, and no header to name them."""
    rows = "a\tx\t1.5\none text\tanother text\nb\ty\t2.5\tthree\tfour\t(c) somebody\n"
    path = put(tmp_path, "sts.tsv", rows.replace("1.5\n", "1.5\t"))
    corpus = read_corpus(path, ReadOptions(text="4,5", label="3", header=False, pairs=True))
    assert corpus.texts == ["one text\tanother text", "three\tfour"]
    assert corpus.labels == ["1.5", "2.5"]


def test_lines_with_a_tab(monkeypatch: pytest.MonkeyPatch) -> None:
    """One alone is taken for plain text, several for a table without a header: the same pairs, and none of them is lost."""
    for lines in (["Hi\tHello"], ["Hi\tHello", "It rains again today, they say.\tThe sun shines."]):
        data = "\n".join(lines).encode()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        reader = open_corpus("-", ReadOptions(pairs=True, labelled=False))
        assert [one.text for one in reader] == lines


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("one text\n", "line 1: it is one text, and a pair is two, parted by a tab"),
        ("a\tb\tc\nd\n", "line 1: it has 2 tabs, and a pair is two texts"),
        ("a\t \n", "line 1: a text of the pair is missing"),
    ],
)
def test_lines_that_are_no_pairs(tmp_path: Path, content: str, sentence: str) -> None:
    path = put(tmp_path, "p.txt", content)
    with pytest.raises(InputError, match=sentence):
        list(open_corpus(path, ReadOptions(pairs=True, labelled=False)))


def test_a_row_that_lacks_a_text_names_its_line_and_column(tmp_path: Path) -> None:
    path = put(tmp_path, "p.tsv", NLI + "alone\t\tno\n")
    with pytest.raises(InputError, match=r"line 4: its text \(hypothesis\) is missing"):
        read_corpus(path, ReadOptions(pairs=True))
    skipping = read_corpus(path, ReadOptions(pairs=True, skip_bad_rows=True))
    assert (len(skipping), skipping.skipped, skipping.pairs) == (2, 1, True)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("premise", "names one column, and a pair has two texts"),
        ("premise,hypothesis,label", "names 3 columns"),
        ("premise,1", "names one column twice"),
    ],
)
def test_two_columns_and_no_other_number(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        open_corpus(put(tmp_path, "nli.tsv", NLI), ReadOptions(text=text, pairs=True))


def test_a_label_is_no_text_of_a_pair(tmp_path: Path) -> None:
    """By its name, or by its few values; standard input of two columns and nothing else is taken as it is."""
    rows = "".join(f"text number {n}\t{'ab'[n % 2]}\n" for n in range(20))
    for content in ("text\tlabel\n" + rows, rows):
        with pytest.raises(InputError, match="which columns hold the two texts cannot be told"):
            open_corpus(put(tmp_path, "t.tsv", content), ReadOptions(pairs=True))
    alone = open_corpus(put(tmp_path, "t.tsv", rows), ReadOptions(pairs=True, labelled=False))
    assert alone.columns is not None
    assert alone.columns.text == ("1", "2")


def test_single_texts_are_no_pairs(tmp_path: Path) -> None:
    table = put(tmp_path, "t.csv", "text,label\ngood,1\nbad,0\n")
    with pytest.raises(InputError, match="which columns hold the two texts cannot be told"):
        open_corpus(table, ReadOptions(pairs=True))
    marked = put(tmp_path, "t.ft", "__label__x good\n")
    with pytest.raises(InputError, match="fasttext, and pairs of texts are two columns"):
        open_corpus(marked, ReadOptions(pairs=True))
    with pytest.raises(InputError, match="a folder, and pairs of texts are two columns"):
        open_corpus(str(tmp_path), ReadOptions(pairs=True))


def test_pairs_and_joined_columns_are_read_under_names_of_their_own(tmp_path: Path) -> None:
    """Else the cache would give the rows of one to the other."""
    path = put(tmp_path, "nli.tsv", NLI)
    both = [ReadOptions(text="1,2", pairs=pairs) for pairs in (False, True)]
    assert len({fingerprint(path, options) for options in both}) == 2
    assert read_corpus(path, both[0]).texts[0] == "A man eats. He sleeps."
