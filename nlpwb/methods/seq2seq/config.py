"""Options of the encoder-decoders: without attention, with attention, and of attention alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nlpwb.errors import UsageError
from nlpwb.methods.networks.sequence_config import SequenceConfig
from nlpwb.options import Span, option

CELLS = ("lstm", "gru", "rnn")
SCORES = ("additive", "dot", "general")
FEEDINGS = ("none", "context", "output")
"""``none`` is None in a config, as everywhere."""
POSITIONS = ("sinusoidal", "learned", "rotary", "alibi", "none")
NORMS = ("pre", "post")
ACTIVATIONS = ("relu", "gelu", "swiglu")


@dataclass(frozen=True, kw_only=True)
class TranslatorConfig(SequenceConfig):
    """Shared by the three: what a pair is made of, and how the weights move on small collections of pairs."""

    shared: bool = option(
        True, help="one vocabulary and one table of embeddings for both sides; no: one for each"
    )
    tied: bool = option(
        True, help="the table of target embeddings is the output layer, too (Press & Wolf 2017)"
    )
    min_count: int = option(
        2,
        help="least occurrences of a word; rarer ones are unknown, and teach when to copy one",
        low=1,
    )
    max_tokens: int = option(
        256, help="tokens of a side; longer pairs are not trained on", low=1, high=10**6
    )
    epochs: int = option(20, help="passes over the training pairs, at most", low=1, high=10_000)
    batch_tokens: int = option(
        4096, help="tokens of a batch, of both sides, padding included", low=1, high=10**8
    )
    batch_documents: int = option(512, help="pairs of a batch, at most", low=1, high=10**6)
    dim: int = option(256, help="width of a token's embedding", low=1, high=16_384)
    dropout: float = option(
        0.3, help="share of features set to zero in training", low=0, high=0.99, search=Span(0, 0.5)
    )
    label_smoothing: float = option(
        0.1, help="share of the truth that is dealt to all tokens", low=0, high=0.99
    )
    patience: int = option(
        4,
        help="epochs without gain on the tuning part after which training ends; 0: no tuning part",
        low=0,
        high=10_000,
    )
    tuning: float = option(
        0.02, help="share of the training pairs that is the tuning part", low=0.001, high=0.9
    )


@dataclass(frozen=True, kw_only=True)
class RecurrentTranslatorConfig(TranslatorConfig):
    """An encoder that reads and a decoder that writes, both recurrent."""

    cell: str = option("lstm", help="of encoder and decoder", choices=CELLS)
    hidden: int = option(
        512,
        help="width of the states, in the encoder of both directions together",
        low=1,
        high=16_384,
        search=("256", "512"),
    )
    layers: int = option(1, help="layers of encoder and of decoder", low=1, high=64)
    bidirectional: bool = option(True, help="the encoder reads from both ends")
    dropout: float = option(
        0.4, help="share of features set to zero in training", low=0, high=0.99, search=Span(0, 0.6)
    )

    def validate(self, method: str) -> None:
        """Two directions share the width of the states.

        Raises:
            UsageError: they cannot, or a tokenizer without meaning.
        """
        super().validate(method)
        if self.bidirectional and self.hidden % 2:
            raise UsageError(
                f"{method}: two directions share hidden={self.hidden}, which is odd; write hidden={self.hidden + 1}, "
                "or bidirectional=no"
            )


@dataclass(frozen=True, kw_only=True)
class Seq2seqConfig(RecurrentTranslatorConfig):
    """The last state of the encoder is all that the decoder knows of the source."""

    summary: bool = option(
        True,
        help="the last state enters every step of the decoder (Cho et al. 2014), not the first alone",
    )
    reverse: bool = option(
        False, help="the source is read from its end (Sutskever et al. 2014); for bidirectional=no"
    )


@dataclass(frozen=True, kw_only=True)
class Seq2seqAttentionConfig(RecurrentTranslatorConfig):
    """At every step the decoder looks for what it needs among all states of the encoder."""

    score: str = option(
        "general",
        help="how a place of the source is weighed: additive (Bahdanau), dot or general (Luong)",
        choices=SCORES,
        search=SCORES,
    )
    feeding: str | None = option(
        None,
        help="what enters a step besides its token: nothing; context (Bahdanau); the last output (Luong)",
        choices=FEEDINGS,
    )


@dataclass(frozen=True, kw_only=True)
class Seq2seqTransformerConfig(TranslatorConfig):
    """Encoder and decoder of attention alone."""

    layers: int = option(3, help="blocks of the encoder, and of the decoder", low=1, high=1000)
    heads: int = option(4, help="attention heads; they share the width", low=1, high=1000)
    feed_forward: int | Literal["auto"] = option(
        "auto",
        help="width inside the feed-forward parts; auto: four times dim (swiglu: 8/3 times)",
        low=1,
        high=10**6,
    )
    norm: str = option("pre", help="LayerNorm before or after each part", choices=NORMS)
    activation: str = option("relu", help="inside the feed-forward parts", choices=ACTIVATIONS)
    positions: str = option("sinusoidal", help="how order is told", choices=POSITIONS)
    attention_dropout: float = option(
        0.1, help="share of the attention weights set to zero in training", low=0, high=0.99
    )
    warmup: float = option(
        0.1, help="share of the steps in which the step size rises", low=0, high=1
    )

    def validate(self, method: str) -> None:
        """Heads share the width evenly; a head of rotary positions turns pairs.

        Raises:
            UsageError: a width that the heads cannot share, an odd one where pairs are turned, a tokenizer without meaning.
        """
        super().validate(method)
        if self.dim % self.heads:
            way_out = self.dim // self.heads * self.heads or self.heads
            raise UsageError(
                f"{method}: dim={self.dim} is no multiple of heads={self.heads}; write dim={way_out}"
            )
        if self.positions == "rotary" and (self.dim // self.heads) % 2:
            raise UsageError(
                f"{method}: positions=rotary turns pairs, and a head of dim={self.dim}, heads={self.heads} is "
                f"{self.dim // self.heads} wide; write dim={self.heads * (self.dim // self.heads + 1)}"
            )

    @property
    def inner(self) -> int:
        """Width inside the feed-forward parts; SwiGLU has three matrices in place of two (Shazeer 2020, section 2)."""
        if self.feed_forward != "auto":
            return int(self.feed_forward)
        return 4 * self.dim if self.activation != "swiglu" else max(1, 8 * self.dim // 3)
