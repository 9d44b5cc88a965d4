"""The recurrent encoder-decoders: a source is read, and a target written, by an RNN, LSTM or GRU; with attention or without.

Trained on whole targets at once: the fused kernels run over all tokens of the target, then all its places look at the source in
one product. Token by token, as a text is written, the same equations give the same numbers.

Letters of shapes: B pairs, S places of the source, T of the target, d width of an embedding, H width of a state, V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, Self, cast

import torch
from torch import Tensor, nn

from nlpwb.methods.networks.embedding import TokenEmbedding
from nlpwb.methods.recurrent.layer import State
from nlpwb.methods.recurrent.network import locked_dropout, turn, turned_rows
from nlpwb.methods.seq2seq.attention import Attention, Source
from nlpwb.methods.seq2seq.config import Seq2seqAttentionConfig, Seq2seqConfig
from nlpwb.methods.seq2seq.layers import Bridge, Decoder, Encoder
from nlpwb.methods.seq2seq.memories import RecurrentMemory, Sources, where_reading
from nlpwb.methods.seq2seq.output import Output, Tables

Config = Seq2seqConfig | Seq2seqAttentionConfig


class Summary(NamedTuple):
    """The source in one vector: the encoder's last state, (B, H)."""

    state: Tensor

    def rows(self, chosen: Tensor) -> Self:
        """Those of these rows, int64 (N,)."""
        return type(self)(self.state.index_select(0, chosen.to(self.state.device)))


