"""Options of the transformer encoder as a classifier trained from scratch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nlpwb.errors import UsageError
from nlpwb.methods.networks.config import NetworkConfig
from nlpwb.options import Span, option

POSITIONS = ("sinusoidal", "learned", "rotary", "alibi", "none")
NORMS = ("pre", "post")
ACTIVATIONS = ("relu", "gelu", "swiglu")
POOLINGS = ("cls", "mean", "max")


@dataclass(frozen=True, kw_only=True)
class TransformerConfig(NetworkConfig):
    """An encoder of self-attention, pooled to a vector for each document."""

    dim: int = option(
        128, help="width: of a token's embedding and of what blocks pass on", low=1, high=10_000
    )
    layers: int = option(
        2, help="blocks of attention and feed-forward", low=1, high=1000, search=("1", "2", "4")
    )
    heads: int = option(4, help="attention heads; they share the width", low=1, high=1000)
    feed_forward: int | Literal["auto"] = option(
        "auto",
        help="width inside the feed-forward part; auto: four times dim (swiglu: 8/3 times)",
        low=1,
        high=10**6,
    )
    positions: str = option("sinusoidal", help="how order is told", choices=POSITIONS)
    norm: str = option("pre", help="LayerNorm before or after each part", choices=NORMS)
    activation: str = option("gelu", help="inside the feed-forward part", choices=ACTIVATIONS)
    pooling: str = option(
        "mean",
        help="what stands for the document: a first vector of its own, mean, maximum",
        choices=POOLINGS,
        search=("mean", "max", "cls"),
    )
    dropout: float = option(
        0.1,
        help="share of each part's output set to zero in training",
        low=0,
        high=0.99,
        search=Span(0, 0.4),
    )
    attention_dropout: float = option(
        0.0, help="share of the attention weights set to zero in training", low=0, high=0.99
    )
    word_dropout: float = option(
        0.0,
        help="share of the vocabulary whose rows are zero in a training step",
        low=0,
        high=0.99,
        search=("0", "0.1", "0.3"),
    )
    learning_rate: float = option(
        5e-4,
        help="the largest step size",
        low=1e-9,
        high=100,
        search=Span(1e-4, 2e-3, logarithmic=True),
    )
    warmup: float = option(
        0.1, help="share of the steps in which the step size rises", low=0, high=1
    )
    weight_decay: float = option(0.01, help="decoupled decay of matrices", low=0, high=10)

    def validate(self, method: str) -> None:
        """Heads share the width evenly; a head of rotary positions turns pairs.

        Raises:
            UsageError: a width that the heads cannot share, or an odd one where pairs are turned.
        """
        super().validate(method)
        self.check_width(method)

    def check_width(self, method: str = "transformer", *, own: bool = True) -> None:
        """Heads share the width; word vectors to start from bring one that is not the config's ``own``.

        Raises:
            UsageError: as :meth:`validate`.
        """
        if self.dim % self.heads:
            below = max(n for n in range(1, self.heads + 1) if self.dim % n == 0)
            other = f" or dim={self.dim // self.heads * self.heads or self.heads}" if own else ""
            whose = "dim" if own else "the embeddings' dim"
            raise UsageError(
                f"{method}: {whose}={self.dim} is no multiple of heads={self.heads}; write heads={below}{other}"
            )
        if self.positions == "rotary" and (self.dim // self.heads) % 2:
            raise UsageError(
                f"{method}: positions=rotary turns pairs, and a head of dim={self.dim}, heads={self.heads} "
                f"is {self.dim // self.heads} wide; "
                + (
                    f"write dim={self.heads * (self.dim // self.heads + 1)}"
                    if own
                    else "choose other heads"
                )
            )

    @property
    def inner(self) -> int:
        """Width inside the feed-forward part; SwiGLU has three matrices in place of two (Shazeer 2020, section 2)."""
        if self.feed_forward != "auto":
            return int(self.feed_forward)
        return 4 * self.dim if self.activation != "swiglu" else max(1, 8 * self.dim // 3)
