"""Killed at any moment and started again, a training ends with the same weights to the bit."""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from nlpwb.training.checkpoints import TENSORS, Checkpoints
from nlpwb.training.loop import train
from nlpwb.training.records import Begun, Note
from tests.conftest import ROOT
from tests.training.killing import VARIANTS
from tests.training.tiny import LOSS, SETTING, judge_on, recipe, source, tiny


def killed(folder: Path, *variants: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.killing", str(folder), *variants],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def same_end(found: dict[str, Any], variant: str) -> int:
    """Asserts it, and says how many kills it took."""
    whole, again = found[variant]["whole"], found[variant]["again"]
    for name in ("weights", "steps", "best", "epochs"):
        assert again[name] == whole[name], f"{variant}: {name} differs (seed {found['seed']})"
    return int(again["kills"])


def test_killed_at_random_moments_it_ends_with_the_same_weights(tmp_path: Path) -> None:
    """Anything left out of a checkpoint (a random state, an average, a position) shows in the last bit."""
    found = killed(tmp_path, "dropout")
    assert same_end(found, "dropout") >= 3
    assert found["dropout"]["again"]["begun"] > 0


@pytest.mark.slow
def test_killed_with_everything_that_has_a_state(tmp_path: Path) -> None:
    """Accumulation, averages, early stopping, sparse tables: all of it, with dozens of kills."""
    found = killed(tmp_path, *VARIANTS)
    kills = {variant: same_end(found, variant) for variant in VARIANTS}
    assert sum(kills.values()) >= 5 * len(kills)


@pytest.mark.parametrize("count", [2, 3, 4, 6])
def test_closed_between_two_records_it_goes_on_from_there(tmp_path: Path, count: int) -> None:
    """After the first step, after an epoch's last one, after its judgement."""
    ends = []
    for checkpoints in (None, Checkpoints(tmp_path, {})):
        model = tiny(dropout=0.2)
        if checkpoints is not None:
            with contextlib.closing(_training(model, checkpoints)) as records:
                assert len(list(itertools.islice(records, count))) == count
            model = tiny(dropout=0.2)
        records = _training(model, checkpoints)
        begun = next(records)
        assert isinstance(begun, Begun)
        assert begun.resumed == (checkpoints is not None)
        list(records)
        ends.append([parameter.detach().numpy().tobytes() for parameter in model.parameters()])
    assert ends[0] == ends[1]


def _training(model: nn.Module, checkpoints: Checkpoints | None) -> Any:
    return train(
        model,
        source(),
        LOSS,
        recipe(),
        seed=0,
        setting=SETTING,
        judge=judge_on(source(50, seed=8)),
        checkpoints=checkpoints,
    )


def test_a_flipped_byte_is_said_and_the_older_checkpoint_serves(tmp_path: Path) -> None:
    """The end is the same again: what the damaged one held is computed anew."""
    kept = Checkpoints(tmp_path, {})
    ends = []
    for damage in (False, True):
        model = tiny(dropout=0.2)
        if damage:
            newest = max(tmp_path.glob("checkpoint-*"))
            content = bytearray((newest / TENSORS).read_bytes())
            content[-5] ^= 4
            (newest / TENSORS).write_bytes(content)
        records = list(
            train(
                model,
                source(),
                LOSS,
                recipe(checkpoint_seconds=0.0),
                seed=0,
                setting=SETTING,
                checkpoints=kept,
            )
        )
        notes = [record.text for record in records if isinstance(record, Note)]
        assert [("is damaged" in note, "before it" in note) for note in notes] == [
            (True, True)
        ] * damage
        ends.append([parameter.detach().numpy().tobytes() for parameter in model.parameters()])
    assert ends[0] == ends[1]
