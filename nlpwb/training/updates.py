"""The rules by which weights move, written out: for dense gradients, and for sparse ones.

They are not torch's own classes because those import its compiler when the first is made, which takes as long as torch itself,
and look at every group anew at every step. The fused kernel of AdamW is torch's; tests hold every rule against torch's class.

w weights, g gradient, t steps made, γ step size, λ decay. ``shrink`` divides the gradient: how much too long it is.
A sparse gradient is coalesced: each row stands there once. Rows that it does not name are neither read nor written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from nlpwb.training.device import has_fused_update

_ADAM_EPSILON = 1e-8
_ADAGRAD_EPSILON = 1e-10


class Rule:
    """What all rules share: parameters, and tensors beside each of them that checkpoints keep."""

    def __init__(self, parameters: Sequence[nn.Parameter], *, decay: float = 0.0) -> None:
        self.parameters = list(parameters)
        self.decay = decay
        self.beside: dict[str, list[Tensor]] = {}

    def move(self, rate: float, shrink: Tensor | None) -> None:
        """Make one step of size ``rate``; parameters without a gradient stay."""
        raise NotImplementedError

    def state(self) -> dict[str, Tensor]:
        """All that the rule remembers, as ``name/parameter``."""
        return {
            f"{name}/{place}": tensor
            for name, tensors in self.beside.items()
            for place, tensor in enumerate(tensors)
        }

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Remember what :meth:`state` gave."""
        for key, own in self.state().items():
            own.copy_(tensors[key])

    def _places(self) -> list[int]:
        return [n for n, parameter in enumerate(self.parameters) if parameter.grad is not None]

    def _dense(self, places: Sequence[int]) -> tuple[list[Tensor], list[Tensor]]:
        """Weights and gradients."""
        weights: list[Tensor] = [self.parameters[n] for n in places]
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        return weights, gradients

    def _of(self, name: str, places: Sequence[int]) -> list[Tensor]:
        tensors = self.beside[name]
        return tensors if len(places) == len(tensors) else [tensors[n] for n in places]


class AdamW(Rule):
    """m ← β₁m + (1-β₁)g, v ← β₂v + (1-β₂)g², w ← w - γλw - γ m̂/(√v̂ + ε), m̂ = m/(1-β₁ᵗ), v̂ = v/(1-β₂ᵗ).

    Kingma & Ba 2015, algorithm 1; Loshchilov & Hutter 2019, algorithm 2.
    """

    def __init__(
        self, parameters: Sequence[nn.Parameter], *, decay: float, betas: tuple[float, float]
    ) -> None:
        super().__init__(parameters, decay=decay)
        self.betas = betas
        self._fused = all(has_fused_update(parameter.device) for parameter in self.parameters)
        self.beside = {
            "mean": [torch.zeros_like(parameter) for parameter in self.parameters],
            "square": [torch.zeros_like(parameter) for parameter in self.parameters],
            # the fused kernel reads the count where the weights are; without it, reading should cost nothing
            "steps": [
                torch.zeros((), device=parameter.device if self._fused else "cpu")
                for parameter in self.parameters
            ],
        }

    def move(self, rate: float, shrink: Tensor | None) -> None:
        """One step, in one pass over memory where torch has it for the device."""
        places = self._places()
        if not places:
            return
        weights, gradients = self._dense(places)
        means, squares = self._of("mean", places), self._of("square", places)
        counts = self._of("steps", places)
        torch._foreach_add_(counts, 1)
        if not self._fused:
            self._written_out(weights, gradients, means, squares, counts, rate=rate, shrink=shrink)
            return
        torch._fused_adamw_(
            weights,
            gradients,
            means,
            squares,
            [],
            counts,
            lr=rate,
            beta1=self.betas[0],
            beta2=self.betas[1],
            weight_decay=self.decay,
            eps=_ADAM_EPSILON,
            amsgrad=False,
            maximize=False,
            grad_scale=shrink,
            found_inf=None,
        )

    def _written_out(
        self,
        weights: list[Tensor],
        gradients: list[Tensor],
        means: list[Tensor],
        squares: list[Tensor],
        counts: list[Tensor],
        *,
        rate: float,
        shrink: Tensor | None,
    ) -> None:
        if shrink is not None:
            torch._foreach_div_(gradients, shrink)
        torch._foreach_mul_(weights, 1 - rate * self.decay)
        torch._foreach_lerp_(means, gradients, 1 - self.betas[0])
        torch._foreach_mul_(squares, self.betas[1])
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - self.betas[1])
        made = [float(count) for count in counts]
        roots = torch._foreach_sqrt(squares)
        torch._foreach_div_(roots, [(1 - self.betas[1] ** t) ** 0.5 for t in made])
        torch._foreach_add_(roots, _ADAM_EPSILON)
        steps = [-rate / (1 - self.betas[0] ** t) for t in made]
        torch._foreach_addcdiv_(weights, means, roots, steps)


