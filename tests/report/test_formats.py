"""One call, every format, the expected text in full."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import Any

import pytest

from nlpwb.report.sink import Column, Sink, Table

COLUMNS = (
    Column("name", "name", keep=True),
    Column("share", "share", right=True, show=lambda value: f"{100 * value:.1f} %"),
    Column("count", "count", right=True),
    Column("sure", "sure"),
    Column("digest", "digest", table=False),
    Column("words", "in words", machine=False),
    Column("text", "text", wrap=True),
)
ROWS: list[dict[str, Any]] = [
    {
        "name": "alpha",
        "share": 0.123456789,
        "count": 12345,
        "sure": True,
        "digest": "a1b2",
        "words": "an eighth",
        "text": 'Tabs\tand\r\nline breaks, "quotes" and a | bar in one long sentence.',
    },
    {
        "name": "日本語",
        "share": None,
        "count": 7,
        "sure": False,
        "words": "",
        "text": "<b>短い</b>",
    },
]


def shown(capsys: pytest.CaptureFixture[str], format: str, **more: Any) -> str:
    Sink(format=format).table(ROWS, COLUMNS, before=["A   headline"], after=["The end."], **more)
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def test_a_table_at_100_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rounded numbers, dashes for what is missing, wide characters aligned, prose wrapped into what is left."""
    monkeypatch.setenv("COLUMNS", "100")
    assert (
        shown(capsys, "table")
        == """\
A   headline

  name     share   count  sure  in words   text
  alpha   12.3 %  12,345  yes   an eighth  Tabs and line breaks, "quotes" and a | bar in one long
                                           sentence.
  日本語       –       7  no               <b>短い</b>

The end.
"""
    )


def test_a_table_at_60_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prose is wrapped to 24 cells first; then the right-hand columns leave, and it is said."""
    monkeypatch.setenv("COLUMNS", "60")
    assert (
        shown(capsys, "table")
        == """\
A   headline

  name     share   count  sure  in words
  alpha   12.3 %  12,345  yes   an eighth
  日本語       –       7  no

The end.
60 columns of text leave no room for: text (--format tsv or
json has every field)
"""
    )


def test_tsv(capsys: pytest.CaptureFixture[str]) -> None:
    """Unrounded, unquoted; a tab or a line break inside a value would break the row."""
    assert (
        shown(capsys, "tsv")
        == """\
name	share	count	sure	digest	text
alpha	0.123456789	12345	yes	a1b2	Tabs and line breaks, "quotes" and a | bar in one long sentence.
日本語		7	no		<b>短い</b>
"""
    )


def test_csv(capsys: pytest.CaptureFixture[str]) -> None:
    expected = (
        "name,share,count,sure,digest,text\n"
        'alpha,0.123456789,12345,yes,a1b2,"Tabs\tand\r\nline breaks, ""quotes"" and a | bar in one '
        'long sentence."\n'
        "日本語,,7,no,,<b>短い</b>\n"
    )
    assert shown(capsys, "csv") == expected


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        shown(capsys, "json")
        == """\
[
  {
    "name": "alpha",
    "share": 0.123456789,
    "count": 12345,
    "sure": true,
    "digest": "a1b2",
    "text": "Tabs\\tand\\r\\nline breaks, \\"quotes\\" and a | bar in one long sentence."
  },
  {
    "name": "日本語",
    "share": null,
    "count": 7,
    "sure": false,
    "digest": null,
    "text": "<b>短い</b>"
  }
]
"""
    )


def test_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        shown(capsys, "jsonl")
        == """\
{"name": "alpha", "share": 0.123456789, "count": 12345, "sure": true, "digest": "a1b2", "text": \
"Tabs\\tand\\r\\nline breaks, \\"quotes\\" and a | bar in one long sentence."}
{"name": "日本語", "share": null, "count": 7, "sure": false, "digest": null, "text": "<b>短い</b>"}
"""
    )


def test_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    """A bar would end the cell and a tag would be taken for HTML."""
    assert (
        shown(capsys, "md")
        == """\
A · headline

| name | share | count | sure | in words | text |
| --- | ---: | ---: | --- | --- | --- |
| alpha | 12.3 % | 12,345 | yes | an eighth | Tabs and line breaks, "quotes" and a \\| bar in one long sentence. |
| 日本語 | – | 7 | no |  | &lt;b>短い&lt;/b> |

