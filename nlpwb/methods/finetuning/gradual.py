"""Which weights of a body learn when, and how fast: discriminative rates and gradual unfreezing.

Howard & Ruder 2018, sections 3.2 and 3.3: every layer learns ``decay`` times slower than the one above it, and begins to learn
an epoch after it. A *level* is what begins at once: the head, each block from the last to the first, the tables at the bottom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

_BLOCKS = ("blocks", "layers")
_ABOVE = "final_norm"
_SAYS = ("output", "bias")
"""Parts that say tokens (an untied output layer, its offsets): no classifier asks them."""

Parameters = Sequence[nn.Parameter]


@dataclass(frozen=True, eq=False)
class Level:
    """Parameters that begin together.

    Args:
        parameters: what learns.
        rate: times the learning rate.
        begins: the epoch, from 0 on, before which they stand still.
    """

    parameters: Parameters
    rate: float
    begins: int


def parts_of(body: nn.Module) -> list[Parameters]:
    """What a body is made of, from the top down: its blocks, the last one with the norm behind it, and the tables below them.

    None where the blocks are no list.
    """
    blocks: list[nn.Module] = []
    for name in _BLOCKS:
        blocks += list(getattr(body, name, ()))
    if not blocks:
        return []
    parts: list[list[nn.Parameter]] = [list(block.parameters()) for block in reversed(blocks)]
    above = getattr(body, _ABOVE, None)
    if isinstance(above, nn.Module):
        parts[0] += above.parameters()
    inside = {id(parameter) for part in parts for parameter in part}
    tables = [
        parameter
        for name, parameter in body.named_parameters()
        if id(parameter) not in inside and name.split(".")[0] not in _SAYS
    ]
    return [*parts, tables]


def levels_of(
    head: nn.Module,
    body: nn.Module,
    *,
    decay: float,
    thaw: int,
    epochs: int,
    head_rate: float = 1.0,
) -> list[Level]:
    """The levels of a network from the top down.

    Args:
        head: learns from the first step on, at ``head_rate``.
        body: its parts learn at 1 / decay, 1 / decay², and so on.
        thaw: epochs between two beginnings; fewer, or none, where ``epochs`` do not suffice: everything moves in the last one.
    """
    parts = parts_of(body)
    begins = beginnings(len(parts), thaw=thaw, epochs=epochs)
    levels = [Level(list(head.parameters()), head_rate, 0)]
    for number, (part, begin) in enumerate(zip(parts, begins, strict=True), start=1):
        levels.append(Level(part, decay**-number, begin))
    return levels


def beginnings(parts: int, *, thaw: int, epochs: int) -> list[int]:
    """The epochs in which the parts of a body begin, the topmost first.

    >>> beginnings(3, thaw=1, epochs=6), beginnings(3, thaw=2, epochs=9), beginnings(6, thaw=1, epochs=4)
    ([1, 2, 3], [2, 4, 6], [1, 1, 2, 2, 3, 3])
    """
    if parts * thaw < epochs:
        return [number * thaw for number in range(1, parts + 1)]
    return [-(-number * (epochs - 1) // parts) for number in range(1, parts + 1)]
