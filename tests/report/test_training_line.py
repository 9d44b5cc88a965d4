"""The line that people watch while word vectors train."""

from __future__ import annotations

import io
import math
import sys

import pytest

from nlpwb.report.training_line import training_line, words_line
from nlpwb.workflows.words.training import TrainingProgress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def at(share: float, *, loss: float = 2.2141, left: float = 35.4) -> TrainingProgress:
    return TrainingProgress(1, 5, share, 1_240_000.4, loss, left)


def test_the_line_says_epoch_share_speed_loss_and_time_left() -> None:
    assert (
        words_line(at(0.31)) == "epoch 2 of 5    31%   1,240,000 words/s   loss 2.214   35 s left"
    )
    assert words_line(at(0.31, left=185.0)).endswith("3:05 left")
    assert words_line(at(0.31, left=3727.0)).endswith("1:02:07 left")


def test_what_is_not_known_yet_is_not_said() -> None:
    unknown = words_line(at(0.0, loss=math.nan, left=math.nan))
    assert unknown == "epoch 2 of 5     0%   1,240,000 words/s"


def test_a_note_stands_above_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is wiped before a note is written, and when training ends."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with training_line(words_line, quiet=False) as shown:
        shown.show(at(0.5))
        shown.above(lambda text: terminal.write(text + "\n"))("a note")
        shown.show(at(0.6))
    written = terminal.getvalue()
    assert written.split("a note")[0].endswith("\r\x1b[K")
    assert written.endswith("\r\x1b[K")
    assert written.count("epoch 2 of 5") == 2


def test_a_narrow_terminal_sees_whole_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A figure without its unit is another figure: 1,240,000 wo, loss 2.2, 35."""
    whole = words_line(at(0.31))
    parts = [part for part in whole.split("   ") if part]
    for columns in range(len(parts[0]) + 1, len(whole) + 3):
        monkeypatch.setenv("COLUMNS", str(columns))
        terminal = Terminal()
        monkeypatch.setattr(sys, "stderr", terminal)
        with training_line(words_line, quiet=False) as shown:
            shown.show(at(0.31))
            written = terminal.getvalue().removeprefix("\r\x1b[K")
        assert len(written) < columns
        assert whole.startswith(written)
        kept = [part for part in written.split("   ") if part]
        assert kept == parts[: len(kept)]
        assert kept == parts or len("   ".join([*kept, ""])) + len(parts[len(kept)]) >= columns - 1


@pytest.mark.parametrize("quiet", [True, False])
def test_nothing_is_written_into_a_file_or_when_quiet(
    quiet: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Terminal() if quiet else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with training_line(words_line, quiet=quiet) as shown:
        shown.show(at(0.5))
    assert stream.getvalue() == ""
