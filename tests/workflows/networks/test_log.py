"""The training log: what an interruption leaves of it, and what is no log."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlpwb.errors import InputError
from nlpwb.workflows.networks.log import TrainingLog, read_log


def begun(step: int) -> dict:
    return {"record": "begun", "step": step}


def step(number: int, loss: float = 0.5) -> dict:
    return {"record": "step", "step": number, "loss": loss}


def test_rows_behind_the_checkpoint_are_told_again_and_stand_once(tmp_path: Path) -> None:
    """Killed at step 9 with a checkpoint at step 5: steps 6 to 9 come again."""
    path, copy = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    first = TrainingLog([path])
    first.begin(begun(0), step=0)
    for number in (3, 5, 9):
        first.add(step(number))
    again = TrainingLog([path, copy])
    again.begin(begun(5), step=5)
    again.add(step(8))
    kept = [begun(0), step(3), step(5), begun(5), step(8)]
    assert again.rows == kept
    assert read_log(path) == kept
    assert read_log(copy) == kept


def test_an_epoch_that_ends_anew_and_the_end_itself_stand_once(tmp_path: Path) -> None:
    """A checkpoint of an epoch's last step was written before the epoch was judged."""
    path = tmp_path / "a.jsonl"
    first = TrainingLog([path])
    first.begin(begun(0) | {"epoch": 0}, step=0)
    for number in (0, 1):
        first.add({"record": "epoch", "epoch": number, "step": 4 * (number + 1)})
    first.add({"record": "ended", "steps": 8})
    again = TrainingLog([path])
    again.begin(begun(8) | {"epoch": 1}, step=8)
    told = [(row["record"], row.get("epoch")) for row in again.rows]
    assert told == [("begun", 0), ("epoch", 0), ("begun", 1)]


def test_a_training_that_begins_anew_begins_its_log_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("what an older program left\n")
    log = TrainingLog([path])
    log.begin(begun(0), step=0)
    assert read_log(path) == [begun(0)]


def test_a_line_cut_short_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"record": "begun", "step": 0}\n{"record": "st')
    assert read_log(path) == [begun(0)]
    assert read_log(tmp_path / "none.jsonl") == []


def test_numbers_that_are_not_finite_are_null(tmp_path: Path) -> None:
    """JSON has no NaN, and readers of other languages stop at it."""
    path = tmp_path / "a.jsonl"
    log = TrainingLog([path])
    log.begin(begun(0), step=0)
    log.add(step(1, float("nan")))
    assert read_log(path)[1]["loss"] is None


def test_a_log_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    log = TrainingLog([tmp_path / "no" / "a.jsonl"])
    with pytest.raises(
        InputError, match=r"the training log .*a\.jsonl: no such file or directory; make room"
    ):
        log.begin(begun(0), step=0)
