"""The loop learns, tells, stops, and survives what can happen to it."""

from __future__ import annotations

import copy
import json
import math
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from nlpwb.errors import InputError, MethodError
from nlpwb.training.averaging import Average
from nlpwb.training.checkpoints import Checkpoints
from nlpwb.training.device import Setting
from nlpwb.training.loop import train
from nlpwb.training.optimizers import Group
from nlpwb.training.records import Begun, Ended, EpochEnd, Judgement, Note, Record, Step
from tests.training.tiny import LOSS, SETTING, judge_on, recipe, source, tiny


def run(model: nn.Module, **changes: Any) -> list[Record]:
    """Train on the tiny task."""
    given = {
        name: changes.pop(name) for name in ("judge", "checkpoints", "groups") if name in changes
    }
    data, loss = changes.pop("data", None) or source(), changes.pop("loss", LOSS)
    setting = changes.pop("setting", SETTING)
    return list(train(model, data, loss, recipe(**changes), seed=0, setting=setting, **given))


def weights(model: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in model.parameters()])


@pytest.mark.parametrize("optimizer", ["adamw", "adagrad", "sgd"])
@pytest.mark.parametrize("sparse", [False, True])
def test_it_learns(optimizer: str, sparse: bool) -> None:
    """Four in five is far above the even odds of this task."""
    model, data = tiny(sparse=sparse), source()
    rate = {"adamw": 0.05, "adagrad": 0.2, "sgd": 2.0}[optimizer]
    run(model, data=data, epochs=8, optimizer=optimizer, learning_rate=rate, clip=0.0)
    assert judge_on(data)(model).value > 0.8


def test_bf16_learns_and_is_said() -> None:
    model, data = tiny(), source()
    setting = Setting(torch.device("cpu"), "bf16")
    begun, *_ = run(model, data=data, epochs=8, setting=setting)
    assert isinstance(begun, Begun)
    assert begun.precision == "bf16"
    assert judge_on(data)(model).value > 0.8


def test_the_records_tell_the_story() -> None:
    data = source()
    begun, *rest = run(tiny(), data=data, judge=judge_on(data))
    steps = sum(data.steps(epoch) for epoch in range(3))
    assert isinstance(begun, Begun)
    assert (begun.step, begun.steps, begun.epochs, begun.resumed) == (0, steps, 3, False)
    assert begun.parameters == sum(p.numel() for p in tiny().parameters())
    assert begun.padding == data.padding
    told = [record for record in rest if isinstance(record, Step)]
    assert [record.step for record in told] == sorted(record.step for record in told)
    assert told[-1].step == steps
    assert told[-1].left == 0
    assert told[-1].tokens_per_second > 0
    ends = [record for record in rest if isinstance(record, EpochEnd)]
    assert [end.epoch for end in ends] == [0, 1, 2]
    assert ends[-1].loss < ends[0].loss
    ended = rest[-1]
    assert isinstance(ended, Ended)
    assert (ended.steps, ended.epochs, ended.stopped_early) == (steps, 3, False)


def test_the_first_step_is_told_at_once() -> None:
    """A loss that is wrong from the start should not be waited for."""
    _, first, *_ = run(tiny())
    assert isinstance(first, Step)
    assert first.step == 1


def test_accumulated_batches_are_one_large_batch() -> None:
    """The mean is over the items of all, not of the batches' means: here the batches differ in size."""
    few, many = tiny(), tiny()
    run(few, data=Fixed([16, 7]), accumulate=2, epochs=1, schedule="constant", warmup=0.0)
    run(many, data=Fixed([23]), epochs=1, schedule="constant", warmup=0.0)
    assert torch.allclose(weights(few), weights(many), atol=1e-6)
    assert not torch.allclose(weights(few), weights(tiny()), atol=1e-3)


@dataclass
class Fixed:
    """The first documents in batches of these sizes, padded alike."""

    sizes: list[int]

    def steps(self, epoch: int) -> int:
        return len(self.sizes)

    def batches(self, epoch: int, start: int = 0) -> Iterator[Any]:
        (whole,) = source(23, tokens=10_000, most=100).batches(0)
        first = 0
        for size in self.sizes:
            part = copy.copy(whole)
            for name in ("ids", "lengths", "targets", "rows"):
                object.__setattr__(part, name, getattr(whole, name)[first : first + size])
            first += size
            yield part


