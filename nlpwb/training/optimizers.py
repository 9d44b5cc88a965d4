"""Parameters in groups, and the rules by which they move.

Decay pulls matrices alone towards zero (decoupled from the gradient: Loshchilov & Hutter 2019, algorithm 2). Biases, gains of
norms and embeddings are left alone: the first two hold few numbers that need any size, and a row of an embedding that no document
of the batch names should not move.

A table whose gradients are sparse (``nn.Embedding`` and ``nn.EmbeddingBag`` with ``sparse=True``, and any module with a true
``sparse`` and a ``weight``) would cost a pass over the whole table with a dense rule. It gets one of the same kind that moves
those rows alone that the batch has named:

    adamw     lazy Adam (torch's SparseAdam): the averages of a row stand still while nobody names it
    adagrad   :class:`RowAdagrad`: one sum of squares a row
    sgd       plain steps, as fastText takes them; with the ``linear`` schedule they are its decay
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD, Adagrad, AdamW, Optimizer, SparseAdam

from nlpwb.training.device import has_fused_update, reads_freely
from nlpwb.training.recipe import Recipe

_NORMS = ("LayerNorm", "RMSNorm", "GroupNorm", "BatchNorm1d")
_ADAM_EPSILON = 1e-8
_ADAGRAD_EPSILON = 1e-10


@dataclass(frozen=True, eq=False)
class Group:
    """Parameters that move alike: ``rate`` times the learning rate, with the recipe's decay or without."""

    parameters: Sequence[nn.Parameter]
    rate: float = 1.0
    decay: bool = True


def groups_of(model: nn.Module, *, rate: float = 1.0) -> list[Group]:
    """The trainable parameters of a model (or a part of one) in two groups: matrices, which decay, and all others."""
    spared = _spared(model)
    matrices: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for parameter in model.parameters():
        if parameter.requires_grad:
            decays = parameter.ndim >= 2 and id(parameter) not in spared
            (matrices if decays else others).append(parameter)
    groups = [Group(matrices, rate, True), Group(others, rate, False)]
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


