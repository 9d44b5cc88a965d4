"""The transformer as it was first: an encoder that reads a source, and a decoder that writes a target and looks at it.

Letters of shapes: B pairs, S places of the source, T of the target, d width of the model, H heads, h width of a head,
V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple, Self, cast

import torch
from torch import Tensor, nn

from nlpwb.methods.networks.pooling import real_places
from nlpwb.methods.seq2seq.config import Seq2seqTransformerConfig
from nlpwb.methods.seq2seq.decoder_block import DecoderBlock
from nlpwb.methods.seq2seq.memories import Sources
from nlpwb.methods.seq2seq.output import Output, Tables
from nlpwb.methods.transformer.attention import KeysValues, Sight
from nlpwb.methods.transformer.blocks import Activation, EncoderBlock, Norm
from nlpwb.methods.transformer.dropout import Dropout
from nlpwb.methods.transformer.positions import (
    PositionEmbedding,
    Rotation,
    alibi,
    alibi_slopes,
    rotation,
    sinusoidal,
)

ROOM = 32
"""Places that a memory grows by."""


class ReadSource(NamedTuple):
    """What a decoder looks at: keys and values of each of its blocks, (L, B, H, S, h), and where a token stands, bool (B, S)."""

    keys: Tensor
    values: Tensor
    real: Tensor

    def rows(self, chosen: Tensor) -> Self:
        """Those of these rows, int64 (N,)."""
        here = chosen.to(self.keys.device)
        return type(self)(
            self.keys.index_select(1, here),
            self.values.index_select(1, here),
            self.real.index_select(0, here),
        )

    @property
    def sight(self) -> Sight:
        """Nobody sees padding; sources without any need no mask."""
        if bool(self.real.all()):
            return Sight()
        return Sight(mask=self.real[:, None, None])  # (B, 1, 1, S)

    def blocks(self) -> Iterator[KeysValues]:
        """Those of each block."""
        for keys, values in zip(self.keys, self.values, strict=True):
            yield KeysValues(keys, values)


@dataclass(frozen=True, eq=False)
class TransformerMemory:
    """Keys and values of what each row has written, with room for more, and its source.

    Args:
        keys: of each block, (L, N, H, room, h); what stands behind a row's length is not looked at.
        values: likewise.
        source: what the rows look at.
        lengths: int64 (N,), tokens read.
    """

    keys: Tensor
    values: Tensor
    source: Sources[ReadSource]
    lengths: Tensor

    def rows(self, chosen: Tensor) -> Self:
        """Those of these rows, int64 (N,)."""
        here = chosen.to(self.keys.device)
        return replace(
            self,
            keys=self.keys.index_select(1, here),
            values=self.values.index_select(1, here),
            source=self.source.rows(chosen),
            lengths=self.lengths[chosen.cpu()],
        )


class TransformerTranslator(nn.Module):
    """Pairs of sources and targets to what the decoder sees at each place of the target (Vaswani et al. 2017).

    Both stacks end in a LayerNorm where norms stand before the parts; embeddings are scaled by √d (section 3.4) and get dropout
    with their positions (section 5.4). Positions that are turned or sloped (rotary, alibi) concern places of one sequence:
    attention to the source has none.
    """

    def __init__(
        self,
        config: Seq2seqTransformerConfig,
        *,
        source_vocabulary: int,
        target_vocabulary: int,
    ) -> None:
        super().__init__()
        self.config = config
        dim = config.dim
        self.tables = Tables(config, source_vocabulary, target_vocabulary)
        self.positions = (
            PositionEmbedding(config.max_tokens + 2, dim) if config.positions == "learned" else None
        )
        self.dropout = Dropout(config.dropout)
        self.encoder = nn.ModuleList(
            EncoderBlock(
                dim,
                config.heads,
                width=config.inner,
                norm=cast(Norm, config.norm),
                activation=cast(Activation, config.activation),
                dropout_rate=config.dropout,
                attention_dropout_rate=config.attention_dropout,
            )
            for _ in range(config.layers)
        )
        self.decoder = nn.ModuleList(
            DecoderBlock(
                dim,
                config.heads,
                width=config.inner,
                norm=cast(Norm, config.norm),
                activation=cast(Activation, config.activation),
                dropout_rate=config.dropout,
                attention_dropout_rate=config.attention_dropout,
            )
            for _ in range(config.layers)
        )
        pre = config.norm == "pre"
        self.encoder_norm = nn.LayerNorm(dim) if pre else None
        self.decoder_norm = nn.LayerNorm(dim) if pre else None
        self.output = Output(dim, target_vocabulary, tied=config.tied)
        for part in self.modules():
            if isinstance(part, nn.Linear):
                nn.init.xavier_uniform_(part.weight)
                nn.init.zeros_(part.bias)

    @classmethod
    def build(
        cls, config: Seq2seqTransformerConfig, *, source_vocabulary: int, target_vocabulary: int
    ) -> Self:
        """A network with weights drawn from torch's global generator: matrices after Glorot & Bengio (2010)."""
        return cls(config, source_vocabulary=source_vocabulary, target_vocabulary=target_vocabulary)

    @property
    def vocabulary(self) -> int:
        """V, of the target."""
        return self.output.vocabulary

    @property
    def context(self) -> int | None:
        """The longest target; None where positions know no end."""
        return self.config.max_tokens + 2 if self.positions is not None else None

    @property
    def looks_back(self) -> bool:
        """Whether the decoder has attention to the source: it is made of it."""
        return True

    def forward(
        self, source: Tensor, source_lengths: Tensor, target: Tensor, target_lengths: Tensor
    ) -> Tensor:
        """What the output layer sees at each place of the target, (B, T, d), given the true tokens before it.

        Arguments as those of :meth:`nlpwb.methods.seq2seq.network.RecurrentTranslator.forward`.
        """
        del target_lengths  # padding stands behind, and nobody looks ahead
        read = self._encoded(source, source_lengths)
        x, sight = self._begun(target)
        for block, seen in zip(self.decoder, read.blocks(), strict=True):
            x = block(x, sight, seen, read.sight)
        return self._ended(x)

    def attention_weights(
        self, source: Tensor, source_lengths: Tensor, target: Tensor, target_lengths: Tensor
    ) -> dict[str, list[Tensor]]:
        """``encoder`` (B, H, S, S), ``decoder`` (B, H, T, T) and ``cross`` (B, H, T, S), one of each for each block."""
        del target_lengths
        found: dict[str, list[Tensor]] = {"encoder": [], "decoder": [], "cross": []}
        x, sight = self._begun_source(source, source_lengths)
        for block in self.encoder:
            found["encoder"].append(cast(EncoderBlock, block).attention_weights(x, sight))
            x = block(x, sight)
        read = self._encoded(source, source_lengths)
        x, sight = self._begun(target)
        for block, seen in zip(self.decoder, read.blocks(), strict=True):
            among, across = cast(DecoderBlock, block).weights(x, sight, seen, read.sight)
            found["decoder"].append(among)
            found["cross"].append(across)
            x = block(x, sight, seen, read.sight)
        return found

    def logits(self, hidden: Tensor) -> Tensor:
        """(…, d) to (…, V)."""
        return cast(Tensor, self.output(hidden, self.tables))

    def head(self) -> tuple[Tensor, Tensor]:
        """The matrix, (V, d), and the bias, (V,), of the output layer, for a loss that takes it apart."""
        return self.output.matrix(self.tables)

    def encode(self, source: Tensor, lengths: Tensor) -> TransformerMemory:
        """What a decoder remembers that has read nothing yet: int64 (B, S) and lengths (B,)."""
        read = self._encoded(source, lengths)
        blocks, batch, heads, _, width = read.keys.shape
        empty = read.keys.new_zeros(blocks, batch, heads, 0, width)
        numbers = torch.arange(batch)
        return TransformerMemory(empty, empty, Sources(read, numbers), torch.zeros_like(numbers))

    def read(
        self, ids: Tensor, lengths: Tensor, memory: TransformerMemory
    ) -> tuple[Tensor, TransformerMemory]:
        """See :class:`nlpwb.methods.decoding.protocol.Reader`."""
        before, lengths = memory.lengths, lengths.cpu()
        after = before + lengths
        longest = int((before + ids.shape[1]).max())
        keys, values = _with_room(memory.keys, longest), _with_room(memory.values, longest)
        device = ids.device
        places = before.to(device).unsqueeze(1) + torch.arange(
            ids.shape[1], device=device
        )  # (B, T)
        x = self._placed(self.tables.target(ids), places)
        sight = self._sight_of_rows(places, longest)
        rows = torch.arange(len(ids), device=device).unsqueeze(1)  # (B, 1)
        read = memory.source.read
        for number, (block, seen) in enumerate(zip(self.decoder, read.blocks(), strict=True)):
            decoder = cast(DecoderBlock, block)
            queries, own = decoder.asked(x, sight)
            # every row's tokens go to its own next places; padding goes behind them, where nobody looks
            keys[number, rows, :, places] = own.keys.transpose(1, 2).to(keys.dtype)
            values[number, rows, :, places] = own.values.transpose(1, 2).to(values.dtype)
            known = KeysValues(keys[number, :, :, :longest], values[number, :, :, :longest])
            x = decoder.answered(x, queries, known, sight, seen, read.sight)
        last = (lengths - 1).to(device)
        x = self._ended(x[torch.arange(len(ids), device=device), last])
        memory = replace(memory, keys=keys, values=values, lengths=after)
        return self.logits(x).float(), memory

    def _encoded(self, source: Tensor, lengths: Tensor) -> ReadSource:
        """Keys and values of the source for every block of the decoder."""
        x, sight = self._begun_source(source, lengths)
        for block in self.encoder:
            x = block(x, sight)
        if self.encoder_norm is not None:
            x = self.encoder_norm(x)
        made = [cast(DecoderBlock, block).source(x) for block in self.decoder]
        return ReadSource(
            torch.stack([one.keys for one in made]),
            torch.stack([one.values for one in made]),
            real_places(lengths, source.shape[1], source.device),
        )

    def _begun_source(self, source: Tensor, lengths: Tensor) -> tuple[Tensor, Sight]:
        places = torch.arange(source.shape[1], device=source.device)
        mask = None
        if int(lengths.min()) < len(places):
            mask = real_places(lengths, len(places), source.device)[:, None, None]  # (B, 1, 1, S)
        return self._placed(self.tables.source(source), places), self._sight(places, mask=mask)

    def _begun(self, target: Tensor) -> tuple[Tensor, Sight]:
        places = torch.arange(target.shape[1], device=target.device)
        sight = self._sight(places, mask=None)._replace(causal=True)
        return self._placed(self.tables.target(target), places), sight

    def _placed(self, x: Tensor, places: Tensor) -> Tensor:
        """Embeddings (B, T, d) with their places, (T,) or (B, T), told and dropout."""
        x = x * math.sqrt(self.config.dim)
        if self.config.positions == "sinusoidal":
            waves = sinusoidal(places.flatten(), self.config.dim)
            x = x + waves.view(*places.shape, -1)
        elif self.positions is not None:
            # padding may stand behind the last place that has a row
            x = x + self.positions(places.clamp(max=len(self.positions.weight) - 1))
        return cast(Tensor, self.dropout(x))

    def _sight(self, places: Tensor, *, mask: Tensor | None) -> Sight:
        """Of places (T,) to each other."""
        bias = turn = None
        if self.config.positions == "alibi":
            bias = alibi(alibi_slopes(self.config.heads).to(places.device), places, places)
        elif self.config.positions == "rotary":
            turn = rotation(places, self.config.dim // self.config.heads)
        return Sight(mask=mask, bias=bias, turn=turn)

    def _sight_of_rows(self, places: Tensor, longest: int) -> Sight:
        """Of each row's new places (B, T) to all of its own before them and to themselves, among ``longest`` keys."""
        keys = torch.arange(longest, device=places.device)
        mask = bias = turn = None
        if not bool((places == longest - 1).all()):
            mask = (keys <= places.unsqueeze(2)).unsqueeze(1)  # (B, 1, T, K)
        if self.config.positions == "alibi":
            slopes = alibi_slopes(self.config.heads).to(places.device)
            bias = alibi(slopes, places.flatten(), keys).view(-1, *places.shape, longest)
            bias = bias.transpose(0, 1)  # (B, H, T, K)
        elif self.config.positions == "rotary":
            flat = rotation(places.flatten(), self.config.dim // self.config.heads)
            turn = Rotation(*(part.view(*places.shape, -1).unsqueeze(1) for part in flat))
        return Sight(mask=mask, bias=bias, turn=turn)

    def _ended(self, x: Tensor) -> Tensor:
        return x if self.decoder_norm is None else cast(Tensor, self.decoder_norm(x))


def _with_room(kept: Tensor, longest: int) -> Tensor:
    """The same keys or values (L, N, H, room, h) with room for so many places."""
    room = kept.shape[3]
    if longest <= room:
        return kept
    more = -(-longest // ROOM) * ROOM - room
    return torch.cat((kept, kept.new_zeros(*kept.shape[:3], more, kept.shape[4])), dim=3)