def judged(values: Sequence[float], seen: list[Tensor], *, higher: bool = True) -> Any:
    """A judge that says these values, and notes the weights it saw."""
    said = iter(values)

    def judge(model: nn.Module) -> Judgement:
        assert not model.training
        seen.append(weights(model))
        return Judgement(next(said), higher)

    return judge


@pytest.mark.parametrize(
    ("values", "higher", "epochs", "best"),
    [
        ([0.1, 0.5, 0.5, 0.4, 0.9], True, 4, 1),  # an equal value is no gain
        ([3.0, 2.0, 1.0, 0.5, 0.1], False, 5, 4),
        ([math.nan, 0.3, math.nan, math.nan, 0.9], True, 4, 1),
    ],
)
def test_it_stops_without_gain_and_puts_the_best_back(
    values: list[float], higher: bool, epochs: int, best: int
) -> None:
    model = tiny()
    seen: list[Tensor] = []
    *_, ended = run(model, epochs=5, patience=2, judge=judged(values, seen, higher=higher))
    assert isinstance(ended, Ended)
    assert (ended.epochs, ended.best_epoch) == (epochs, best)
    assert ended.stopped_early == (epochs < 5)
    assert torch.equal(weights(model), seen[best])


def test_without_patience_it_never_stops_early() -> None:
    *_, ended = run(tiny(), epochs=4, judge=judged([4, 3, 2, 1], []))
    assert isinstance(ended, Ended)
    assert (ended.epochs, ended.stopped_early, ended.best_epoch) == (4, False, 0)


def test_an_average_is_judged_and_kept() -> None:
    """A decay of 2/11 after one step and of 3/12 after two; by head for one weight."""
    model = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight.fill_(0.0)
    seen: list[Tensor] = []
    list(
        train(
            model,
            Numbers(2),
            lambda m, x: (-m(x).sum(), 1),  # the gradient is -1: each step adds the rate
            recipe(
                epochs=1, optimizer="sgd", learning_rate=1.0, schedule="constant", warmup=0.0, average=0.99,
                weight_decay=0.0, clip=0.0,
            ),
            seed=0,
            setting=SETTING,
            judge=judged([1.0], seen),
        )
    )  # fmt: skip
    after_one = 0 + (1 - 2 / 11) * 1.0
    after_two = after_one + (1 - 3 / 12) * (2.0 - after_one)
    assert float(seen[0]) == pytest.approx(after_two)
    assert float(model.weight.detach()) == pytest.approx(after_two)


@dataclass
class Numbers:
    """Batches that are plain tensors: ones, as often as asked for."""

    count: int

    def steps(self, epoch: int) -> int:
        return self.count

    def batches(self, epoch: int, start: int = 0) -> Iterator[Tensor]:
        for _ in range(start, self.count):
            yield torch.ones(1, 1)


def test_groups_have_rates_of_their_own() -> None:
    model = tiny()
    before = model.embedding.weight.detach().clone()
    run(model, groups=[Group(list(model.output.parameters()))], epochs=1)
    assert torch.equal(model.embedding.weight, before)


class Carried:
    """A loss that carries a state from batch to batch, as a language model's does: each step wants the last one's sum."""

    def __init__(self) -> None:
        self.state = torch.zeros(1)

    def __call__(self, model: nn.Module, batch: Tensor) -> tuple[Tensor, int]:
        out = model(batch)
        loss = (out - self.state - 1).square().sum()
        self.state = out.detach().flatten()
        return loss, 1

    def state_dict(self) -> dict[str, Tensor]:
        return {"state": self.state}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        self.state = state["state"]


def test_a_carried_state_goes_on_after_an_interruption(tmp_path: Path) -> None:
    """Without it a language model would forget the text before the batch at which it was stopped."""
    ends = []
    for stops in ([], [3, 7]):
        torch.manual_seed(0)
        kept = Checkpoints(tmp_path / str(len(stops)), {})
        for stop in [*stops, None]:
            torch.manual_seed(0)
            model = nn.Linear(1, 1)
            records = train(
                model, Numbers(5), Carried(), recipe(checkpoint_seconds=0.0), seed=0, setting=SETTING,
                checkpoints=kept,
            )  # fmt: skip
            if stop is None:
                ended = list(records)[-1]
                assert isinstance(ended, Ended)
            else:
                for record in records:
                    if record_step(record) >= stop:
                        records.close()  # type: ignore[attr-defined]
                        break
        ends.append(weights(model))
    assert torch.equal(*ends)


def record_step(record: Record) -> int:
    return record.step if isinstance(record, Step) else 0