class RowAdagrad(Optimizer):
    """Adagrad with one sum a row, for sparse gradients: s_r += mean_j g_rj², w_r -= rate · g_r / (√s_r + ε).

    Duchi et al. 2011, with the row as the block; a row that the gradient does not name is neither read nor written.
    """

    def __init__(self, parameters: Iterable[Any], lr: float) -> None:
        super().__init__(parameters, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Move the rows that the gradients name."""
        assert closure is None, "gradients are there"
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                gradient = parameter.grad.coalesce()
                rows, values = gradient.indices()[0], gradient.values()  # (k,), (k, d)
                state = self.state[parameter]
                if not state:
                    state["sum"] = torch.zeros(len(parameter), device=parameter.device)
                sums = state["sum"].index_add_(0, rows, values.square().mean(dim=1))[rows]
                steps = values / (sums.sqrt().unsqueeze(1) + _ADAGRAD_EPSILON)
                parameter.index_add_(0, rows, steps, alpha=-group["lr"])


class Optimizers:
    """The rules of a recipe over groups of parameters: one for dense gradients, one for sparse ones.

    Args:
        model: whose modules tell which gradients are sparse.
        groups: those of :func:`groups_of`, or the caller's.
        recipe: rule, decay, clip.
        device: where the weights are.
    """

    def __init__(
        self, model: nn.Module, groups: Sequence[Group], recipe: Recipe, *, device: torch.device
    ) -> None:
        sparse = sparse_parameters(model)
        dense_groups: list[dict[str, Any]] = []
        sparse_groups: list[dict[str, Any]] = []
        self._dense: list[nn.Parameter] = []
        self._sparse: list[nn.Parameter] = []
        for group in groups:
            kinds: tuple[list[nn.Parameter], list[nn.Parameter]] = ([], [])
            for parameter in group.parameters:
                kinds[id(parameter) in sparse].append(parameter)
            decay = recipe.weight_decay if group.decay else 0.0
            if kinds[0]:
                dense_groups.append({"params": kinds[0], "weight_decay": decay, "rate": group.rate})
            if kinds[1]:
                sparse_groups.append({"params": kinds[1], "rate": group.rate})
            self._dense += kinds[0]
            self._sparse += kinds[1]
        self.parameters = [*self._dense, *self._sparse]
        self.optimizers: list[Optimizer] = []
        if dense_groups:
            self.optimizers.append(_dense(dense_groups, recipe, device))
        if sparse_groups:
            self.optimizers.append(_sparse(sparse_groups, recipe))
        self._clip = recipe.clip

    def step(self, rate: float) -> Tensor | None:
        """Move the weights by the gradients that they have, and forget these.

        Returns the length of the gradient before it was clipped, a scalar on the device; None where nothing is clipped.
        """
        length = self._clipped() if self._clip > 0 else None
        # asked for anew at every step: torch puts others in their place when a state is loaded
        for group in (group for rule in self.optimizers for group in rule.param_groups):
            group["lr"] = rate * group["rate"]
            if group.get("decay_by_hand"):
                shrink = 1 - group["lr"] * group["decay_by_hand"]
                with torch.no_grad():
                    torch._foreach_mul_(group["params"], shrink)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        return length

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)

    def scale_gradients(self, factor: float) -> None:
        """Multiply every gradient."""
        for parameter in self.parameters:
            if parameter.grad is not None:
                parameter.grad.mul_(factor)

    def _clipped(self) -> Tensor:
        gradients = [p.grad for p in self._dense if p.grad is not None]
        for parameter in self._sparse:
            if parameter.grad is not None:
                parameter.grad = parameter.grad.coalesce()  # rows named twice count once
                gradients.append(parameter.grad.values())
        return clip_gradients(gradients, self._clip)

    def state(self) -> dict[str, Tensor]:
        """All that the rules remember, as ``rule/parameter/name``."""
        tensors = {}
        for number, optimizer in enumerate(self.optimizers):
            for place, parameter in enumerate(_in_order(optimizer)):
                for name, value in optimizer.state.get(parameter, {}).items():
                    held = value if isinstance(value, Tensor) else torch.tensor(value)
                    tensors[f"{number}/{place}/{name}"] = held
        return tensors

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Remember what :meth:`state` gave, of the same groups."""
        found: list[dict[int, dict[str, Any]]] = [{} for _ in self.optimizers]
        for key, tensor in tensors.items():
            number, place, name = key.split("/")
            lazy = isinstance(self.optimizers[int(number)], SparseAdam) and name == "step"
            value = int(tensor) if lazy else tensor
            found[int(number)].setdefault(int(place), {})[name] = value
        for optimizer, state in zip(self.optimizers, found, strict=True):
            groups = optimizer.state_dict()["param_groups"]
            optimizer.load_state_dict({"state": state, "param_groups": groups})


def clip_gradients(gradients: Sequence[Tensor], limit: float) -> Tensor:
    """Shorten gradients together to a Euclidean length of ``limit``; returns their length before (Pascanu et al. 2013)."""
    if not gradients:
        return torch.zeros(())
    length: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(list(gradients))))
    if not reads_freely(length) or float(length) > limit:
        torch._foreach_mul_(list(gradients), torch.clamp(limit / (length + 1e-6), max=1.0))
    return length


def _in_order(optimizer: Optimizer) -> Iterator[nn.Parameter]:
    for group in optimizer.param_groups:
        yield from group["params"]


def _dense(groups: list[dict[str, Any]], recipe: Recipe, device: torch.device) -> Optimizer:
    kinds: dict[str, Callable[[], Optimizer]] = {
        "adamw": lambda: AdamW(
            groups,
            lr=recipe.learning_rate,
            betas=recipe.betas,
            eps=_ADAM_EPSILON,
            fused=True if has_fused_update(device) else None,
        ),
        "sgd": lambda: SGD(
            _by_hand(groups), lr=recipe.learning_rate, momentum=recipe.momentum, foreach=True
        ),
        "adagrad": lambda: Adagrad(
            _by_hand(groups), lr=recipe.learning_rate, eps=_ADAGRAD_EPSILON, foreach=True
        ),
    }
    return kinds[recipe.optimizer]()


def _by_hand(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """torch's SGD and Adagrad add the decay to the gradient; here it is decoupled, as in AdamW."""
    return [
        {**group, "weight_decay": 0.0, "decay_by_hand": group["weight_decay"]} for group in groups
    ]


def _sparse(groups: list[dict[str, Any]], recipe: Recipe) -> Optimizer:
    if recipe.optimizer == "adamw":
        return SparseAdam(groups, lr=recipe.learning_rate, betas=recipe.betas, eps=_ADAM_EPSILON)
    if recipe.optimizer == "adagrad":
        return RowAdagrad(groups, lr=recipe.learning_rate)
    return SGD(groups, lr=recipe.learning_rate)
