"""Which parameters decay, which rows move, and how far."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from nlpwb.training import updates
from nlpwb.training.optimizers import Group, Optimizers, gradient_length, groups_of
from nlpwb.training.recipe import OptimizerName, Recipe
from tests.training.tiny import tiny

NAMES: list[OptimizerName] = ["adamw", "sgd", "adagrad"]


def optimizers(model: nn.Module, groups: list[Group] | None = None, **changes: Any) -> Optimizers:
    return Optimizers(model, groups or groups_of(model), Recipe(**changes))


def test_matrices_decay_and_nothing_else() -> None:
    """Decay on a norm's gain or on rows that no document names would pull them to zero for nothing."""
    model = tiny()
    decaying = {id(p) for group in groups_of(model) if group.decay for p in group.parameters}
    named = {name for name, p in model.named_parameters() if id(p) in decaying}
    assert named == {"hidden.weight", "output.weight"}


def test_a_frozen_parameter_is_in_no_group() -> None:
    model = tiny()
    model.embedding.weight.requires_grad_(False)
    held = {id(p) for group in groups_of(model) for p in group.parameters}
    assert id(model.embedding.weight) not in held


@pytest.mark.parametrize("name", NAMES)
def test_decay_is_decoupled_from_the_gradient(name: OptimizerName) -> None:
    """With a gradient of zero a matrix shrinks by rate times decay, and a bias stays, whatever the rule."""
    model = tiny()
    before = copy.deepcopy(model)
    rules = optimizers(model, optimizer=name, weight_decay=0.1)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    rules.step(0.5)
    assert torch.allclose(model.hidden.weight, before.hidden.weight * 0.95)
    assert torch.equal(model.hidden.bias, before.hidden.bias)
    assert torch.equal(model.embedding.weight, before.embedding.weight)


def test_groups_of_the_caller_move_at_their_rates() -> None:
    """Discriminative learning rates: the first layer a tenth as fast as the last."""
    model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    groups = [Group(list(model[0].parameters()), 0.1), Group(list(model[1].parameters()), 1.0)]
    rules = optimizers(model, groups, optimizer="sgd", weight_decay=0.0, clip=0.0)
    before = [p.detach().clone() for p in model.parameters()]
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    rules.step(0.5)
    moved = [float(b - p.detach()) for b, p in zip(before, model.parameters(), strict=True)]
    assert moved == pytest.approx([0.05, 0.5])


@pytest.mark.parametrize("name", NAMES)
def test_sparse_gradients_move_their_rows_alone(name: OptimizerName) -> None:
    """A pass over a table of millions of rows in every step would cost more than all else."""
    model = tiny(sparse=True)
    rules = optimizers(model, optimizer=name)
    before = model.embedding.weight.detach().clone()
    for _ in range(3):  # the averages of earlier steps must not move rows, either
        ids = torch.tensor([[3, 4, 4], [9, 3, 0]])
        model(ids, torch.tensor([3, 2])).square().sum().backward()
        assert model.embedding.weight.grad is not None
        assert model.embedding.weight.grad.is_sparse
        rules.step(0.1)
    moved = (model.embedding.weight != before).any(dim=1).nonzero().flatten().tolist()
    assert moved == [3, 4, 9]


def test_row_adagrad_divides_by_the_root_of_a_row_s_squares() -> None:
    """Gradient (3, 4) twice: the mean square is 12.5, then 25."""
    table = nn.Parameter(torch.zeros(4, 2))
    rule = updates.RowAdagrad([table])
    for expected in (12.5, 25.0):
        before = table.detach().clone()
        table.grad = sparse([2, 2], [[1.0, 2.0], [2.0, 2.0]], 4)  # named twice: one gradient
        with torch.no_grad():
            rule.move(1.0, None)
        step = torch.tensor([3.0, 4.0]) / expected**0.5
        assert torch.allclose(before[2] - table.detach()[2], step)
    assert torch.equal(table.detach()[[0, 1, 3]], torch.zeros(3, 2))


def sparse(rows: list[int], values: list[list[float]], count: int) -> torch.Tensor:
    shape = (count, len(values[0]))
    return torch.sparse_coo_tensor([rows], values, shape, check_invariants=True)