class RecurrentTranslator(nn.Module):
    """Pairs of sources and targets to what the decoder sees at each place of the target.

    Without attention (Sutskever, Vinyals & Le 2014; Cho et al. 2014): the encoder's last state is where the decoder begins, and,
    with ``summary``, a vector c that stands beside the token at every step and beside the state at every output.

        s_i = f(s_{i-1}, y_{i-1}, c)

    With attention c is made anew for each place (:class:`Attention`). ``feeding`` says who asks, and where the answer goes:

        none      s_i = f(s_{i-1}, y_{i-1})                 c_i asked for by s_i      (Luong et al. 2015, section 3.1)
        output    s_i = f(s_{i-1}, y_{i-1}, h~_{i-1})       c_i asked for by s_i      (Luong et al. 2015, section 3.3)
        context   s_i = f(s_{i-1}, y_{i-1}, c_i)            c_i asked for by s_{i-1}  (Bahdanau et al. 2015, equations 4 to 6)

    In all of them the last layer before the vocabulary is h~_i = tanh(W [c_i; s_i]) (Luong et al. 2015, equation 5).
    """

    def __init__(self, config: Config, *, source_vocabulary: int, target_vocabulary: int) -> None:
        super().__init__()
        self.config = config
        self.dropout = config.dropout
        self.feeding = config.feeding if isinstance(config, Seq2seqAttentionConfig) else None
        self.summary = isinstance(config, Seq2seqConfig) and config.summary
        self.reverse = isinstance(config, Seq2seqConfig) and config.reverse
        self.tables = Tables(config, source_vocabulary, target_vocabulary)
        width, layers = config.hidden, config.layers
        self.encoder = Encoder(
            config.cell,
            config.dim,
            width,
            layers=layers,
            both=config.bidirectional,
            dropout=config.dropout,
        )
        self.bridge = Bridge(config.cell, width, layers)
        fed = width if self.summary or self.feeding == "context" else 0
        if self.feeding == "output":
            fed = config.dim
        self.decoder = Decoder(
            config.cell, config.dim + fed, width, layers=layers, dropout=config.dropout
        )
        self.attention = (
            Attention(width, config.score) if isinstance(config, Seq2seqAttentionConfig) else None
        )
        beside = width if self.summary or self.attention is not None else 0
        self.readout = nn.Linear(width + beside, config.dim)
        self.output = Output(config.dim, target_vocabulary, tied=config.tied)

    @classmethod
    def build(cls, config: Config, *, source_vocabulary: int, target_vocabulary: int) -> Self:
        """A network with weights drawn from torch's global generator."""
        return cls(config, source_vocabulary=source_vocabulary, target_vocabulary=target_vocabulary)

    @property
    def vocabulary(self) -> int:
        """V, of the target."""
        return self.output.vocabulary

    @property
    def context(self) -> int | None:
        """The longest target: there is no limit."""
        return None

    @property
    def looks_back(self) -> bool:
        """Whether the decoder has attention to the source."""
        return self.attention is not None

    def forward(
        self, source: Tensor, source_lengths: Tensor, target: Tensor, target_lengths: Tensor
    ) -> Tensor:
        """h~ at each place of the target, (B, T, d), given the true tokens before it.

        Args:
            source: int64 (B, S), padded with 0 on the right.
            source_lengths: int64 (B,), on the processor, each at least 1.
            target: int64 (B, T), what the decoder reads: it begins with the token that says so.
            target_lengths: int64 (B,); what stands behind them has no influence.
        """
        del target_lengths
        return self._outputs(source, source_lengths, target)[0]

    def attention_weights(
        self, source: Tensor, source_lengths: Tensor, target: Tensor, target_lengths: Tensor
    ) -> dict[str, list[Tensor]]:
        """``cross``: how much each place of the target reads of each of the source, (B, 1, T, S); nothing without attention."""
        del target_lengths
        weights = self._outputs(source, source_lengths, target, weights=True)[1]
        return {} if weights is None else {"cross": [weights.unsqueeze(1)]}

    def logits(self, hidden: Tensor) -> Tensor:
        """(…, d) to (…, V)."""
        return cast(Tensor, self.output(hidden, self.tables))

    def head(self) -> tuple[Tensor, Tensor]:
        """The matrix, (V, d), and the bias, (V,), of the output layer, for a loss that takes it apart."""
        return self.output.matrix(self.tables)

    def encode(self, source: Tensor, lengths: Tensor) -> RecurrentMemory[Source | Summary]:
        """What a decoder remembers that has read nothing yet: int64 (B, S) and lengths (B,)."""
        start, read = self._encoded(source, lengths)
        numbers = torch.arange(len(source))
        fed = None
        if self.feeding == "output":
            fed = start[0][0].new_zeros(len(source), self.config.dim)
        return RecurrentMemory(start, fed, Sources(read, numbers), torch.zeros_like(numbers))

    def read(
        self, ids: Tensor, lengths: Tensor, memory: RecurrentMemory[Source | Summary]
    ) -> tuple[Tensor, RecurrentMemory[Source | Summary]]:
        """See :class:`nlpwb.methods.decoding.protocol.Reader`."""
        x = self._inputs(self.tables.target, ids)  # (T, B, d)
        source = memory.source.read
        states, fed = memory.states, memory.fed
        last = x.new_zeros(ids.shape[0], self.config.dim)
        for place, token in enumerate(x):
            reading = place < lengths
            after, output = self._step(token, states, fed, source)
            states = where_reading(reading, after, states)
            ((last,),) = where_reading(reading, [(output,)], [(last,)])
            fed = last if self.feeding == "output" else None
        memory = replace(memory, states=states, fed=fed, lengths=memory.lengths + lengths.cpu())
        return self.logits(last).float(), memory

    def _outputs(
        self, source: Tensor, lengths: Tensor, target: Tensor, *, weights: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """h~, (B, T, d), and the weights behind it, (B, T, S), where they are wanted and there are any."""
        start, read = self._encoded(source, lengths)
        x = self._inputs(self.tables.target, target)  # (T, B, d)
        if self.feeding is not None:
            return self._one_by_one(x, start, read, weights=weights)
        if self.summary:
            assert isinstance(read, Summary), "no attention"
            x = torch.cat((x, read.state.to(x.dtype).expand(len(x), -1, -1)), dim=2)
        states = self.decoder(x, start).transpose(0, 1)  # (B, T, H)
        found = None
        if weights and self.attention is not None:
            assert isinstance(read, Source), "attention"
            found = self.attention.weights(states, read)
        return self._read_out(states, self._context(states, read)), found

    def _one_by_one(
        self, x: Tensor, states: Sequence[State], read: Source | Summary, *, weights: bool
    ) -> tuple[Tensor, Tensor | None]:
        """The same where a step waits for what the one before it found."""
        outputs, found = [], []
        fed = x.new_zeros(x.shape[1], self.config.dim) if self.feeding == "output" else None
        for token in x:
            asking = states[-1][0]
            states, output = self._step(token, states, fed, read)
            outputs.append(output)
            fed = output if self.feeding == "output" else None
            if weights and self.attention is not None:
                assert isinstance(read, Source), "attention"
                asked = asking if self.feeding == "context" else states[-1][0]
                found.append(self.attention.weights(asked.unsqueeze(1), read))
        return torch.stack(outputs, dim=1), torch.cat(found, dim=1) if found else None

    def _step(
        self,
        token: Tensor,
        states: Sequence[State],
        fed: Tensor | None,
        read: Source | Summary,
    ) -> tuple[list[State], Tensor]:
        """One token's embedding (B, d): the states after it, and h~ (B, d)."""
        context = None
        if self.feeding == "context":
            context = self._context(
                states[-1][0].unsqueeze(1), read
            )  # of the state before the token
            assert context is not None, "attention"
            token = torch.cat((token, context.squeeze(1).to(token.dtype)), dim=1)
        elif self.feeding == "output":
            assert fed is not None, "the output before"
            token = torch.cat((token, fed.to(token.dtype)), dim=1)
        elif self.summary:
            assert isinstance(read, Summary), "no attention"
            token = torch.cat((token, read.state.to(token.dtype)), dim=1)
        state, after = self.decoder.step(token, states)
        state = state.unsqueeze(1)  # (B, 1, H)
        if self.feeding != "context":
            context = self._context(state, read)
        return after, self._read_out(state, context).squeeze(1)

    def _context(self, states: Tensor, read: Source | Summary) -> Tensor | None:
        """What stands beside states (B, T, H) when they are read out: (B, T, H); None where nothing does."""
        if self.attention is not None:
            return cast(Tensor, self.attention(states, read))
        if not self.summary:
            return None
        assert isinstance(read, Summary), "no attention"
        return read.state.unsqueeze(1).expand(-1, states.shape[1], -1)

    def _read_out(self, states: Tensor, context: Tensor | None) -> Tensor:
        """h~ = tanh(W [c; s]), (B, T, d)."""
        seen = states if context is None else torch.cat((context.to(states.dtype), states), dim=2)
        seen = nn.functional.dropout(seen, self.dropout, self.training)
        return torch.tanh(self.readout(seen))

    def _encoded(self, source: Tensor, lengths: Tensor) -> tuple[list[State], Source | Summary]:
        """Where the decoder begins, and what it looks at."""
        x = self._inputs(self.tables.source, source)
        if self.reverse:
            x = turn(x, turned_rows(lengths, len(x)).to(x.device))
        states, lasts = self.encoder(x, lengths)
        start = self.bridge(lasts)
        if self.attention is None:
            return start, Summary(lasts[-1])
        return start, self.attention.source(states, lengths)

    def _inputs(self, table: TokenEmbedding, ids: Tensor) -> Tensor:
        """Ids (B, T) to embeddings (T, B, d), scaled to numbers of the size of the states."""
        x = table(ids).transpose(0, 1) * math.sqrt(self.config.dim)
        return locked_dropout(x, self.dropout, training=self.training)
