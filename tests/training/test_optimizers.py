"""Which parameters decay, which rows move, and how far."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn

from nlpwb.training.optimizers import Group, Optimizers, RowAdagrad, clip_gradients, groups_of
from nlpwb.training.recipe import OptimizerName, Recipe
from tests.training.tiny import tiny

CPU = torch.device("cpu")
NAMES: list[OptimizerName] = ["adamw", "sgd", "adagrad"]


def optimizers(model: nn.Module, groups: list[Group] | None = None, **changes: Any) -> Optimizers:
    return Optimizers(model, groups or groups_of(model), Recipe(**changes), device=CPU)


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
    moved = [float(b - p) for b, p in zip(before, model.parameters(), strict=True)]
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
    rule = RowAdagrad([table], lr=1.0)
    for expected in (12.5, 25.0):
        before = table.detach().clone()
        # named twice: the halves are one gradient
        table.grad = torch.sparse_coo_tensor(
            torch.tensor([[2, 2]]), torch.tensor([[1.0, 2.0], [2.0, 2.0]]), (4, 2)
        )
        rule.step()
        step = torch.tensor([3.0, 4.0]) / expected**0.5
        assert torch.allclose(before[2] - table.detach()[2], step)
    assert torch.equal(table.detach()[[0, 1, 3]], torch.zeros(3, 2))


def test_clipping_shortens_all_gradients_together() -> None:
    a, b = torch.tensor([3.0]), torch.tensor([4.0])
    assert float(clip_gradients([a, b], 1.0)) == pytest.approx(5)
    assert (float(a), float(b)) == pytest.approx((0.6, 0.8), rel=1e-4)
    assert float(clip_gradients([a, b], 10.0)) == pytest.approx(1)
    assert (float(a), float(b)) == pytest.approx((0.6, 0.8), rel=1e-4)


def test_a_row_named_twice_counts_once_in_the_gradient_s_length() -> None:
    """1 + 1 on one row is a length of 2; two entries of 1 would be √2, and clipping would come late."""
    table = nn.Embedding(3, 1, sparse=True)
    rules = optimizers(table, optimizer="sgd", clip=1.0)
    table(torch.tensor([1, 1])).sum().backward()
    length = rules.step(1.0)
    assert length is not None
    assert float(length) == pytest.approx(2)


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
