"""The aligned table: what is wrapped, what leaves, and that nothing is wider than the terminal."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from nlpwb.report.columns import Column, Table
from nlpwb.report.layout import aligned, layout, wrap
from tests.report.comparisons import LONG

SPECS = (
    Column("method", "method", keep=True, wrap_at=",+"),
    Column("score", "score", right=True, keep=True),
    Column("fit", "fit", right=True),
    Column("size", "size", right=True),
)
ROWS = [
    {"method": LONG, "score": ".9000", "fit": "12.0 s", "size": "100.0 MB"},
    {"method": "bow", "score": ".8000", "fit": "0.1 s", "size": "1.0 MB"},
]


def test_a_spec_is_broken_after_commas_and_plus_signs_before_a_column_leaves() -> None:
    """The longest piece with its indent, `  sublinear_tf=yes+`, is 19 cells: the column needs no more."""
    lines, left_out = aligned(Table(ROWS, SPECS), 46)
    assert lines == [
        "  method               score     fit      size",
        "  tfidf:ngrams=2-5,    .9000  12.0 s  100.0 MB",
        "    analyzer=char_wb,",
        "    sublinear_tf=yes+",
        "    svm",
        "  bow                  .8000   0.1 s    1.0 MB",
    ]
    assert left_out == []


def test_what_is_left_over_goes_back_to_the_specs() -> None:
    lines, _ = aligned(Table(ROWS, SPECS), 70)
    assert lines[1:4] == [
        "  tfidf:ngrams=2-5,analyzer=char_wb,  .9000  12.0 s  100.0 MB",
        "    sublinear_tf=yes+svm",
        "  bow                                 .8000   0.1 s    1.0 MB",
    ]
    lines, _ = aligned(Table(ROWS, SPECS), 100)
    assert lines[1] == f"  {LONG}  .9000  12.0 s  100.0 MB"


def test_the_right_hand_columns_leave_first() -> None:
    for width, there, left_out in (
        (46, ["method", "score", "fit", "size"], []),
        (45, ["method", "score", "fit"], ["size"]),
        (35, ["method", "score"], ["fit", "size"]),
        (20, ["method", "score"], ["fit", "size"]),
    ):
        lines, lost = aligned(Table(ROWS, SPECS), width)
        assert (lines[0].split(), lost) == (there, left_out), width


def test_specs_that_still_do_not_fit_are_cut() -> None:
    """Better a name in pieces than lines that the terminal folds."""
    lines, _ = aligned(Table(ROWS[1:] + ROWS[:1], SPECS), 23)
    assert lines[:4] == [
        "  method          score",
        "  bow             .8000",
        "  tfidf:ngrams=2  .9000",
        "    -5,",
    ]
    assert max(map(len, lines)) == 23


def test_wrapped_columns_share_what_is_left_and_the_least_needy_is_served_first() -> None:
    columns = [Column(name, name, wrap=True) for name in ("a", "b")]
    table = Table([{"a": "word " * 40, "b": "x" * 30}], columns)
    lines, _ = aligned(table, 84)
    assert {cell_len(line) for line in lines[1:3]} == {2 + 49 + 2 + 30, 2 + 49}


def test_each_table_says_what_it_has_left_out() -> None:
    wide = Table([{"a": "1", "b": "2"}], [Column("a", "a" * 20, keep=True), Column("b", "b" * 20)])
    assert (
        layout(wide, width=30, after=["More:", wide, "The end."])
        == """\
  aaaaaaaaaaaaaaaaaaaa
  1

More:
  aaaaaaaaaaaaaaaaaaaa
  1

30 columns of text leave no
room for: bbbbbbbbbbbbbbbbbbbb
(--format tsv or json has
every field)

The end.
30 columns of text leave no
room for: bbbbbbbbbbbbbbbbbbbb
(--format tsv or json has
every field)
"""
    )


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("", 10, [""]),
        ("one two three", 9, ["one two", "three"]),
        ("one   two words   three", 14, ["one", "two words", "three"]),
        ("one   two words   three", 15, ["one   two words", "three"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("日本語のテキスト", 7, ["日本語", "のテキ", "スト"]),
        ("  in a margin", 8, ["  in a", "  margin"]),
        (" 日本", 2, ["日", "本"]),  # beside the margin there is no room for one
    ],
)
def test_wrapping_prose(text: str, width: int, expected: list[str]) -> None:
    """By terminal cells: a Chinese character takes two, and its text has no spaces to break at."""
    assert wrap(text, width) == expected


def test_wrapping_a_warning_indents_what_follows() -> None:
    assert wrap("! one two three", 8, indent=2) == ["! one", "  two", "  three"]


@settings(deadline=None)
@given(st.text(max_size=60), st.integers(2, 30), st.sampled_from(["", ",+"]))
def test_wrapping_loses_nothing_but_spaces_at_line_ends(text: str, width: int, after: str) -> None:
    lines = wrap(text, width, after=after)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cell_len(line) <= width for line in lines)


words = st.text(st.sampled_from("ab,+ 日é"), max_size=30)


@settings(deadline=None)
@given(st.lists(st.tuples(words, words, words), min_size=1, max_size=4), st.integers(30, 90))
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str, str, str]], width: int) -> None:
    """Columns that may leave or wrap always make room for one that may not (here 5 cells wide)."""
    columns = [
        Column("a", "a", wrap_at=",+", keep=True),
        Column("n", "n", keep=True),
        Column("b", "b"),
        Column("c", "c", wrap=True),
    ]
    table = Table([{"a": a, "b": b, "c": c, "n": 12345} for a, b, c in rows], columns)
    for line in layout(table, width=width).splitlines():
        assert cell_len(line) <= width


def test_a_spec_longer_than_a_line_is_cut_behind_a_comma_in_text_too() -> None:
    """Half an option's name at the end of a line reads like another option."""
    assert wrap("on gpt:layers=2,heads=2,dim=32 says so", 20) == [
        "on",
        "gpt:layers=2,",
        "heads=2,dim=32 says",
        "so",
    ]