The end.
"""
    )


def test_a_document_is_what_json_prints_where_there_is_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert json.loads(shown(capsys, "json", document={"results": ROWS[:1], "n": (1, 2)})) == {
        "results": ROWS[:1],
        "n": [1, 2],
    }


def test_records_are_the_rows_of_the_machine_formats(capsys: pytest.CaptureFixture[str]) -> None:
    """A learning curve has more rows than the table over it; a pipe must get them all."""
    more = [*ROWS, {"name": "gamma"}]
    assert shown(capsys, "tsv", records=more).splitlines()[-1] == "gamma\t\t\t\t\t"
    assert len(shown(capsys, "jsonl", records=more).splitlines()) == 3
    assert "gamma" not in shown(capsys, "table", records=more)


def test_tables_among_the_lines_are_for_people(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    further = Table([{"n": 1}], [Column("n", "rows", right=True)])
    for format, expected in (
        ("table", "  n\n  1\n\nMore:\n  rows\n     1\n\nThe end.\n"),
        ("md", "| n |\n| --- |\n| 1 |\n\nMore:\n\n| rows |\n| ---: |\n| 1 |\n\nThe end.\n"),
        ("tsv", "n\n1\n"),
    ):
        after = ["More:", further, "The end."]
        Sink(format=format).table([{"n": 1}], [Column("n", "n")], after=after)
        assert capsys.readouterr().out == expected


def test_numbers_that_are_not_finite_are_missing(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON has no word for them, and `NaN` in it breaks every other reader."""
    rows = [{"a": math.nan, "b": [math.inf, 1.5], "c": -math.inf}]
    columns = [Column(name, name) for name in "abc"]
    for format, expected in (
        (
            "json",
            '[\n  {\n    "a": null,\n    "b": [\n      null,\n      1.5\n    ],\n    "c": null\n  }\n]\n',
        ),
        ("jsonl", '{"a": null, "b": [null, 1.5], "c": null}\n'),
        ("tsv", "a\tb\tc\n\t[null, 1.5]\t\n"),
        ("md", "| a | b | c |\n| --- | --- | --- |\n| – | inf, 1.5 | – |\n"),
    ):
        Sink(format=format).table(rows, columns)
        assert capsys.readouterr().out == expected


def test_numbers_keep_every_digit(capsys: pytest.CaptureFixture[str]) -> None:
    """A pipeline that reads its own output must get the same number."""
    values = [0.1 + 0.2, 1e-300, 123456789.12345679, 2**63]
    columns = [Column(name, name) for name in "abcd"]
    rows = [dict(zip("abcd", values, strict=True))]
    for format in ("tsv", "csv"):
        Sink(format=format).table(rows, columns)
        line = capsys.readouterr().out.splitlines()[1]
        assert [float(cell) for cell in line.replace(",", "\t").split("\t")] == values
    Sink(format="jsonl").table(rows, columns)
    assert list(json.loads(capsys.readouterr().out).values()) == values


@pytest.mark.parametrize(
    "text", ["a\rb", "a\nb", 'a"b', "a,b", "", " a ", "a\tb", "\N{LINE SEPARATOR}"]
)
def test_csv_gives_every_text_back(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Python's own writer leaves a lone carriage return bare, and its reader then ends the row there."""
    Sink(format="csv").table([{"a": text, "b": "x"}], [Column("a", "a"), Column("b", "b")])
    lines = io.StringIO(capsys.readouterr().out, newline="")
    assert list(csv.reader(lines)) == [["a", "b"], [text, "x"]]


@pytest.mark.parametrize("text", ["a\rb", "a\n\n\tb", "a\N{LINE SEPARATOR}b", "a \x0b b"])
def test_a_row_of_tsv_stays_a_row(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    Sink(format="tsv").table([{"a": text, "b": "c  d"}], [Column("a", "a"), Column("b", "b")])
    assert capsys.readouterr().out.splitlines() == ["a\tb", "a b\tc  d"]


def test_a_table_shows_control_characters_and_does_not_send_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A text of a corpus must not clear the screen of the one who looks at it."""
    Sink(format="table").table([{"a": "x\x1b[2Jy\x07"}], [Column("a", "a")])
    assert capsys.readouterr().out == "  a\n  x\ufffd[2Jy\ufffd\n"


def test_other_values_in_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"a": [1, 2], "b": 0.000123456, "c": 1234567, "d": {"k": 1}}]
    Sink(format="table").table(rows, [Column(name, name) for name in "abcd"])
    assert capsys.readouterr().out.splitlines()[1] == "  1, 2  0.0001235  1,234,567  {'k': 1}"
