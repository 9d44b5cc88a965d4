"""One call, every format, the expected text in full."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import pytest

from nlpwb.errors import InputError
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


# --- where it goes


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("a.json", "["),
        ("a.jsonl", '{"n": 1}'),
        ("a.csv", "n"),
        ("a.md", "| n |"),
        ("a.txt", "  n"),
        ("a.TSV", "n"),
        ("a.data", "n"),
    ],
)
def test_the_ending_says_the_format_of_a_file(name: str, first: str, tmp_path: Path) -> None:
    Sink(out=str(tmp_path / name)).table([{"n": 1}], [Column("n", "n")])
    assert (tmp_path / name).read_text(encoding="utf-8").splitlines()[0] == first
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_pipe_gets_tsv_and_a_dash_is_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    Sink(out="-").table([{"n": 1}], [Column("n", "n")])
    assert capsys.readouterr().out == "n\n1\n"


def test_a_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that fails while it writes must leave the result of the last one."""
    out = tmp_path / "out.tsv"
    out.write_text("before", encoding="utf-8")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        with pytest.raises(InputError) as caught:
            Sink(out=str(out)).write("after")
    assert str(caught.value) == f"--out {out}: no space left on device; choose another place"
    assert out.read_text(encoding="utf-8") == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["out.tsv"]


def test_a_place_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        Sink(out=str(tmp_path / "no" / "out.tsv"))
    assert str(caught.value) == (
        f"--out {tmp_path}/no/out.tsv: the folder {tmp_path}/no does not exist; make it first"
    )
    with pytest.raises(InputError, match="this is a folder; name a file in it"):
        Sink(out=str(tmp_path))


def test_a_lone_surrogate_is_written_as_its_escape(tmp_path: Path) -> None:
    """JSON can bring one; UTF-8 cannot hold it, and the run must not end in a bug report."""
    Sink(out=str(tmp_path / "a.json")).table([{"a": "x\ud800"}], [Column("a", "a")])
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert "\\ud800" in text
    assert json.loads(text) == [{"a": "x\ud800"}]


def test_a_terminal_without_unicode_gets_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """`PYTHONIOENCODING=ascii nlpwb compare` must not end in a bug report over a ≈."""
    buffer = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(buffer, encoding="ascii"))
    Sink(format="tsv").write("a ≈ b\n")
    assert buffer.getvalue() == b"a \\u2248 b\n"


# --- notes, warnings and colours


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def open_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Standard output and error on one terminal; no fixture, since pytest puts its own streams back after set-up."""
    shared = Terminal()
    monkeypatch.setattr("sys.stdout", shared)
    monkeypatch.setattr("sys.stderr", shared)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return shared


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "nlpwb: a warning\n"),
        ({"verbose": True}, "a note\nnlpwb: a warning\n"),
        ({"quiet": True}, ""),
        ({"quiet": True, "verbose": True}, ""),
    ],
)
def test_notes_into_a_pipe(
    options: dict[str, bool], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Notes are for terminals, or for those who ask with -v; warnings are for everyone but -q."""
    sink = Sink(**options)  # type: ignore[arg-type]
    sink.note("a note")
    sink.warn("a warning")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", expected)


def test_notes_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = open_terminal(monkeypatch)
    sink = Sink()
    sink.note("a note")
    sink.warn("a warning")
    assert terminal.getvalue() == "a note\n\x1b[33mnlpwb: a warning\x1b[0m\n"


def coloured(format: str = "auto", out: str | None = None) -> None:
    Sink(format=format, out=out).table(
        [{"n": 1}, {"n": 2}],
        [Column("n", "number", right=True)],
        after=["The end.", "! Beware, " + "of this " * 7],
        strong=lambda row: row["n"] == 1,
    )


def test_colours_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The header is dim, what is strong is bold, warnings are yellow, and the rest is plain."""
    terminal = open_terminal(monkeypatch)
    coloured()
    assert terminal.getvalue() == (
        "  \x1b[2mnumber\x1b[0m\n"
        "       \x1b[1m1\x1b[0m\n"
        "       2\n"
        "\n"
        "The end.\n"
        "\x1b[33m! Beware, of this of this of this of this of this of this of\x1b[0m\n"
        "  \x1b[33mthis\x1b[0m\n"
    )


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_colours_where_they_are_not_wanted(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = open_terminal(monkeypatch)
    monkeypatch.setenv(name, value)
    coloured()
    Sink().warn("a warning")
    assert "\x1b" not in terminal.getvalue()


def test_no_colours_in_files_and_machine_formats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = open_terminal(monkeypatch)
    coloured(out=str(tmp_path / "a.txt"))
    assert "\x1b" not in (tmp_path / "a.txt").read_text(encoding="utf-8")
    for format in ("tsv", "md", "json"):
        coloured(format)
    assert "\x1b" not in terminal.getvalue()


def test_no_colours_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    coloured("table")
    assert "\x1b" not in capsys.readouterr().out
