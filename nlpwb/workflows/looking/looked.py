"""What a model must offer to be looked at: how it reads, how it computes, and what its answer means.

Classifiers, language models and translators each have a file that makes this of them; attention, steps and figures know nothing
else of a model.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from nlpwb.workflows.looking.reading import TokensRead

if TYPE_CHECKING:
    from torch import Tensor, device, nn

ATTENTIVE = (
    "transformer, gpt, seq2seq-attention and seq2seq-transformer have, "
    "and rnn, lstm and gru with pooling=attention"
)
"""The methods that have attention, for the sentence to those that have none."""
RECURRENT = "rnn, lstm and gru have, and rnn-lm, lstm-lm and gru-lm"
"""The methods that have a state which they end in."""
POSITIONED = "transformer, gpt and seq2seq-transformer have with positions=learned, and bases such as BERT's and GPT-2's"
"""The methods that have a table of positions."""


def networks() -> str:
    """The methods that are networks of our own, for the sentence to those that count."""
    from nlpwb.catalogue import CATALOGUE

    *names, last = (name for name, entry in CATALOGUE.items() if entry.trains and not entry.based)
    return f"{', '.join(names)} and {last} have"


@dataclass(frozen=True)
class Sides:
    """What a network reads of one text.

    ``source`` is what it is asked about. ``target`` is what a decoder has written, or is made to write; it begins with the token
    that stands before every text. Other networks have none.
    """

    source: TokensRead
    target: TokensRead | None = None


@dataclass(frozen=True)
class Answers:
    """What a network says of a text.

    Args:
        names: of labels, or of tokens; one name for a number.
        values: probabilities, or the number.
        what: ``probability`` of labels, ``next`` (probabilities of tokens), ``value``, or ``vector``:
            there is nothing to say.
    """

    names: tuple[str, ...]
    values: tuple[float, ...]
    what: str


def device_of(network: nn.Module) -> device:
    """Where a network's weights are."""
    return next(network.parameters()).device


def rows_of(network: nn.Module, *sides: TokensRead) -> tuple[Tensor, ...]:
    """Ids int64 (1, T), where the network is, and lengths int64 (1,), on the processor, of each side."""
    import torch

    there = device_of(network)
    rows = [torch.tensor([side.ids], dtype=torch.int64, device=there) for side in sides]
    return tuple(part for row in rows for part in (row, torch.tensor([row.shape[1]])))


class Looked(Protocol):
    """A model, opened to be looked at. It computes in float32, where its network is, and learns nothing."""

    @property
    def path(self) -> Path:
        """Its folder."""

    @property
    def method(self) -> str:
        """Its spec."""

    @property
    def network(self) -> nn.Module:
        """The module that computes."""

    def read(self, text: str) -> Sides:
        """A text as the network reads it.

        Raises:
            InputError: there is nothing in it to read.
        """

    def compute(self, sides: Sides) -> Tensor:
        """Run the network once, as for a prediction: its last numbers, float32 (answers,), on the processor."""

    def given(self, sides: Sides) -> tuple[Tensor, ...]:
        """What the network is given: ids int64 (1, T) and lengths (1,) of the source, and of the target where there is one."""

    def answers(self, outputs: Tensor) -> Answers:
        """What these numbers say."""

    def labels_of(self, kind: str, sides: Sides) -> tuple[TokensRead, TokensRead]:
        """The tokens whose places are the queries and the keys of a kind of attention."""
