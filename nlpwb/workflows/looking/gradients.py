"""How much of each token reaches the last state of a recurrent model, by the distance between them."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nlpwb.workflows.looking.looked import Looked


@dataclass(frozen=True)
class Fading:
    """The gradient of a model's last state with respect to each token, on one text.

    Args:
        model: its folder.
        method: its spec.
        tokens: of the text, the last one first.
        norms: length of the gradient; place k is the token k places before the last.
        logarithms: natural ones of these; -inf where it is zero.
    """

    model: str
    method: str
    tokens: tuple[str, ...]
    norms: tuple[float, ...]
    logarithms: tuple[float, ...]

    @property
    def shares(self) -> tuple[float, ...]:
        """Each as a share of the last token's own."""
        first = self.norms[0]
        return tuple(norm / first if first else 0.0 for norm in self.norms)


def open_and_fade(
    paths: Sequence[Path], text: str, *, device: str = "cpu", threads: int = 1
) -> list[Fading]:
    """The gradients of several models on one text.

    Raises:
        ModelError: no sound model, or one that is not recurrent.
        InputError: there is nothing in the text to read.
        UsageError: no such device here.
    """
    from nlpwb.workflows.looking.looked import RECURRENT
    from nlpwb.workflows.looking.opening import opened

    with opened(paths, f"state; {RECURRENT}", device=device, threads=threads) as looked:
        return [fading(one, text) for one in looked]


def fading(looked: Looked, text: str) -> Fading:
    """The gradient of the state in which the top layer, reading forwards, leaves the last token (``recurrent/gradients.py``).

    Raises:
        ModelError: the model is not recurrent.
    """
    from nlpwb.methods.recurrent.gradients import gradient_by_distance
    from nlpwb.methods.recurrent.network import RecurrentNetwork
    from nlpwb.workflows.looking.looked import RECURRENT, device_of

    sides = looked.read(text)
    source, network = sides.source, looked.network
    if device_of(network).type == "mps":  # it has no double precision
        network.cpu()
    if isinstance(network, RecurrentNetwork):
        ids, lengths = looked.given(sides)
        found = gradient_by_distance(network, [(ids, lengths)], longest=len(source))
        norms = found.norms.tolist()
    elif _reads_on(network):
        norms = _of_last_state(network, *looked.given(sides)[:1])
    else:
        raise ModelError(
            f"--gradients follows a state back through time, and the model {looked.path} ({looked.method}) has "
            f"none that it ends in; {RECURRENT}; leave --gradients out"
        )
    return Fading(
        model=str(looked.path),
        method=looked.method,
        tokens=tuple(reversed(source.tokens)),
        norms=tuple(norms),
        logarithms=tuple(math.log(norm) if norm else -math.inf for norm in norms),
    )


def _reads_on(network: nn.Module) -> bool:
    """Whether it is a recurrent language model."""
    from nlpwb.methods.recurrent.layer import Direction

    return hasattr(network, "hidden") and any(
        isinstance(part, Direction) for part in network.modules()
    )


def _of_last_state(network: nn.Module, ids: Tensor) -> list[float]:
    """The same of a language model: its last state met along a random direction, back to each token's embedding.

    Args:
        network: it is copied, and stays as it is.
        ids: int64 (1, T).

    Returns:
        Lengths in double precision, the last token's first.
    """
    import torch
    from torch import nn

    from nlpwb.methods.networks.embedding import TokenEmbedding

    double: Any = copy.deepcopy(network).double().eval()
    table = next(
        part for part in double.modules() if isinstance(part, TokenEmbedding | nn.Embedding)
    )
    caught: list[Tensor] = []

    def watch(_: nn.Module, __: Any, output: Tensor) -> Tensor:
        caught.append(output.detach().requires_grad_())
        return caught[0]

    handle = table.register_forward_hook(watch)
    with torch.enable_grad():
        hidden, _ = double.hidden(ids, None)
        last = hidden[0, -1]
        generator = torch.Generator().manual_seed(0)
        signs = torch.randint(0, 2, last.shape, generator=generator).to(last) * 2 - 1
        (gradient,) = torch.autograd.grad((last * signs).sum(), caught[0])
    handle.remove()
    found: list[float] = gradient.reshape(-1, gradient.shape[-1]).norm(dim=1).flip(0).tolist()
    return found
