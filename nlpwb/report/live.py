"""What a person sees while cells finish: a table on the terminal, in place; nothing anywhere else."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from nlpwb.workflows.computing import Progress

Report = Callable[["Progress"], None]


class Board:
    """How many cells of each method are done, and when the rest may be."""

    def __init__(self, methods: Sequence[str]) -> None:
        self.methods = list(methods)
        self.done = dict.fromkeys(methods, 0)
        self.seconds = dict.fromkeys(methods, 0.0)
        self.failures: dict[str, str] = {}
        self.latest: Progress | None = None
        self.started = time.monotonic()

    def take(self, progress: Progress) -> None:
        """Enter one event."""
        self.latest = progress
        if not progress.method:
            return
        self.done[progress.method] = self.done.get(progress.method, 0) + 1
        self.seconds[progress.method] = self.seconds.get(progress.method, 0.0) + progress.seconds
        if progress.failure:
            self.failures[progress.method] = progress.failure

    def title(self) -> str:
        """``12 of 30 cells, about 14 s left``."""
        if self.latest is None:
            return "starting"
        fresh = self.latest.done - self.latest.kept
        text = f"{self.latest.done} of {self.latest.total} cells"
        if self.latest.kept:
            text += f" ({self.latest.kept} from the cache)"
        if fresh:
            each = (time.monotonic() - self.started) / fresh
            text += f", about {each * (self.latest.total - self.latest.done):.0f} s left"
        return text

    def table(self) -> Table:
        """The board as rich draws it; names and failures are shown as they are, square brackets too."""
        from rich.table import Table
        from rich.text import Text

        drawn = Table(box=None, title=self.title(), title_justify="left", title_style="dim")
        drawn.add_column("method")
        drawn.add_column("cells done", justify="right")
        drawn.add_column("seconds", justify="right")
        drawn.add_column("")
        for method in self.methods:
            drawn.add_row(
                Text(method),
                str(self.done[method]) if self.done[method] else "…",
                f"{self.seconds[method]:.1f}" if self.done[method] else "",
                Text(self.failures.get(method, "")),
            )
        return drawn


@contextlib.contextmanager
def live_board(methods: Sequence[str], *, quiet: bool) -> Iterator[Report]:
    """Show progress on stderr while the block runs, where stderr is a terminal; the board leaves when it ends."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.live import Live

    board = Board(methods)
    live = Live(console=Console(stderr=True), transient=True, refresh_per_second=8)
    started = False

    def report(progress: Progress) -> None:
        nonlocal started
        board.take(progress)
        if not started:  # an answer from the cache never flickers
            live.start()
            started = True
        live.update(board.table())

    try:
        yield report
    finally:
        if started:
            live.stop()
