"""Labelled words from files: columns, schemes, and what is wrong with a line."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from nlpwb.data.builtin import find_builtin
from nlpwb.data.conll import Sentence, is_conll, open_conll, read_conll
from nlpwb.data.corpus import ReadOptions
from nlpwb.data.reading import open_corpus
from nlpwb.errors import InputError, UsageError

CONLL = """\
-DOCSTART- -X- -X- O

EU NNP B-NP B-ORG
rejects VBZ B-VP O

Peter NNP B-NP B-PER
Blackburn NNP I-NP I-PER
"""


def put(folder: Path, content: str, name: str = "a.conll") -> str:
    (folder / name).write_text(content, encoding="utf-8")
    return str(folder / name)


def test_words_stand_first_and_labels_last(tmp_path: Path) -> None:
    corpus = read_conll(put(tmp_path, CONLL), ReadOptions())
    assert corpus.words == [["EU", "rejects"], ["Peter", "Blackburn"]]
    assert corpus.tags == [["B-ORG", "O"], ["B-PER", "I-PER"]]
    assert corpus.rows == [3, 6]
    assert corpus.labels == ["O", "B-ORG", "B-PER", "I-PER"]
    assert corpus.scheme == "IOB2"
    assert corpus.notes == ("labels: column 4, the last of 4 (guessed)",)


def test_columns_by_number(tmp_path: Path) -> None:
    corpus = read_conll(put(tmp_path, CONLL), ReadOptions(text="1", label="2"))
    assert corpus.tags[0] == ["NNP", "VBZ"]
    assert corpus.scheme == "plain"
    assert any("say no entities" in note for note in corpus.notes)


@pytest.mark.parametrize("asked", [{}, {"text": "word", "label": "ner"}])
def test_columns_by_name(tmp_path: Path, asked: dict[str, str]) -> None:
    path = put(tmp_path, "word\tpos\tner\nNew York\tNNP\tB-LOC\n.\t.\tO\n")
    corpus = read_conll(path, ReadOptions(**asked))
    assert corpus.words == [["New York", "."]], "between tabs a word may hold a space"
    assert corpus.tags == [["B-LOC", "O"]]


def test_packed_files_windows_line_ends_and_remarks(tmp_path: Path) -> None:
    text = "# text = a b\r\na\tO\r\n#\tB-X\r\n\r\n\r\n# newdoc\r\nb\tO\r\n"
    with gzip.open(tmp_path / "a.conll.gz", "wb") as file:
        file.write(text.encode())
    corpus = read_conll(str(tmp_path / "a.conll.gz"), ReadOptions())
    assert corpus.words == [["a", "#"], ["b"]]
    assert is_conll(str(tmp_path / "a.conll.gz"))
    assert not is_conll("a.txt")


def test_other_schemes_are_read_as_iob2_and_said(tmp_path: Path) -> None:
    corpus = read_conll(put(tmp_path, "a I-X\nb I-X\nc B-X\n"), ReadOptions())
    assert corpus.tags == [["B-X", "I-X", "B-X"]]
    assert (corpus.scheme, corpus.notes) == (
        "IOB1",
        ("its labels are IOB1's; they are read as IOB2's",),
    )
    slips = read_conll(put(tmp_path, "a B-X\nb O\nc I-X\n"), ReadOptions())
    assert slips.tags == [["B-X", "O", "B-X"]]
    assert any("1 labels I-… begin an entity" in note for note in slips.notes)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a O\nb\n", r"a\.conll, line 2: 1 column where the first line has 2"),
        ("a O\nb x O\n", r"a\.conll, line 2: 3 columns where the first line has 2"),
        ("a\tO\nb\t\n", r"a\.conll, line 2: its label is missing"),
        ("a\tO\n\tO\n", r"a\.conll, line 2: its word is missing"),
        ("a\n", r"has one column, and labelled words need two"),
        ("a B-X\n\nb LOC\n", r"the sentence of line 3 has the label 'LOC', which says neither"),
        ("\n\n", "holds blank lines and no word"),
        ("", "is empty"),
        ("-DOCSTART- O\n", "holds no sentence"),
    ],
)
def test_what_is_wrong_names_file_and_line(tmp_path: Path, content: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        read_conll(put(tmp_path, content), ReadOptions())


def test_bad_lines_are_left_out_where_that_was_asked(tmp_path: Path) -> None:
    corpus = read_conll(put(tmp_path, "a O\nb\nc B-X\n"), ReadOptions(skip_bad_rows=True))
    assert (corpus.words, corpus.skipped) == ([["a", "c"]], 1)
    assert any("1 bad row left out (line 2" in note for note in corpus.notes)


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"label": "5"}, InputError, "no column '5' .*its columns are 1 to 4"),
        ({"label": "1"}, UsageError, "cannot hold both words and labels"),
    ],
)
def test_columns_that_are_not_there(
    tmp_path: Path, options: dict[str, str], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        read_conll(put(tmp_path, CONLL), ReadOptions(**options))


def test_words_alone_come_one_sentence_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a\nb\n\nc\n")))
    reader = open_conll("-", ReadOptions(labelled=False))
    assert list(reader) == [Sentence(["a", "b"], None, 1), Sentence(["c"], None, 4)]


@pytest.mark.parametrize(
    ("name", "size"), [("sample:entities", 240), ("sample:entities-test", 100)]
)
def test_the_samples_hold_what_the_list_says(name: str, size: int) -> None:
    corpus = read_conll(name, ReadOptions())
    assert len(corpus) == find_builtin(name).size == size
    assert (corpus.name, corpus.scheme) == (name, "IOB2")
    assert {label[2:] for label in corpus.labels} == {"", "PER", "LOC", "ORG"}
    with pytest.raises(InputError, match=f"{name} holds labels of words, which `nlpwb finetune"):
        open_corpus(name, ReadOptions())


def test_names_of_the_test_are_new() -> None:
    """Else the figures would say how well names are remembered."""
    known, asked = (
        {
            tuple(words[at : at + 2])
            for words, tags in zip(corpus.words, corpus.tags, strict=True)
            for at, tag in enumerate(tags)
            if tag == "B-PER" and tags[at + 1 : at + 2] == ["I-PER"]
        }
        for corpus in (
            read_conll(n, ReadOptions()) for n in ("sample:entities", "sample:entities-test")
        )
    )
    assert asked
    assert not known & asked


def test_a_corpus_of_texts_is_none_of_words() -> None:
    with pytest.raises(InputError, match="sample:reviews holds no labels of words"):
        read_conll("sample:reviews", ReadOptions())
