"""Gates and states of recurrent layers, token by token, from the cells' equations on what a layer was given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from nlpwb.workflows.looking.watching import step_name

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nlpwb.methods.networks.tracing import Recorder

_WAY = re.compile(r"(\blayer\d+)(?:\.directions)?\.([01])$")
_WAYS = ("forwards", "backwards")
NAMES = {"input": "input_gate", "forget": "forget_gate", "output": "output_gate"}
NAMES |= {"reset": "reset_gate", "update": "update_gate"}
"""What the cells' gates are called among other steps, which have inputs and outputs, too."""


def direction_name(path: str) -> str:
    """The name of a layer's direction.

    >>> direction_name("layers.0.directions.1"), direction_name("decoder.layers.1")
    ('layer1.backwards', 'decoder.layer2')
    """
    return _WAY.sub(lambda found: f"{found[1]}.{_WAYS[int(found[2])]}", step_name(path))


def watch_recurrent(recorder: Recorder, network: nn.Module) -> None:
    """Watch each direction of each recurrent layer; a gate is (B, T, H), at the place of the token that was read."""
    from nlpwb.methods.recurrent.layer import Direction

    for path, part in network.named_modules():
        if isinstance(part, Direction):
            name = direction_name(path)
            recorder.before(part, partial(_gates, part, name, name.endswith(_WAYS[1])))


def _gates(
    direction: Any, name: str, backwards: bool, x: Tensor, *_: Any, **__: Any
) -> Iterator[tuple[str, Tensor]]:
    """What a layer's equations give for the tokens (T, B, D) that it is about to read; one document, so nothing is padding."""
    import torch

    from nlpwb.methods.recurrent.cells import unroll

    lengths = torch.full((x.shape[1],), x.shape[0], dtype=torch.int64)
    with torch.no_grad():
        found = unroll(direction.cell, x.transpose(0, 1), direction.weights, lengths=lengths)
    for part, values in found.items():
        # a document that is read from its end arrives turned around
        yield f"{name}.{NAMES.get(part, part)}", values.flip(1) if backwards else values
