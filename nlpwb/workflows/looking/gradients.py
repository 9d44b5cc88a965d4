"""How much of each token reaches the last state of a recurrent model, by the distance between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.errors import ModelError

if TYPE_CHECKING:
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


def open_and_fade(paths: Sequence[Path], text: str) -> list[Fading]:
    """The gradients of several models on one text.

    Raises:
        ModelError: no sound model, or one that is not recurrent.
        InputError: there is nothing in the text to read.
    """
    from nlpwb.workflows.looking.opening import open_model

    return [fading(open_model(path), text) for path in paths]


def fading(looked: Looked, text: str) -> Fading:
    """The gradient of the state in which the top layer, reading forwards, leaves the last token (``recurrent/gradients.py``).

    Raises:
        ModelError: the model is not recurrent.
    """
    import torch

    from nlpwb.methods.recurrent.gradients import gradient_by_distance
    from nlpwb.methods.recurrent.network import RecurrentNetwork

    network = looked.network
    if not isinstance(network, RecurrentNetwork):
        raise ModelError(
            f"--gradients follows a state back through time, and the model {looked.path} ({looked.method}) has "
            "none; rnn, lstm and gru have; leave --gradients out"
        )
    source = looked.read(text).source
    ids = torch.tensor([source.ids], dtype=torch.int64)
    found = gradient_by_distance(network, [(ids, torch.tensor([len(source)]))], longest=len(source))
    return Fading(
        model=str(looked.path),
        method=looked.method,
        tokens=tuple(reversed(source.tokens)),
        norms=tuple(found.norms.tolist()),
        logarithms=tuple(found.logarithms.tolist()),
    )
