"""Where results, notes and warnings go, and in which colours."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from nlpwb.errors import InputError
from nlpwb.report.sink import Column, Sink


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
