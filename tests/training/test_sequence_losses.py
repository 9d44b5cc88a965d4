"""Output layer and loss in one: torch's cross-entropy and its gradients, some places at a time; memory from batch to batch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from nlpwb.methods.recurrent.language import RecurrentLanguageNetwork
from nlpwb.methods.recurrent.language_config import GruLmConfig, LstmLmConfig
from nlpwb.training import sequence_losses
from nlpwb.training.sequence_losses import StreamLoss, linear_cross_entropy
from nlpwb.training.streams import NOTHING, StreamBatch

VOCABULARY, WIDTH, PLACES = 11, 6, 23


def layer() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Places, an output layer, and what is wanted."""
    made = torch.Generator().manual_seed(0)
    hidden = torch.randn(PLACES, WIDTH, generator=made)
    weight = torch.randn(VOCABULARY, WIDTH, generator=made)
    bias = torch.randn(VOCABULARY, generator=made)
    targets = torch.randint(0, VOCABULARY, (PLACES,), generator=made)
    return hidden, weight, bias, targets


@pytest.mark.parametrize("cached", [1, 2 * VOCABULARY, 1 << 18])
@pytest.mark.parametrize("chunk", [1, 5 * VOCABULARY, 1 << 23])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("with_bias", [True, False])
def test_value_and_gradients_are_those_of_the_layer_and_torchs_loss(
    monkeypatch: pytest.MonkeyPatch, with_bias: bool, smoothing: float, chunk: int, cached: int
) -> None:
    """23 places in chunks of 1, of 5, and at once, their softmax of 1, of 2, and at once; a gradient from above that is not 1."""
    monkeypatch.setattr(sequence_losses, "CHUNK", chunk)
    monkeypatch.setattr(sequence_losses, "CACHED", cached)
    hidden, weight, bias, targets = layer()
    leaves = [hidden, weight, *([bias] if with_bias else [])]
    for leaf in leaves:
        leaf.requires_grad_()
    offset = bias if with_bias else None
    ours = linear_cross_entropy(hidden, weight, offset, targets, smoothing=smoothing)
    logits = functional.linear(hidden, weight, offset)
    theirs = functional.cross_entropy(logits, targets, reduction="sum", label_smoothing=smoothing)
    torch.testing.assert_close(ours, theirs)
    found = torch.autograd.grad(ours * 0.37, leaves)
    expected = torch.autograd.grad(theirs * 0.37, leaves)
    for mine, wanted in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, wanted, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.5])
def test_a_token_that_was_as_good_as_impossible_costs_what_it_costs(smoothing: float) -> None:
    """A probability of exp(-300) is 0 in float32, and its logarithm minus infinity; that of exp(-0) is 1 and costs nothing."""
    weight = torch.tensor([[300.0], [0.0]], requires_grad=True)
    hidden = torch.ones(2, 1, requires_grad=True)
    targets = torch.tensor([1, 0])
    total = linear_cross_entropy(hidden, weight, None, targets, smoothing=smoothing)
    assert total.item() == 300.0  # half of it for each, where the truth is dealt evenly
    (found,) = torch.autograd.grad(total, hidden)
    share = 1 - smoothing / 2  # of the token that was wanted
    assert found.flatten().tolist() == [300.0 * share, 300.0 * (1 - share)]


@pytest.mark.parametrize("chosen", [{0}, {1}, {2}, {0, 1}])
def test_frozen_parts_get_no_gradient_and_the_others_theirs(chosen: set[int]) -> None:
    """An output layer that is held still, or one of which the offsets alone are trained."""
    parts = layer()
    for number in chosen:
        parts[number].requires_grad_()
    linear_cross_entropy(*parts).backward()  # type: ignore[no-untyped-call]
    found = [part.grad for part in parts[:3]]
    assert [gradient is not None for gradient in found] == [n in chosen for n in range(3)]
    again = layer()
    for number in chosen:
        again[number].requires_grad_()
    hidden, weight, bias, targets = again
    loss = functional.cross_entropy(
        functional.linear(hidden, weight, bias), targets, reduction="sum"
    )
    loss.backward()  # type: ignore[no-untyped-call]
    for mine, wanted in zip(found, (hidden.grad, weight.grad, bias.grad), strict=True):
        if mine is not None and wanted is not None:
            torch.testing.assert_close(mine, wanted, atol=1e-5, rtol=1e-5)