def test_a_loss_that_is_no_number_stops_with_step_rate_and_way_out() -> None:
    def loss(model: nn.Module, batch: Any) -> tuple[Tensor, int]:
        total, items = LOSS(model, batch)
        return total * (math.nan if 3 in batch.rows else 1), items

    with pytest.raises(
        MethodError, match=r"the loss is nan at step \d+ of \d+.*0\.05.*learning_rate of 0\.005"
    ):
        run(tiny(), loss=loss, schedule="constant", warmup=0.0)


def test_an_exploding_loss_stops() -> None:
    """Steps that are far too long throw the loss up without ever making it infinite."""

    def loss(model: nn.Module, batch: Any) -> tuple[Tensor, int]:
        return model.output.weight.square().sum() * 1e3, 1  # type: ignore[union-attr, operator]

    with pytest.raises(MethodError, match="the loss has risen from"):
        run(tiny(), loss=loss, optimizer="sgd", learning_rate=0.01, clip=0.0, schedule="constant")


def test_a_gradient_that_is_not_finite_is_found_behind_a_finite_loss() -> None:
    """√0 is 0, and its slope is infinite: the next weights would be no numbers."""

    def loss(model: nn.Module, batch: Any) -> tuple[Tensor, int]:
        return (model.output.weight.sum() * 0).abs().sqrt(), 1  # type: ignore[union-attr, operator]

    with pytest.raises(MethodError, match="gradient is not finite"):
        run(tiny(), loss=loss)


class Cramped:
    """The tiny loss, in a memory that holds ``most`` documents."""

    def __init__(self, most: int, error: type[Exception] = MemoryError) -> None:
        self.most = most
        self.error = error

    def __call__(self, model: nn.Module, batch: Any) -> tuple[Tensor, int]:
        total, items = LOSS(model, batch)
        if items > self.most:
            total.backward()  # a gradient that is half there must not count
            raise self.error("DefaultCPUAllocator: can't allocate memory")
        return total, items


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("error", [MemoryError, RuntimeError])
def test_a_batch_that_does_not_fit_is_halved_and_said(
    error: type[Exception], accumulate: int
) -> None:
    """The steps stay what they were: parts add up to the same mean gradient."""
    roomy, cramped = tiny(), tiny()
    run(roomy, accumulate=accumulate)
    records = run(cramped, loss=Cramped(5, error), accumulate=accumulate)
    notes = [record.text for record in records if isinstance(record, Note)]
    assert ["2 parts" in notes[0], "4 parts" in notes[1]] == [True, True]
    assert len(notes) == 2
    assert torch.allclose(weights(roomy), weights(cramped), atol=1e-4)


def test_a_document_that_does_not_fit_stops() -> None:
    with pytest.raises(MethodError, match="a single document does not fit"):
        run(tiny(), loss=Cramped(0))


def test_another_error_is_not_taken_for_memory() -> None:
    def loss(model: nn.Module, batch: Any) -> tuple[Tensor, int]:
        raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        run(tiny(), loss=loss)


def test_ctrl_c_within_a_step_waits_for_its_end_and_saves(tmp_path: Path) -> None:
    """Weights that moved half a step could not be gone on from."""
    kept = Checkpoints(tmp_path, {})
    calls = []

    def loss(model: nn.Module, batch: Any) -> tuple[Tensor, int]:
        calls.append(1)
        if len(calls) == 5:
            signal.raise_signal(signal.SIGINT)
        return LOSS(model, batch)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run(tiny(), loss=loss, checkpoints=kept)
    assert signal.getsignal(signal.SIGINT) is before
    found = kept.load(print)
    assert found is not None
    assert found.step == 5


def test_ctrl_c_while_judging_saves(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path, {})
    data = source()

    def judge(model: nn.Module) -> Judgement:
        signal.raise_signal(signal.SIGINT)
        return Judgement(0.0)

    with pytest.raises(KeyboardInterrupt):
        run(tiny(), data=data, judge=judge, checkpoints=kept, average=0.9)
    found = kept.load(print)
    assert found is not None
    assert found.step == data.steps(0)


