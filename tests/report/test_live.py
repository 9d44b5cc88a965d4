"""What a person sees while cells finish."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from nlpwb.report.live import Board, live_board
from nlpwb.workflows.computing import Progress


def progress(
    done: int, total: int, *, kept: int = 0, method: str = "bow", **more: object
) -> Progress:
    return Progress(
        done=done,
        total=total,
        kept=kept,
        method=method,
        failure=str(more.get("failure", "")),
        seconds=float(str(more.get("seconds", 0.0))),
    )


def drawn(board: Board) -> list[str]:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    console.print(board.table())
    file = console.file
    assert isinstance(file, io.StringIO)
    return [line.rstrip() for line in file.getvalue().splitlines()]


def test_a_board_before_the_first_cell() -> None:
    board = Board(["bow", "tfidf"])
    assert board.title() == "starting"
    board.take(progress(0, 4, method=""))
    assert board.title() == "0 of 4 cells"
    assert drawn(board)[2:] == [" bow              …", " tfidf            …"]


def test_a_board_counts_cells_and_seconds_by_method() -> None:
    board = Board(["bow", "tfidf"])
    board.take(progress(1, 4, seconds=0.25))
    board.take(progress(2, 4, seconds=0.5))
    board.take(progress(3, 4, method="tfidf", failure="min_df leaves nothing [/bold]"))
    assert drawn(board)[1:] == [
        " method  cells done  seconds",
        " bow              2      0.8",
        " tfidf            1      0.0  min_df leaves nothing [/bold]",
    ]


def test_the_time_left_counts_only_what_was_computed() -> None:
    """Ten cells from the cache took no time: two computed in ten seconds leave four for twenty more."""
    board = Board(["bow"])
    board.started = time.monotonic() - 10
    board.take(progress(10, 16, kept=10, method=""))
    assert board.title() == "10 of 16 cells (10 from the cache)"
    board.take(progress(12, 16, kept=10))
    assert board.title() == "12 of 16 cells (10 from the cache), about 20 s left"


def test_nothing_is_shown_where_stderr_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A log file full of cursor movements helps nobody."""
    with live_board(["bow"], quiet=False) as report:
        report(progress(1, 1))
    assert capsys.readouterr() == ("", "")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("quiet", [False, True])
def test_the_board_is_shown_on_a_terminal_and_leaves_when_the_work_ends(
    quiet: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with live_board(["bow"], quiet=quiet) as report:
        report(progress(1, 2))
    shown = terminal.getvalue()
    assert ("1 of 2 cells" in shown) is not quiet
    if not quiet:
        assert shown.endswith("\x1b[2K")  # the last line of the board is erased


def test_an_answer_from_the_cache_shows_no_board(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with live_board(["bow"], quiet=False):
        pass
    assert terminal.getvalue() == ""
