"""The decoder-only transformer as a language model: embedding, positions, blocks that look back, one table as the output.

Radford et al. 2018 and 2019 (GPT, GPT-2): learned positions, LayerNorm before the parts, tanh's GELU, biases. Llama (Touvron
et al. 2023): rotary positions, RMSNorm, SwiGLU, no biases, grouped queries. Both are configurations.

Letters of shapes: B rows, T tokens read at once, K places that are seen, d width, H heads, h width of a head, V vocabulary.
"""

from __future__ import annotations

from typing import Self, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from nlpwb.methods.transformer.attention import KeysValues, Sight
from nlpwb.methods.transformer.blocks import (
    INITIAL_SCALE,
    Activation,
    EncoderBlock,
    Scale,
    initialise,
    norm_of,
)
from nlpwb.methods.transformer.dropout import Dropout
from nlpwb.methods.transformer.gpt_config import GptConfig
from nlpwb.methods.transformer.keys_memory import KeysMemory
from nlpwb.methods.transformer.positions import (
    PositionEmbedding,
    Rotation,
    alibi_slopes,
    rotation,
    sinusoidal,
)


class GptNetwork(nn.Module):
    """Says what follows each token, from the tokens before it."""

    def __init__(self, config: GptConfig, *, vocabulary: int) -> None:
        super().__init__()
        self.config = config
        self.vocabulary = vocabulary
        dim = config.dim
        self.embedding = nn.Embedding(vocabulary, dim)
        self.positions = (
            PositionEmbedding(config.context, dim) if config.positions == "learned" else None
        )
        self.dropout = Dropout(config.dropout)
        self.blocks = nn.ModuleList(
            EncoderBlock(
                dim,
                config.heads,
                width=config.inner,
                norm="pre",
                activation=cast(Activation, config.activation),
                dropout_rate=config.dropout,
                attention_dropout_rate=config.attention_dropout,
                kv_heads=config.readers,
                scale=cast(Scale, config.norm),
                biases=config.biases,
            )
            for _ in range(config.layers)
        )
        self.final_norm = norm_of(cast(Scale, config.norm), dim, 1e-5, biases=config.biases)
        self.output = None if config.tied else nn.Linear(dim, vocabulary, bias=False)
        initialise(self, config.layers)
        nn.init.normal_(self.embedding.weight, std=INITIAL_SCALE)

    @classmethod
    def build(cls, config: GptConfig, *, vocabulary: int) -> Self:
        """A network with weights drawn from torch's global generator."""
        return cls(config, vocabulary=vocabulary)

    @property
    def context(self) -> int | None:
        """The most places that a row remembers while it is written on.

        Formulas tell places apart without end, but beyond the windows that it learned from only ALiBi is known to keep its
        footing (Press et al. 2022, figure 1).
        """
        return None if self.config.positions == "alibi" else self.config.context

    @property
    def places(self) -> int | None:
        """The most places that it can tell apart at all; None where a formula tells them."""
        return self.config.context if self.config.positions == "learned" else None

    @property
    def trained_context(self) -> int:
        """Tokens of the windows that it learned from."""
        return self.config.context

    def start(self, batch: int) -> KeysMemory:
        """The memory of rows that have read nothing."""
        config, weight = self.config, self.embedding.weight
        # what is kept is read at every token: it stays in the type in which attention multiplies
        kind = weight.device.type
        half = torch.is_autocast_enabled(kind)
        like = weight.new_empty(0, dtype=torch.get_autocast_dtype(kind) if half else None)
        return KeysMemory.empty(
            config.layers, batch, config.readers, config.dim // config.heads, like=like
        )

    def head(self) -> tuple[Tensor, Tensor | None]:
        """The output layer: weight (V, d), and no bias."""
        return (self.embedding if self.output is None else self.output).weight, None

    def logits(self, hidden: Tensor) -> Tensor:
        """(…, d) to (…, V)."""
        return functional.linear(hidden, self.head()[0])

    def hidden(
        self, ids: Tensor, memory: KeysMemory | None = None
    ) -> tuple[Tensor, KeysMemory | None]:
        """Ids int64 (B, T), all of them tokens, to what the output layer sees, (B, T, d).

        Without a memory the rows begin here, and none is made.
        """
        if memory is not None:
            lengths = torch.full((len(ids),), ids.shape[1])
            return self._read_on(ids, lengths, memory)
        x, sight = self._begin(ids)
        for block in self.blocks:
            x = block(x, sight)
        return self.final_norm(x), None

    def attention_weights(self, ids: Tensor, lengths: Tensor) -> list[Tensor]:
        """How much each place reads of those before it, (B, H, T, T) for each block; rows behind a text mean nothing."""
        del lengths  # what stands behind a text comes later, and is not looked at
        x, sight = self._begin(ids)
        weights = []
        for block in self.blocks:
            weights.append(cast(EncoderBlock, block).attention_weights(x, sight))
            x = block(x, sight)
        return weights

    def read(self, ids: Tensor, lengths: Tensor, memory: KeysMemory) -> tuple[Tensor, KeysMemory]:
        """As ``decoding.protocol.Reader.read``: logits float32 (B, V) of what follows each row's last token."""
        x, memory = self._read_on(ids, lengths, memory)
        if ids.shape[1] == 1:
            last = x[:, 0]
        else:
            rows = torch.arange(len(ids), device=x.device)
            last = x[rows, (lengths - 1).to(x.device)]
        return self.logits(last).float(), memory

    def _read_on(
        self, ids: Tensor, lengths: Tensor, memory: KeysMemory
    ) -> tuple[Tensor, KeysMemory]:
        """The next tokens of each row, (B, T) of which ``lengths`` are real, to (B, T, d) and the memory behind them."""
        longest = ids.shape[1]
        before = memory.lengths
        shortest, most = int(before.min()), int(before.max())
        memory = memory.with_room(most + longest)
        even = shortest == most  # then places are the same for all rows, and one slice serves them
        columns = torch.arange(longest, device=ids.device)
        places = columns + most if even else columns + before.to(ids.device).unsqueeze(1)
        seen = most + longest
        x, turn = self._enter(ids, places)
        sight = self._looking_back(turn, places, seen)
        for number, block in enumerate(self.blocks):
            x = self._through(cast(EncoderBlock, block), number, x, sight, memory, places, seen)
        return self.final_norm(x), memory.then(lengths)

    def _through(
        self,
        block: EncoderBlock,
        number: int,
        x: Tensor,
        sight: Sight,
        memory: KeysMemory,
        places: Tensor,
        seen: int,
    ) -> Tensor:
        """One block: keys and values go into the memory, queries read all that stands there."""
        keys, values = memory.keys[number], memory.values[number]
        q, new = block.attention.project(block.attention_norm(x), sight.turn)
        if places.dim() == 1:
            start = seen - x.shape[1]
            keys[:, :, start:seen] = new.keys
            values[:, :, start:seen] = new.values
        else:
            rows = torch.arange(len(x), device=x.device).unsqueeze(1)
            keys[rows, :, places] = new.keys.transpose(1, 2).to(keys.dtype)
            values[rows, :, places] = new.values.transpose(1, 2).to(values.dtype)
        there = KeysValues(keys[:, :, :seen], values[:, :, :seen])
        x = x + block.dropout(block.attention.read(q, there, sight))
        inner: Tensor = block.dropout(block.feed_forward(block.feed_forward_norm(x)))
        return x + inner

    def _begin(self, ids: Tensor) -> tuple[Tensor, Sight]:
        """What enters the first block, (B, T, d), of rows that begin here, and what the places may see of each other."""
        places = torch.arange(ids.shape[1], device=ids.device)
        x, turn = self._enter(ids, places)
        bias = self._falling(places, places) if self.config.positions == "alibi" else None
        return x, Sight(bias=bias, turn=turn, causal=True)

    def _enter(self, ids: Tensor, places: Tensor) -> tuple[Tensor, Rotation | None]:
        """What enters the first block, (B, T, d), for places int64 (T,) or (B, T); and how queries and keys there are turned."""
        x = self.embedding(ids)
        kind = self.config.positions
        turn = None
        if kind == "sinusoidal":
            x = x + sinusoidal(places.flatten(), self.config.dim).view(*places.shape, -1).to(x)
        elif self.positions is not None:
            # padding behind a row may stand further off than any place: what it reads does not matter
            x = x + self.positions(places.clamp(max=self.config.context - 1))
        elif kind == "rotary":
            turn = self._turn(places)
        return self.dropout(x), turn

    def _looking_back(self, turn: Rotation | None, places: Tensor, seen: int) -> Sight:
        """What queries at ``places`` see of a memory: its first ``seen`` places, up to their own.

        What comes later is hidden by the bias, once for all blocks: each query sees itself at least, and no row is blank.
        """
        columns = torch.arange(seen, device=places.device)
        bias = None
        if self.config.positions == "alibi":
            bias = self._falling(places, columns)
        if places.numel() > 1:  # a single query stands at the end, and sees all
            later = columns > places.unsqueeze(-1)  # (T, K) or (B, T, K)
            if places.dim() == 2:
                later = later.unsqueeze(1)  # (B, 1, T, K)
            shown = torch.zeros((), device=places.device) if bias is None else bias
            bias = torch.where(later, torch.finfo(torch.float32).min / 2, shown)
        return Sight(bias=bias, turn=turn)

    def _turn(self, places: Tensor) -> Rotation:
        width = self.config.dim // self.config.heads
        turn = rotation(places.flatten(), width)
        if places.dim() == 1:
            return turn
        shape = (places.shape[0], 1, places.shape[1], width // 2)
        return Rotation(turn.cosine.view(shape), turn.sine.view(shape))

    def _falling(self, queries: Tensor, keys: Tensor) -> Tensor:
        """ALiBi's bias of queries (T,) or (B, T) on keys (K,): (H, T, K) or (B, H, T, K); what comes later is masked anyhow."""
        slopes = alibi_slopes(self.config.heads).to(queries.device).view(-1, 1, 1)
        if keys.dim() == 2:
            keys = keys.unsqueeze(1)
        distance = (queries.unsqueeze(-1) - keys).abs()  # (T, K) or (B, T, K)
        return -slopes * distance.unsqueeze(-3)
