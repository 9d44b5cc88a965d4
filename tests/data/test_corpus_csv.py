"""CSV as RFC 4180 writes it, and as people do."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlpwb.data.corpus import Document, ReadOptions
from nlpwb.data.reading import open_corpus, read_corpus
from nlpwb.errors import InputError

from .helpers import documents, write


def test_a_quoted_field_may_hold_commas_line_breaks_and_quotes(tmp_path: Path) -> None:
    """Rows are counted by the line on which a record begins, not by records."""
    path = write(tmp_path / "a.csv", 'text,label\n"one, two\nthree ""four""",x\nplain,y\n')
    assert documents(path) == [
        Document('one, two\nthree "four"', "x", None, 2),
        Document("plain", "y", None, 4),
    ]


def test_line_ends_of_windows_and_blank_lines_are_no_part_of_a_record(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label\r\none,x\r\n\r\ntwo,y\r\n")
    assert documents(path) == [Document("one", "x", None, 2), Document("two", "y", None, 4)]


def test_a_line_end_inside_quotes_is_kept_as_it_is(tmp_path: Path) -> None:
    """Universal newlines would turn it into a line feed."""
    path = write(tmp_path / "a.csv", 'text,label\n"one\r\ntwo\rthree",x\n')
    assert documents(path)[0].text == "one\r\ntwo\rthree"


def test_unicode_line_separators_end_no_record(tmp_path: Path) -> None:
    """str.splitlines would break at U+0085, U+2028 and the form feed."""
    path = write(tmp_path / "a.csv", "text,label\none\x85two\u2028three\x0cfour,x\n")
    assert [d.text for d in documents(path)] == ["one\x85two\u2028three\x0cfour"]


def test_a_quote_inside_an_unquoted_field_is_a_character(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'text,label\na 5" nail,x\n')
    assert documents(path)[0].text == 'a 5" nail'


def test_semicolons_part_fields_where_the_header_has_no_comma(tmp_path: Path) -> None:
    """As a German spreadsheet exports it; the delimiter is said."""
    path = write(tmp_path / "a.csv", "text;label\nja, gut;x\n")
    reader = open_corpus(path, ReadOptions())
    assert [d.text for d in reader] == ["ja, gut"]
    assert "fields are parted by ';'" in reader.notes


def test_columns_are_joined_and_numbered(tmp_path: Path) -> None:
    """No header: columns are called 1, 2, 3, and the first row is a document."""
    path = write(tmp_path / "a.csv", '"3","A title","A body"\n"1","B title",""\n')
    reader = open_corpus(path, ReadOptions(text="2,3", label="1"))
    assert list(reader) == [
        Document("A title A body", "3", None, 1),
        Document("B title", "1", None, 2),
    ]
    assert reader.notes == ("no header (guessed)",)


def test_columns_of_a_table_with_a_header_may_be_numbered_too(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,body,kind\n7,hello,x\n")
    assert documents(path, text="2", label="3") == [Document("hello", "x", None, 2)]


def test_a_column_whose_name_holds_a_comma_is_one_column(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", '"text, long",label\nhello,x\n')
    assert documents(path, text="text, long")[0].text == "hello"


def test_groups_come_from_the_column_that_was_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label,author\nhello,x,ann\n")
    assert documents(path, group="author") == [Document("hello", "x", "ann", 2)]


def test_a_header_can_be_denied(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label\nhello,x\n")
    rows = documents(path, header=False, text="1", label="2")
    assert [d.text for d in rows] == ["text", "hello"]


def test_a_field_of_two_megabytes_is_read(tmp_path: Path) -> None:
    """The csv module's own limit is 131,072 characters; the head from which columns are guessed is shorter as well."""
    long = "word " * 400_000
    path = write(tmp_path / "a.csv", f'text,label\n"{long}",x\nshort,y\n')
    assert [len(d.text) for d in documents(path)] == [2_000_000, 5]


def test_a_first_row_longer_than_the_head_still_tells_the_columns(tmp_path: Path) -> None:
    """Without a header its width is known only once it was read to its end."""
    long = "word " * 100_000
    path = write(tmp_path / "a.csv", f'"{long}",good\nshort,bad\n')
    assert [d.label for d in documents(path, text="1", label="2")] == ["good", "bad"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            'text,label\none,x\n"two\nthree,y\nfour,x\n',
            "a.csv, line 3: a quoted field opens here and is never closed; "
            "mend it, or --skip-bad-rows leaves such rows out",
        ),
        (
            'text,label\n"one\ntwo","x\n',
            "a.csv, line 3: a quoted field opens here and is never closed; "
            "mend it, or --skip-bad-rows leaves such rows out",
        ),
        (
            'text,label\n"one" two,x\n',
            "a.csv, line 2: a quoted field opens here and is closed by a quote with text behind it; "
            'a quote inside a field is written twice (""); mend it, or --skip-bad-rows leaves such rows out',
        ),
        (
            'text,label\n"one,x\n"two",y\n',
            "a.csv, line 2: a quoted field opens here and is closed (on line 3) by a quote with text behind it; "
            'a quote inside a field is written twice (""); mend it, or --skip-bad-rows leaves such rows out',
        ),
        (
            "text,label\none,x\ntwo\n",
            "a.csv, line 3: 1 field where the header has 2; mend it, or --skip-bad-rows leaves such rows out",
        ),
        (
            "text,label\none,x\ntwo,y,z\n",
            "a.csv, line 3: 3 fields where the header has 2; mend it, or --skip-bad-rows leaves such rows out",
        ),
        (
            "text,label\none,x\ntwo,\n",
            "a.csv, line 3: its label (label) is empty; mend it, or --skip-bad-rows leaves such rows out",
        ),
        (
            "text,label\none,x\nt\0wo,y\n",
            "a.csv, line 3: it holds a NUL byte; mend it, or --skip-bad-rows leaves such rows out",
        ),
    ],
)
def test_a_bad_row_is_an_error_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, sentence: str
) -> None:
    write(tmp_path / "a.csv", content)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as error:
        read_corpus("a.csv", ReadOptions())
    assert str(error.value) == sentence


def test_bad_rows_are_skipped_counted_and_named_when_asked(tmp_path: Path) -> None:
    """An open quote costs its own row only: reading goes on at the next line."""
    path = write(tmp_path / "a.csv", 'text,label\n"one,x\ntwo,y\nthree\nfour,x\n')
    corpus = read_corpus(path, ReadOptions(skip_bad_rows=True))
    assert corpus.texts == ["two", "four"]
    assert corpus.rows == [3, 5]
    assert corpus.skipped == 2
    assert corpus.notes[-1] == (
        "2 bad rows left out (line 2: a quoted field opens here and is never closed; "
        "line 4: 1 field where the header has 2)"
    )


def test_when_all_rows_are_bad_nothing_is_left(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label\none\n")
    with pytest.raises(InputError, match=r"1 bad row left out .* and nothing is left$"):
        read_corpus(path, ReadOptions(skip_bad_rows=True))


def test_a_file_is_read_as_often_as_asked(tmp_path: Path) -> None:
    """Vectorizers pass over a corpus twice; the second pass starts anew, its count of bad rows too."""
    path = write(tmp_path / "a.csv", "text,label\none,x\nbad\n")
    reader = open_corpus(path, ReadOptions(skip_bad_rows=True))
    assert [d.text for d in reader] == [d.text for d in reader] == ["one"]
    assert reader.skipped == 1


def test_reading_can_stop_after_the_first_document(tmp_path: Path) -> None:
    """The file behind is closed, and no error below is met."""
    path = write(tmp_path / "a.csv", "text,label\none,x\nbad\n")
    iterator = iter(open_corpus(path, ReadOptions()))
    assert next(iterator).text == "one"
    iterator.close()  # type: ignore[attr-defined]
