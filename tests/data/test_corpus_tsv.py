"""TSV: tabs part fields, and a quote is a character."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlpwb.data.corpus import Document, ReadOptions
from nlpwb.data.reading import open_corpus
from nlpwb.errors import InputError

from .helpers import documents, write


def test_a_quote_is_a_plain_character(tmp_path: Path) -> None:
    """A reader for CSV would swallow the rows up to the next quote."""
    path = write(tmp_path / "a.tsv", 'text\tlabel\n"open\tx\nbe "quoted"\ty\n')
    assert documents(path) == [
        Document('"open', "x", None, 2),
        Document('be "quoted"', "y", None, 3),
    ]


def test_only_a_line_feed_ends_a_record(tmp_path: Path) -> None:
    """Carriage returns inside a line and U+0085 stay in the text; the one before the line feed does not."""
    path = write(tmp_path / "a.tsv", "text\tlabel\none\rtwo\x85three\tx\r\n")
    assert documents(path) == [Document("one\rtwo\x85three", "x", None, 2)]


def test_a_tab_separated_file_named_csv_is_read_as_tsv_and_that_is_said(tmp_path: Path) -> None:
    """STS-B is one: commas stand in its sentences, tabs between its fields."""
    path = write(tmp_path / "a.csv", "5\tA man, a plan\tHe plans\n1\tNo\tYes\n")
    reader = open_corpus(path, ReadOptions(text="2,3", labelled=False))
    assert [d.text for d in reader] == ["A man, a plan He plans", "No Yes"]
    assert reader.format == "tsv"
    assert reader.notes[0] == "read as TSV: its fields are parted by tabs, not by commas"


def test_a_text_file_with_columns_is_read_as_tsv_and_that_is_said(tmp_path: Path) -> None:
    """GermEval 2018 is one."""
    path = write(tmp_path / "a.txt", "Guten Tag\tOTHER\nPfui\tOFFENSE\n")
    reader = open_corpus(path, ReadOptions(label="2"))
    assert list(reader) == [
        Document("Guten Tag", "OTHER", None, 1),
        Document("Pfui", "OFFENSE", None, 2),
    ]
    assert reader.notes[0] == "read as TSV: all lines have the same number of tabs"


def test_a_row_with_more_fields_than_the_first_is_bad(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", "one\tx\ntwo\ty\textra\n")
    with pytest.raises(InputError, match=r"a\.tsv, line 2: 3 fields where the first row has 2; "):
        documents(path, label="2", text="1")
    assert len(documents(path, label="2", text="1", skip_bad_rows=True)) == 1


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", "text\tlabel\n\none\tx\n\r\n")
    assert documents(path) == [Document("one", "x", None, 3)]
