"""Gates and states of recurrent layers, token by token, from the cells' equations on what a layer was given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from nlpwb.workflows.looking.watching import step_name

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nlpwb.methods.networks.tracing import Recorder
    from nlpwb.methods.recurrent.cells import CellWeights
    from nlpwb.methods.recurrent.layer import Direction
    from nlpwb.methods.seq2seq.layers import Decoder

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
    from nlpwb.methods.seq2seq.layers import Decoder

    turned = bool(getattr(network, "reverse", False))  # a source that is read from its end
    written: tuple[str, ...] = ()
    for path, part in network.named_modules():
        if isinstance(part, Decoder):
            written = (*written, f"{path}.")
            recorder.before(part, partial(_written, part, step_name(path)))
            recorder.method(part, "step", partial(_written, part, step_name(path)))
        elif isinstance(part, Direction) and not path.startswith(written):
            name = direction_name(path)
            recorder.before(part, partial(_gates, part, name, name.endswith(_WAYS[1]) != turned))
            recorder.method(part, "run", partial(_running, part, name))


def _gates(
    direction: Direction, name: str, backwards: bool, x: Tensor, *_: Any, **__: Any
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


def _running(
    direction: Direction, name: str, x: Tensor, start: Sequence[Tensor]
) -> Iterator[tuple[str, Tensor]]:
    """The same of a layer that goes on from a state: tokens (T, B, D)."""
    import torch

    with torch.no_grad():
        found = continued(direction.cell, x, direction.weights, start)
    for part, values in found.items():
        yield f"{name}.{NAMES.get(part, part)}", values


def _written(
    decoder: Decoder, name: str, x: Tensor, states: Sequence[tuple[Tensor, ...]]
) -> Iterator[tuple[str, Tensor]]:
    """The same for the layers of a decoder, from the states that it begins with: (T, B, D), or one token (B, D)."""
    import torch

    from nlpwb.methods.recurrent.layer import Direction

    x = x if x.dim() == 3 else x.unsqueeze(0)
    for number, (layer, state) in enumerate(zip(decoder.layers, states, strict=True), start=1):
        assert isinstance(layer, Direction), "what a decoder is made of"
        with torch.no_grad():
            found = continued(decoder.cell, x, layer.weights, state)
        for part, values in found.items():
            yield f"{name}.layer{number}.{NAMES.get(part, part)}", values
        x = found["hidden"].transpose(0, 1)


def continued(
    cell: str, x: Tensor, weights: CellWeights, state: Sequence[Tensor]
) -> dict[str, Tensor]:
    """Gates and states of a cell that goes on from a state: tokens (T, B, D), h and perhaps c (B, H), to (B, T, H) each."""
    import torch

    from nlpwb.methods.recurrent import cells

    known: dict[str, tuple[Any, Any]] = {
        "rnn": (cells.RnnStep, cells.rnn_step),
        "lstm": (cells.LstmStep, cells.lstm_step),
        "gru": (cells.GruStep, cells.gru_step),
    }
    kind, step = known[cell]
    start = {name: torch.zeros_like(state[0]) for name in kind._fields}
    start |= {"hidden": state[0], "cell": state[-1]} if cell == "lstm" else {"hidden": state[0]}
    now: Any = kind(**start)
    places = []
    for token in x:
        now = step(token, now, weights)
        places.append(now)
    return {
        name: torch.stack([getattr(place, name) for place in places], dim=1)
        for name in kind._fields
    }
