"""Groups that begin later: what moves in which epoch, how fast, and that a killed training goes on in its stage."""

from __future__ import annotations

import contextlib
import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from nlpwb.training.checkpoints import Checkpoints
from nlpwb.training.loop import train
from nlpwb.training.records import Begun, Ended, EpochEnd, Judgement, Note, Step
from nlpwb.training.schedules import slanted
from tests.training.tiny import LOSS, SETTING, Tiny, recipe, source, stages_of, tiny


def records_of(model: Tiny, *, checkpoints: Checkpoints | None = None, **changes: Any) -> Any:
    judge = changes.pop("judge", None)
    options = {"epochs": 6, "schedule": "slanted", "warmup": 0.1, "clip": 0.0, **changes}
    return train(
        model,
        source(),
        LOSS,
        recipe(**options),
        seed=0,
        setting=SETTING,
        groups=stages_of(model),
        judge=judge,
        checkpoints=checkpoints,
    )


def test_each_group_stands_still_until_its_epoch() -> None:
    """After epochs 1 to 6: the head from 1 on, the hidden layer from 3, the embeddings from 5."""
    model = tiny()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    moved: list[set[str]] = []
    for record in records_of(model):
        if isinstance(record, EpochEnd):
            now = model.state_dict()
            moved.append({n.split(".")[0] for n in now if not torch.equal(now[n], before[n])})
    head, more = {"output"}, {"output", "hidden", "norm"}
    assert moved == [head, head, more, more, more | {"embedding"}, more | {"embedding"}]


def test_every_stage_has_a_triangle_of_its_own() -> None:
    """Six epochs in three stages of two: steps 0, n, 2 n begin at 1/32, whatever n."""
    data = source()
    rates: dict[int, float] = {}
    steps = [data.steps(epoch) for epoch in range(6)]
    for record in records_of(tiny(), learning_rate=1.0):
        if isinstance(record, Step):
            rates[record.step - 1] = record.learning_rate
    bounds = [0, sum(steps[:2]), sum(steps[:4]), sum(steps)]
    for start, end in itertools.pairwise(bounds):
        for step in range(start, end):
            if step in rates:
                assert rates[step] == slanted(step - start, end - start, 0.1)
    assert len(rates) >= 6


def test_what_begins_is_said() -> None:
    notes = [record.text for record in records_of(tiny()) if isinstance(record, Note)]
    assert [note.split(" on ")[0] for note in notes] == [f"from epoch {n}" for n in (1, 3, 5)]
    assert "18 weights" in notes[0]


@pytest.mark.parametrize("count", [3, 7, 11, 15])
def test_closed_in_any_stage_it_ends_with_the_same_bits(tmp_path: Path, count: int) -> None:
    """Which groups move, and where a stage's triangle is, follow from the step alone."""
    ends: list[list[bytes]] = []
    for checkpoints in (None, Checkpoints(tmp_path, {})):
        model = tiny(dropout=0.2, sparse=True)
        if checkpoints is not None:
            with contextlib.closing(records_of(model, checkpoints=checkpoints)) as records:
                assert len(list(itertools.islice(records, count))) == count
            model = tiny(dropout=0.2, sparse=True)
        begun, *_ = records_of(model, checkpoints=checkpoints)
        assert isinstance(begun, Begun)
        assert begun.resumed == (checkpoints is not None)
        ends.append([parameter.detach().numpy().tobytes() for parameter in model.parameters()])
    assert ends[0] == ends[1]


def test_nothing_ends_before_everything_has_moved() -> None:
    """A head alone soon gains no more: with patience 1 the training still lets the embeddings have their turn."""

    def judge(model: object) -> Judgement:
        del model
        return Judgement(0.5, True, {})

    *_, ended = records_of(tiny(), judge=judge, patience=1, epochs=20)
    assert isinstance(ended, Ended)
    assert ended.epochs == 5


def test_sum_of_gradients_is_of_what_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gradient that is clipped is that of the head alone while nothing else moves."""
    from nlpwb.training import optimizers

    counts: list[int] = []
    plain = optimizers.gradient_length

    def counting(gradients: list[Tensor]) -> Tensor:
        counts.append(len(gradients))
        return plain(gradients)

    monkeypatch.setattr(optimizers, "gradient_length", counting)
    list(records_of(tiny(), clip=1.0))
    assert sorted(set(counts)) == [2, 6, 7]