BETAS = (0.8, 0.95)
DENSE: dict[str, tuple[Callable[[Any], updates.Rule], Callable[[Any], torch.optim.Optimizer]]] = {
    "adamw": (
        lambda p: updates.AdamW(p, decay=0.1, betas=BETAS),
        lambda p: torch.optim.AdamW(p, lr=0.03, weight_decay=0.1, betas=BETAS),
    ),
    "sgd": (
        lambda p: updates.Sgd(p, decay=0.0, momentum=0.9),
        lambda p: torch.optim.SGD(p, lr=0.03, momentum=0.9),
    ),
    "adagrad": (
        lambda p: updates.Adagrad(p, decay=0.0),
        lambda p: torch.optim.Adagrad(p, lr=0.03),
    ),
}


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("name", DENSE)
def test_a_rule_is_torch_s(name: str, fused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five steps, in some of which a parameter has no gradient and must stand still, its count too."""
    monkeypatch.setattr(updates, "has_fused_update", lambda device: fused)
    mine, its = (
        [nn.Parameter(torch.arange(6.0).view(2, 3)), nn.Parameter(torch.ones(3))] for _ in "ab"
    )
    rule, peer = DENSE[name][0](mine), DENSE[name][1](its)
    torch.manual_seed(0)
    for step in range(5):
        for place, (a, b) in enumerate(zip(mine, its, strict=True)):
            a.grad = torch.randn_like(a) if place == 0 or step % 2 else None
            b.grad = None if a.grad is None else a.grad.clone()
        with torch.no_grad():
            rule.move(0.03, None)
        peer.step()
    for a, b in zip(mine, its, strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_lazy_adam_is_torch_s() -> None:
    mine, its = (nn.Parameter(torch.arange(8.0).view(4, 2)) for _ in "ab")
    rule, peer = (
        updates.LazyAdam([mine], betas=BETAS),
        torch.optim.SparseAdam([its], lr=0.03, betas=BETAS),
    )
    for rows in ([0, 2], [2, 2], [3, 0]):
        mine.grad, its.grad = (sparse(rows, [[1.0, -2.0], [0.5, 3.0]], 4) for _ in "ab")
        with torch.no_grad():
            rule.move(0.03, None)
        peer.step()
    assert torch.allclose(mine, its, atol=1e-6)


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_clipping_shortens_all_gradients_together(
    name: OptimizerName, fused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gradient ten times the limit moves weights as one of the limit's length does."""
    monkeypatch.setattr(updates, "has_fused_update", lambda device: fused)
    ends = []
    for size, clip in ((10.0, 0.5), (0.5, 0.0)):
        model = nn.ModuleList([nn.Linear(1, 1), nn.Embedding(3, 1, sparse=True)])
        moving = optimizers(model, optimizer=name, clip=clip, weight_decay=0.0)
        for parameter in model.parameters():
            nn.init.zeros_(parameter)
        model[0].weight.grad, model[0].bias.grad = torch.tensor([[0.6 * size]]), torch.zeros(1)
        # two entries of 0.4 on one row are one of 0.8: 0.6² + 0.8² = 1
        model[1].weight.grad = sparse([1, 1], [[0.4 * size], [0.4 * size]], 3)
        length = moving.step(0.1)
        assert (length is None) == (clip == 0)
        assert length is None or float(length) == pytest.approx(size)
        ends.append([float(p.detach().sum()) for p in model.parameters()])
    assert ends[0] == pytest.approx(ends[1], rel=1e-5)
    assert ends[0][0] < 0


def test_a_length_is_that_of_all_gradients() -> None:
    assert float(gradient_length([torch.tensor([3.0]), torch.tensor([[4.0]])])) == 5
    assert float(gradient_length([])) == 0


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_the_state_goes_on_where_it_was(name: OptimizerName, sparse: bool) -> None:
    """Weights after two steps, the second with rules that were read back."""
    model = tiny(sparse=sparse)
    rules = optimizers(model, optimizer=name, momentum=0.9)

    def step(which: nn.Module, rules: Optimizers) -> None:
        which(torch.tensor([[3, 4, 4], [9, 3, 0]]), torch.tensor([3, 2])).square().sum().backward()
        rules.step(0.1)

    step(model, rules)
    other = copy.deepcopy(model)
    fresh = optimizers(other, optimizer=name, momentum=0.9)
    fresh.load_state({key: tensor.clone() for key, tensor in rules.state().items()})
    step(model, rules)
    step(other, fresh)
    for mine, its in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, its)