def test_where_no_gradient_is_wanted_none_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judging would cost three products in place of one."""
    hidden, weight, bias, targets = layer()
    weight.requires_grad_()

    def computed(*_: Any, **__: Any) -> Tensor:
        raise AssertionError("the gradient of the logits begins with their softmax")

    monkeypatch.setattr(Tensor, "softmax", computed)
    with torch.no_grad():
        total = linear_cross_entropy(hidden, weight, bias, targets)
    assert not total.requires_grad
    monkeypatch.undo()
    torch.testing.assert_close(total, linear_cross_entropy(hidden, weight, bias, targets))


def test_autocast_takes_the_products_down_and_gradients_come_back_in_their_own_type() -> None:
    """The sum stays float32: thousands of nats have no place in eight bits."""
    hidden, weight, bias, targets = layer()
    for leaf in (hidden, weight, bias):
        leaf.requires_grad_()
    exact = linear_cross_entropy(hidden, weight, bias, targets)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        total = linear_cross_entropy(hidden, weight, bias, targets)
    assert total.dtype == torch.float32
    assert total != exact
    torch.testing.assert_close(total, exact, rtol=0.02, atol=0)
    found = torch.autograd.grad(total, (hidden, weight, bias))
    assert {gradient.dtype for gradient in found} == {torch.float32}
    for mine, wanted in zip(found, torch.autograd.grad(exact, (hidden, weight, bias)), strict=True):
        torch.testing.assert_close(mine, wanted, atol=0.1, rtol=0.05)


def small(kind: type[GruLmConfig] | type[LstmLmConfig] = LstmLmConfig) -> RecurrentLanguageNetwork:
    torch.manual_seed(0)
    config = kind(dim=5, hidden=7, layers=2, dropout=0.0)
    return RecurrentLanguageNetwork.build(config, vocabulary=VOCABULARY)


def batch(rows: list[list[int]], *, fresh: bool, lengths: list[int] | None = None) -> StreamBatch:
    """Each row's tokens but the last are read, each but the first wanted, up to so many."""
    ids = torch.tensor(rows)
    targets = ids[:, 1:].clone()
    for row, length in enumerate(lengths or []):
        targets[row, length:] = NOTHING
    return StreamBatch(ids[:, :-1], targets, fresh, int((targets != NOTHING).sum()), True)


ROWS = [[4, 5, 6, 7, 8, 9, 4], [9, 1, 2, 3, 10, 0, 1]]
"""Two streams; the first three tokens are a window, and the last three."""


def windows() -> tuple[StreamBatch, StreamBatch]:
    return (
        batch([row[:4] for row in ROWS], fresh=True),
        batch([row[3:] for row in ROWS], fresh=False),
    )


def test_what_is_not_wanted_does_not_count() -> None:
    """Padding would be learned as if it were text."""
    network = small()
    cut = batch(ROWS, fresh=True, lengths=[6, 2])
    total, count = StreamLoss(carried=True)(network, cut)
    assert count == 8
    whole, _ = StreamLoss(carried=True)(network, batch(ROWS[:1], fresh=True))
    short, _ = StreamLoss(carried=True)(network, batch([ROWS[1][:3]], fresh=True))
    torch.testing.assert_close(total, whole + short)


def test_a_uniform_network_costs_the_logarithm_of_the_vocabulary() -> None:
    """ln 11 for each of 12 tokens, whatever is wanted; smoothing does not change it, since all are alike."""
    network = small()
    nn.init.zeros_(network.embedding.weight)
    for smoothing in (0.0, 0.2):
        total, count = StreamLoss(carried=True, smoothing=smoothing)(
            network, batch(ROWS, fresh=True)
        )
        assert count == 12
        torch.testing.assert_close(total, 12 * torch.tensor(11.0).log())


@pytest.mark.parametrize("kind", [GruLmConfig, LstmLmConfig])
def test_a_carried_state_makes_windows_one_text(kind: type[GruLmConfig]) -> None:
    """The sum over two windows is that of the whole; without carrying, the second begins anew."""
    network = small(kind)
    first, second = windows()
    whole, _ = StreamLoss(carried=True)(network, batch(ROWS, fresh=True))
    loss = StreamLoss(carried=True)
    torch.testing.assert_close(loss(network, first)[0] + loss(network, second)[0], whole)
    apart = StreamLoss(carried=False)
    forgotten = apart(network, first)[0] + apart(network, second)[0]
    assert not torch.isclose(forgotten, whole)
    assert apart.state_dict() == {}


def test_a_fresh_batch_forgets() -> None:
    """The end of the text would stand before its beginning."""
    network = small()
    first, second = windows()
    loss = StreamLoss(carried=True)
    totals = [loss(network, part)[0].item() for part in (first, second, first, second)]
    assert totals[:2] == totals[2:]


def test_gradients_end_at_a_windows_beginning() -> None:
    """Truncated backpropagation: else every step would keep the graphs of all before it, and fail when one was freed."""
    network = small()
    first, second = windows()
    loss = StreamLoss(carried=True)
    for part in (first, second):
        loss(network, part)[0].backward()  # type: ignore[no-untyped-call]
    kept = loss.state_dict()
    assert kept
    assert not any(tensor.requires_grad for tensor in kept.values())


@pytest.mark.parametrize("kind", [GruLmConfig, LstmLmConfig])
def test_what_is_carried_goes_through_a_checkpoint(kind: type[GruLmConfig]) -> None:
    """A training that goes on would begin the window without what was read before."""
    network = small(kind)
    first, second = windows()
    loss = StreamLoss(carried=True)
    assert loss.state_dict() == {}
    loss(network, first)
    saved = {name: tensor.clone() for name, tensor in loss.state_dict().items()}
    cells = 2 if kind is LstmLmConfig else 1
    assert len(saved) == 2 * cells + 1, "states of two layers, and the tokens that were read"
    assert saved["lengths"].tolist() == [3, 3]
    expected = loss(network, second)[0].item()

    other = StreamLoss(carried=True)
    other.load_state_dict(saved)
    again = other.state_dict()
    assert {name: tensor.tolist() for name, tensor in again.items()} == {
        name: tensor.tolist() for name, tensor in saved.items()
    }, "killed once more before the first step"
    assert other(network, second)[0].item() == expected
    assert other.state_dict()["lengths"].tolist() == [6, 6]

    other.load_state_dict(saved)
    fresh = other(network, first)[0].item()
    assert fresh == StreamLoss(carried=True)(network, first)[0].item(), "a pass begins anew"
    other.load_state_dict({})
    assert other(network, first)[0].item() == fresh