class Sgd(Rule):
    """b ← μb + g, w ← w - γλw - γb; without momentum b is g."""

    def __init__(
        self, parameters: Sequence[nn.Parameter], *, decay: float, momentum: float
    ) -> None:
        super().__init__(parameters, decay=decay)
        self.momentum = momentum
        if momentum:
            self.beside = {"moved": [torch.zeros_like(p) for p in self.parameters]}

    def move(self, rate: float, shrink: Tensor | None) -> None:
        """One step."""
        places = self._places()
        if not places:
            return
        weights, steps = self._dense(places)
        if shrink is not None:
            torch._foreach_div_(steps, shrink)
        if self.decay:
            torch._foreach_mul_(weights, 1 - rate * self.decay)
        if self.momentum:
            moved = self._of("moved", places)
            torch._foreach_mul_(moved, self.momentum)
            torch._foreach_add_(moved, steps)
            steps = moved
        torch._foreach_add_(weights, steps, alpha=-rate)


class Adagrad(Rule):
    """s ← s + g², w ← w - γλw - γ g/(√s + ε). Duchi, Hazan & Singer 2011, the diagonal form."""

    def __init__(self, parameters: Sequence[nn.Parameter], *, decay: float) -> None:
        super().__init__(parameters, decay=decay)
        self.beside = {"sum": [torch.zeros_like(parameter) for parameter in self.parameters]}

    def move(self, rate: float, shrink: Tensor | None) -> None:
        """One step."""
        places = self._places()
        if not places:
            return
        weights, gradients = self._dense(places)
        if shrink is not None:
            torch._foreach_div_(gradients, shrink)
        if self.decay:
            torch._foreach_mul_(weights, 1 - rate * self.decay)
        sums = self._of("sum", places)
        torch._foreach_addcmul_(sums, gradients, gradients, 1.0)
        roots = torch._foreach_sqrt(sums)
        torch._foreach_add_(roots, _ADAGRAD_EPSILON)
        torch._foreach_addcdiv_(weights, gradients, roots, -rate)


class RowRule(Rule):
    """A rule for sparse gradients."""

    def move(self, rate: float, shrink: Tensor | None) -> None:
        """One step of the rows that the gradients name."""
        for place in self._places():
            parameter = self.parameters[place]
            assert parameter.grad is not None
            gradient = parameter.grad.coalesce()
            rows, values = gradient.indices()[0], gradient.values()  # (k,), (k, d)
            if shrink is not None:
                values.div_(shrink)
            moved = self._rows(place, rows, values)  # (k, d)
            chosen = parameter.index_select(0, rows)
            parameter.index_copy_(0, rows, chosen.add_(moved, alpha=-rate))

    def _rows(self, place: int, rows: Tensor, values: Tensor) -> Tensor:
        """By how much each row moves at a step size of 1."""
        raise NotImplementedError


class RowSgd(RowRule):
    """w_r ← w_r - γ g_r, fastText's (Joulin et al. 2017); with the ``linear`` schedule it decays as there."""

    def _rows(self, place: int, rows: Tensor, values: Tensor) -> Tensor:
        del place, rows
        return values


class RowAdagrad(RowRule):
    """s_r ← s_r + mean_j g_rj², w_r ← w_r - γ g_r/(√s_r + ε): Adagrad with one sum a row."""

    def __init__(self, parameters: Sequence[nn.Parameter]) -> None:
        super().__init__(parameters)
        self.beside = {"sum": [torch.zeros(len(p), device=p.device) for p in self.parameters]}

    def _rows(self, place: int, rows: Tensor, values: Tensor) -> Tensor:
        sums = self.beside["sum"][place]
        own = sums.index_select(0, rows).add_(values.square().mean(dim=1))
        sums.index_copy_(0, rows, own)
        return values / (own.sqrt_() + _ADAGRAD_EPSILON).unsqueeze(1)


class LazyAdam(RowRule):
    """Adam on the rows that the batch has named; the averages of the others stand still, t counts all steps.

    As torch's SparseAdam: γ √(1-β₂ᵗ)/(1-β₁ᵗ) m/(√v + ε).
    """

    def __init__(self, parameters: Sequence[nn.Parameter], *, betas: tuple[float, float]) -> None:
        super().__init__(parameters)
        self.betas = betas
        self.beside = {
            "mean": [torch.zeros_like(parameter) for parameter in self.parameters],
            "square": [torch.zeros_like(parameter) for parameter in self.parameters],
            "steps": [torch.zeros((), dtype=torch.int64) for _ in self.parameters],
        }

    def _rows(self, place: int, rows: Tensor, values: Tensor) -> Tensor:
        first, second = self.betas
        steps = int(self.beside["steps"][place].add_(1))
        means, squares = self.beside["mean"][place], self.beside["square"][place]
        mean = means.index_select(0, rows).lerp_(values, 1 - first)
        square = squares.index_select(0, rows).lerp_(values.square(), 1 - second)
        means.index_copy_(0, rows, mean)
        squares.index_copy_(0, rows, square)
        correction = (1 - second**steps) ** 0.5 / (1 - first**steps)
        return mean.mul_(correction).div_(square.sqrt_().add_(_ADAM_EPSILON))
