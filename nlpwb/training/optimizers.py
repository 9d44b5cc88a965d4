"""Parameters in groups, and which rule moves which of them.

Decay pulls matrices alone towards zero (decoupled from the gradient: Loshchilov & Hutter 2019, algorithm 2). Biases, gains of
norms and embeddings are left alone: the first two hold few numbers that need any size, and a row of an embedding that no document
of the batch names should not move.

A table whose gradients are sparse (``nn.Embedding`` and ``nn.EmbeddingBag`` with ``sparse=True``, and any module with a true
``sparse`` and a ``weight``) would cost a pass over the whole table with a dense rule. It gets one of the same kind that moves
those rows alone that the batch has named:

    adamw     lazy Adam: the averages of a row stand still while nobody names it
    adagrad   Adagrad with one sum of squares a row
    sgd       plain steps, as fastText takes them; with the ``linear`` schedule they are its decay
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nlpwb.training import updates
from nlpwb.training.device import reads_freely
from nlpwb.training.recipe import Recipe

_NORMS = ("LayerNorm", "RMSNorm", "GroupNorm", "BatchNorm1d")


@dataclass(frozen=True, eq=False)
class Group:
    """Parameters that move alike: ``rate`` times the learning rate, with the recipe's decay or without.

    They stand still before epoch number ``begins``, from 0 on (gradual unfreezing: Howard & Ruder 2018, section 3.3).
    """

    parameters: Sequence[nn.Parameter]
    rate: float = 1.0
    decay: bool = True
    begins: int = 0


def groups_of(
    model: nn.Module,
    *,
    among: Iterable[nn.Parameter] | None = None,
    rate: float = 1.0,
    begins: int = 0,
) -> list[Group]:
    """The trainable parameters of a model, or some of them, in two groups: matrices, which decay, and all others."""
    spared = _spared(model)
    asked = None if among is None else {id(parameter) for parameter in among}
    matrices: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for parameter in model.parameters():
        if parameter.requires_grad and (asked is None or id(parameter) in asked):
            decays = parameter.ndim >= 2 and id(parameter) not in spared
            (matrices if decays else others).append(parameter)
    groups = [Group(matrices, rate, True, begins), Group(others, rate, False, begins)]
    return [group for group in groups if group.parameters]


def _spared(model: nn.Module) -> set[int]:
    """Parameters of embeddings and norms, whatever their shape."""
    spared: set[int] = set()
    for module in model.modules():
        name = type(module).__name__
        if name in _NORMS or "Embedding" in name:
            spared.update(id(parameter) for parameter in module.parameters(recurse=False))
    return spared


def sparse_parameters(model: nn.Module) -> set[int]:
    """The ids of parameters whose gradients will be sparse."""
    return {
        id(module.weight)
        for module in model.modules()
        if getattr(module, "sparse", False) is True
        and isinstance(getattr(module, "weight", None), nn.Parameter)
    }


class Optimizers:
    """The rules of a recipe over groups of parameters: for each group, one for dense gradients and one for sparse ones.

    Args:
        model: whose modules tell which gradients are sparse.
        groups: those of :func:`groups_of`, or the caller's.
        recipe: rule, decay, clip.
    """

    def __init__(self, model: nn.Module, groups: Sequence[Group], recipe: Recipe) -> None:
        sparse = sparse_parameters(model)
        self._rules: list[tuple[updates.Rule, float]] = []
        self._dense: list[nn.Parameter] = []
        self._sparse: list[nn.Parameter] = []
        self._clip = recipe.clip
        for group in groups:
            dense = [p for p in group.parameters if id(p) not in sparse]
            rows = [p for p in group.parameters if id(p) in sparse]
            if dense:
                rule = _dense(dense, recipe, recipe.weight_decay if group.decay else 0.0)
                self._rules.append((rule, group.rate))
            if rows:
                self._rules.append((_sparse(rows, recipe), group.rate))
            self._dense += dense
            self._sparse += rows
        self.parameters = [*self._dense, *self._sparse]

    @torch.no_grad()
    def step(self, rate: float) -> Tensor | None:
        """Move the weights by the gradients that they have, and forget these.

        Returns the length of the gradient before it was clipped, a scalar on the device; None where nothing is clipped.
        """
        length, shrink = None, None
        if self._clip > 0:
            length = gradient_length(self._gradients())
            if not reads_freely(length) or float(length) > self._clip:
                shrink = (length / self._clip).clamp_(min=1)
        for rule, factor in self._rules:
            rule.move(rate * factor, shrink)
        self.zero_grad()
        return length

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    def scale_gradients(self, factor: float) -> None:
        """Multiply every gradient."""
        for parameter in self.parameters:
            if parameter.grad is not None:
                parameter.grad.mul_(factor)

    def _gradients(self) -> list[Tensor]:
        """The numbers of all gradients; those of sparse ones with each row once."""
        gradients = [p.grad for p in self._dense if p.grad is not None]
        for parameter in self._sparse:
            if parameter.grad is not None:
                parameter.grad = parameter.grad.coalesce()
                gradients.append(parameter.grad.values())
        return gradients

    def state(self) -> dict[str, Tensor]:
        """All that the rules remember, as ``rule/name/parameter``."""
        return {
            f"{number}/{key}": tensor
            for number, (rule, _) in enumerate(self._rules)
            for key, tensor in rule.state().items()
        }

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Remember what :meth:`state` gave, of the same groups."""
        for number, (rule, _) in enumerate(self._rules):
            start = f"{number}/"
            rule.load_state(
                {key.removeprefix(start): t for key, t in tensors.items() if key.startswith(start)}
            )


def gradient_length(gradients: Sequence[Tensor]) -> Tensor:
    """The Euclidean length of gradients together, which Pascanu, Mikolov & Bengio 2013 (algorithm 1) clip."""
    if not gradients:
        return torch.zeros(())
    length: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(list(gradients))))
    return length


def _dense(parameters: list[nn.Parameter], recipe: Recipe, decay: float) -> updates.Rule:
    if recipe.optimizer == "adamw":
        return updates.AdamW(parameters, decay=decay, betas=recipe.betas)
    if recipe.optimizer == "adagrad":
        return updates.Adagrad(parameters, decay=decay)
    return updates.Sgd(parameters, decay=decay, momentum=recipe.momentum)


def _sparse(parameters: list[nn.Parameter], recipe: Recipe) -> updates.Rule:
    if recipe.optimizer == "adamw":
        return updates.LazyAdam(parameters, betas=recipe.betas)
    if recipe.optimizer == "adagrad":
        return updates.RowAdagrad(parameters)
    return updates.RowSgd(parameters)
