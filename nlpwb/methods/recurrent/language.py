"""Recurrent language models: embeddings, layers whose states go on from window to window, and a tied output.

Mikolov et al. 2010, Interspeech; the regularisation is that of AWD-LSTM (Merity, Keskar & Socher 2018, ICLR): variational dropout
(Gal & Ghahramani 2016), whole rows of embeddings, DropConnect on the state-to-state weights, and one table for input and output
(Inan, Khosravi & Socher 2017; Press & Wolf 2017).

Letters of shapes: B rows, T tokens, d width of an embedding, H width of a layer's state, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from nlpwb.methods.networks.embedding import TokenEmbedding
from nlpwb.methods.networks.pooling import last_in_time
from nlpwb.methods.recurrent.language_config import RecurrentLmConfig
from nlpwb.methods.recurrent.layer import Direction, State
from nlpwb.methods.recurrent.network import locked_dropout

_PARTS = ("hidden", "cell")


@dataclass(frozen=True, eq=False)
class StateMemory:
    """The states in which each layer has been left.

    Args:
        states: of each layer h, and c where the cell has one, (B, H) each.
        lengths: int64 (B,), tokens read, on the processor.
    """

    states: tuple[State, ...]
    lengths: Tensor

    def rows(self, chosen: Tensor) -> Self:
        """Those of these rows, int64 (N,)."""
        here = chosen.to(self.states[0][0].device)
        states = tuple(tuple(part.index_select(0, here) for part in s) for s in self.states)
        return replace(self, states=states, lengths=self.lengths[chosen.cpu()])

    def detached(self) -> Self:
        """The same without the way back to what made it."""
        states = tuple(tuple(part.detach() for part in state) for state in self.states)
        return replace(self, states=states)

    def tensors(self) -> dict[str, Tensor]:
        """All that it holds, by name."""
        named = {
            f"{number}.{name}": part
            for number, state in enumerate(self.states)
            for name, part in zip(_PARTS, state, strict=False)
        }
        return {**named, "lengths": self.lengths}


class RecurrentLanguageNetwork(nn.Module):
    """Says what follows each token, from all tokens before it."""

    context = None
    """There is no limit to what its state has read."""
    trained_context = None

    def __init__(self, config: RecurrentLmConfig, *, vocabulary: int) -> None:
        super().__init__()
        self.config = config
        self.vocabulary = vocabulary
        self.drops_output = True
        """Whether what the output layer sees is dropped, too."""
        dim = config.dim
        table = torch.randn(vocabulary, dim) * dim**-0.5
        self.embedding = TokenEmbedding(
            vocabulary, dim, table=table, dropout=config.embedding_dropout
        )
        widths = [config.hidden] * config.layers
        if config.tied:
            widths[-1] = dim
        inputs = [dim, *widths[:-1]]
        self.layers = nn.ModuleList(
            Direction(config.cell, read, width, weight_drop=config.weight_drop)
            for read, width in zip(inputs, widths, strict=True)
        )
        self.output = (
            None if config.tied else nn.Parameter(torch.randn(vocabulary, widths[-1]) * dim**-0.5)
        )
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    @classmethod
    def build(cls, config: RecurrentLmConfig, *, vocabulary: int) -> Self:
        """A network with weights from torch's global generator."""
        return cls(config, vocabulary=vocabulary)

    def start(self, batch: int) -> StateMemory:
        """The memory of rows that have read nothing."""
        zeros = torch.zeros((), device=self.bias.device)
        count = 2 if self.config.cell == "lstm" else 1
        states = tuple(
            tuple(zeros.expand(batch, cast(Direction, layer).width) for _ in range(count))
            for layer in self.layers
        )
        return StateMemory(states, torch.zeros(batch, dtype=torch.int64))

    def memory_of(self, tensors: dict[str, Tensor]) -> StateMemory:
        """The memory that :meth:`StateMemory.tensors` told of, on the device of the weights."""
        states = tuple(
            tuple(
                tensors[f"{number}.{name}"].to(self.bias.device)
                for name in _PARTS
                if f"{number}.{name}" in tensors
            )
            for number in range(len(self.layers))
        )
        return StateMemory(states, tensors["lengths"].cpu())

    def hidden(self, ids: Tensor, memory: StateMemory | None = None) -> tuple[Tensor, StateMemory]:
        """Ids int64 (B, T), all of them tokens, to what the output layer sees, (B, T, d), and the memory behind them."""
        memory = self.start(len(ids)) if memory is None else memory
        x, lasts = self._layers(ids, memory)
        lengths = memory.lengths + ids.shape[1]
        ends = tuple(tuple(last) for _, last in lasts)
        return x.transpose(0, 1), StateMemory(ends, lengths)

    def _layers(
        self, ids: Tensor, memory: StateMemory
    ) -> tuple[Tensor, list[tuple[Tensor, State]]]:
        """The last layer's states (T, B, d), and of each layer its states and its last one."""
        share = self.config.dropout
        x = self.embedding(ids).transpose(0, 1)  # (T, B, d)
        found = []
        for layer, state in zip(self.layers, memory.states, strict=True):
            x = locked_dropout(x, share, training=self.training)
            x, last = cast(Direction, layer).run(x, state)
            found.append((x, last))
        at_end = share if self.drops_output else 0.0
        return locked_dropout(x, at_end, training=self.training), found

    def head(self) -> tuple[Tensor, Tensor | None]:
        """The output layer: weight (V, d) and bias (V,)."""
        weight = self.embedding.weight if self.output is None else self.output
        return weight, self.bias

    def logits(self, hidden: Tensor) -> Tensor:
        """(…, d) to (…, V)."""
        weight, bias = self.head()
        return functional.linear(hidden, weight, bias)

    def read(self, ids: Tensor, lengths: Tensor, memory: StateMemory) -> tuple[Tensor, StateMemory]:
        """As ``decoding.protocol.Reader.read``: logits float32 (B, V) of what follows each row's last token."""
        x, layers = self._layers(ids, memory)
        after = memory.lengths + lengths
        if int(lengths.min()) == ids.shape[1]:
            ends: Sequence[State] = [last for _, last in layers]
            return self.logits(x[-1]).float(), StateMemory(tuple(ends), after)
        if self.config.cell == "lstm":
            return self._one_by_one(ids, lengths, memory)
        ends = [(last_in_time(states.transpose(0, 1), lengths),) for states, _ in layers]
        seen = last_in_time(x.transpose(0, 1), lengths)
        return self.logits(seen).float(), StateMemory(tuple(ends), after)

    def _one_by_one(
        self, ids: Tensor, lengths: Tensor, memory: StateMemory
    ) -> tuple[Tensor, StateMemory]:
        """Rows of several lengths, those of one length together: kernels tell an LSTM's c at the end alone."""
        found: list[Tensor] = []
        memories: list[StateMemory] = []
        order: list[Tensor] = []
        for length in sorted(set(lengths.tolist())):
            rows = (lengths == length).nonzero().squeeze(1)
            logits, after = self.read(
                ids[rows.to(ids.device), :length], lengths[rows], memory.rows(rows)
            )
            found.append(logits)
            memories.append(after)
            order.append(rows)
        back = torch.argsort(torch.cat(order))
        states = tuple(
            tuple(torch.cat(parts) for parts in zip(*states, strict=True))
            for states in zip(*(one.states for one in memories), strict=True)
        )
        joined = StateMemory(states, torch.cat([one.lengths for one in memories]))
        return torch.cat(found)[back.to(found[0].device)], joined.rows(back)