@pytest.mark.parametrize("judged", [False, True])
def test_started_again_after_its_end_a_training_ends_with_the_same_weights(
    tmp_path: Path, judged: bool
) -> None:
    """The weights of the end are the average, or the best ones: from these no training goes on."""
    data = source()
    given = {"judge": judge_on(data)} if judged else {}
    kept, first, second = Checkpoints(tmp_path, {}), tiny(), tiny()
    made = train(
        first, data, LOSS, recipe(average=0.9), seed=0, setting=SETTING, checkpoints=kept, **given
    )
    for record in made:
        if isinstance(record, Ended):
            made.close()  # as a reader that has what it wants
    run(second, data=data, checkpoints=kept, average=0.9, **given)
    assert torch.equal(weights(first), weights(second))


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_ctrl_c_while_average_and_weights_change_places_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """In the middle of an exchange, into the model and back: the interrupt waits for its end."""
    data = source()
    given = {"data": data, "judge": judge_on(data), "average": 0.9}
    whole = tiny()
    run(whole, **given)
    calls = []
    exchange = Average.exchange

    def interrupted(self: Average) -> None:
        calls.append(1)
        if len(calls) == at:
            signal.raise_signal(signal.SIGINT)
        exchange(self)

    monkeypatch.setattr(Average, "exchange", interrupted)
    kept, stopped = Checkpoints(tmp_path, {}), tiny()
    with pytest.raises(KeyboardInterrupt):
        run(stopped, checkpoints=kept, **given)
    again = tiny()
    begun, *_ = run(again, checkpoints=kept, **given)
    assert isinstance(begun, Begun)
    assert begun.resumed
    assert torch.equal(weights(whole), weights(again))


def test_a_full_disk_is_said_and_training_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nlpwb.training.checkpoints.os.fsync", full)
    records = run(tiny(), checkpoints=Checkpoints(tmp_path, {}), epochs=1)
    (note,) = [record.text for record in records if isinstance(record, Note)]
    assert "no space left on device" in note
    assert "goes on" in note
    assert isinstance(records[-1], Ended)


def test_a_finished_training_is_told_again_from_its_checkpoint(tmp_path: Path) -> None:
    """Killed after its last step, before the model was kept: nothing is trained twice."""
    kept = Checkpoints(tmp_path, {})
    first, second = tiny(), tiny()
    run(first, checkpoints=kept, checkpoint_seconds=0.0)
    begun, *rest = run(second, checkpoints=kept, checkpoint_seconds=0.0)
    assert isinstance(begun, Begun)
    assert begun.resumed
    assert [type(record) for record in rest] == [Ended]
    assert torch.equal(weights(first), weights(second))


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    """Same identity, other shapes: a mistake of the caller, and no reason to train from garbage."""
    kept = Checkpoints(tmp_path, {})
    run(tiny(), checkpoints=kept, checkpoint_seconds=0.0)
    with pytest.raises(InputError, match="another network"):
        run(tiny(), data=source(100), checkpoints=kept)


def test_records_are_plain_enough_for_json() -> None:
    """A log holds them; a tensor among the numbers would be found only there."""
    for record in run(tiny(), epochs=1):
        json.dumps(vars(record), default=vars)


def test_tied_weights_are_one(tmp_path: Path) -> None:
    """A language model's output layer is its embedding: kept once, and still one after a resumption."""

    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)
            self.b.weight = self.a.weight

        def forward(self, x: Tensor) -> Tensor:
            out: Tensor = self.b(self.a(x.expand(1, 3)))
            return out

    def once() -> tuple[nn.Module, list[Record]]:
        torch.manual_seed(0)
        model = Tied()
        records = train(
            model, Numbers(3), lambda m, x: (m(x).square().sum(), 1), recipe(checkpoint_seconds=0.0), seed=0,
            setting=SETTING, checkpoints=Checkpoints(tmp_path, {}),
        )  # fmt: skip
        return model, list(records)

    first, _ = once()
    second, records = once()
    assert isinstance(records[0], Begun)
    assert records[0].resumed
    assert torch.equal(weights(first), weights(second))
    assert second.a.weight is second.b.weight  # type: ignore[union-attr]


def test_a_compiler_that_does_not_work_is_said_and_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch.compile needs a C++ compiler, which many machines do not have."""
    refused = type("Unsupported", (RuntimeError,), {"__module__": "torch._dynamo.exc"})

    class Compiled(nn.Module):
        def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
            raise refused("no compiler")

    monkeypatch.setattr(torch, "compile", lambda model, **_: Compiled())
    plain, compiled = tiny(), tiny()
    run(plain, epochs=1)
    records = run(compiled, epochs=1, compile=True)
    assert ["torch.compile does not work" in r.text for r in records if isinstance(r, Note)] == [
        True
    ]
    assert torch.equal(weights(plain), weights(compiled))
