"""Options of the decoder-only transformer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

from nlpwb.errors import UsageError
from nlpwb.methods.networks.language_config import LanguageConfig
from nlpwb.methods.transformer.config import POSITIONS
from nlpwb.options import Span, option

SCALES = ("layer", "rms")
ACTIVATIONS = ("relu", "gelu", "gelu_tanh", "swiglu")
OF_A_BASE = (
    *(
        "preset",
        "tokenizer",
        "vocab_size",
        "min_count",
        "dim",
        "layers",
        "heads",
        "kv_heads",
        "positions",
    ),
    *("norm", "activation", "feed_forward", "biases", "tied", "dropout", "attention_dropout"),
)
"""Options that say what a base already is."""


@dataclass(frozen=True, kw_only=True)
class GptConfig(LanguageConfig):
    """A stack of causal self-attention that says what comes next. Defaults are for some megabytes of text."""

    carried: ClassVar[bool] = False
    """Whether a state goes on from one window to the next: each is read by itself."""
    presets: ClassVar[dict[str, dict[str, str]]] = {
        "cpu": {
            "tokenizer": "char",
            "dim": "128",
            "layers": "4",
            "heads": "4",
            "context": "64",
            "batch": "32",
            "positions": "rotary",
            "dropout": "0.0",
            "learning_rate": "0.004",
            "weight_decay": "0.1",
            "epochs": "5",
        },
        "small": {
            "tokenizer": "byte-bpe:50253",
            "dim": "768",
            "layers": "12",
            "heads": "12",
            "context": "1024",
            "positions": "learned",
            "activation": "gelu_tanh",
            "dropout": "0.1",
            "attention_dropout": "0.1",
            "learning_rate": "0.0006",
            "weight_decay": "0.1",
        },
    }
    """cpu: the shape of nanoGPT's run on a processor, for characters; small: GPT-2's (Radford et al. 2019)."""

    base: str | None = option(
        None,
        help="go on from these weights, with their tokens: a folder of GPT-2's shape, hub:owner/name",
    )
    preset: str | None = option(
        None,
        help="other defaults: cpu (0.8 million weights, characters), small (GPT-2's shape, 124 million)",
        choices=("none", "cpu", "small"),
    )
    dim: int = option(
        256, help="width: of a token's embedding and of what blocks pass on", low=1, high=16_384
    )
    layers: int = option(
        6, help="blocks of attention and feed-forward", low=1, high=1000, search=("2", "4", "6")
    )
    heads: int = option(4, help="attention heads; they share the width", low=1, high=1000)
    kv_heads: int | Literal["auto"] = option(
        "auto",
        help="heads of keys and values, each read by several of queries; auto: as many as heads",
        low=1,
        high=1000,
    )
    context: int = option(
        128, help="tokens of a window: as far back as it learns to look", low=2, high=10**6
    )
    positions: str = option("rotary", help="how order is told", choices=POSITIONS)
    norm: str = option(
        "layer", help="what stands before each part: LayerNorm or RMSNorm", choices=SCALES
    )
    activation: str = option("gelu", help="inside the feed-forward part", choices=ACTIVATIONS)
    feed_forward: int | Literal["auto"] = option(
        "auto",
        help="width inside the feed-forward part; auto: four times dim (swiglu: 8/3 times)",
        low=1,
        high=10**6,
    )
    biases: bool = option(True, help="offsets in products and norms")
    tied: bool = option(True, help="the table of embeddings is the output layer, too")
    attention_dropout: float = option(
        0.0, help="share of the attention weights set to zero in training", low=0, high=0.99
    )
    batch: int = option(32, help="windows of a step", low=1, high=10**6)
    learning_rate: float | Literal["auto"] = option(  # type: ignore[assignment]
        "auto",
        help="the largest step size; auto: 1.5e-3, and 5e-5 from a base",
        low=1e-9,
        high=100,
        search=Span(3e-4, 4e-3, logarithmic=True),
    )
    weight_decay: float = option(0.1, help="decoupled decay of matrices", low=0, high=10)

    @property
    def files(self) -> dict[str, str]:
        """The folder of the base, or the tokenizer's file: what it holds decides the result."""
        if self.base is None:
            return super().files
        from nlpwb.bases.finding import find_base

        return {"base": str(find_base(self.base).folder)}

    @property
    def wanted(self) -> str:
        """What the files should be, for the sentence that says that one cannot be read."""
        return (
            super().wanted
            if self.base is None
            else "base=FOLDER of GPT-2's shape, or hub:owner/name"
        )

    def settled(self, places: int | None) -> Self:
        """The same with the step size decided, and with windows that a base can tell apart.

        Raises:
            UsageError: more tokens than it can.
        """
        rate, context = self.learning_rate, self.context
        if rate == "auto":
            rate = 1.5e-3 if self.base is None else 5e-5
        if self.base is not None and places is not None and context > places:
            if self._changed("context"):
                raise UsageError(
                    f"gpt: context={context} is more than {self.base} tells apart, {places:,} tokens; give at most that many"
                )
            context = places
        return replace(self, learning_rate=rate, context=context)

    def _changed(self, name: str) -> bool:
        return bool(getattr(self, name) != type(self).__dataclass_fields__[name].default)

    @property
    def window(self) -> int:
        """Tokens of a row of a batch."""
        return self.context

    @property
    def batch_words(self) -> str:
        """What a batch is, in the names of the options."""
        return f"batch={self.batch} windows of context={self.context} tokens"

    @property
    def readers(self) -> int:
        """Heads of keys and values."""
        return self.heads if self.kv_heads == "auto" else int(self.kv_heads)

    @property
    def inner(self) -> int:
        """Width inside the feed-forward part; SwiGLU has three matrices in place of two (Shazeer 2020, section 2)."""
        if self.feed_forward != "auto":
            return int(self.feed_forward)
        return 4 * self.dim if self.activation != "swiglu" else max(1, 8 * self.dim // 3)

    def validate(self, method: str) -> None:
        """Heads share the width evenly, heads of queries those of keys; a head of rotary positions turns pairs.

        Raises:
            UsageError: they cannot, or an option does nothing here.
        """
        super().validate(method)
        if self.base is not None:
            if self.ngrams:
                raise UsageError(
                    f"{method}: ngrams={self.ngrams} is for networks that begin from nothing, with tokens of their own; "
                    "leave out ngrams or base"
                )
            for name in OF_A_BASE:
                if self._changed(name):
                    raise UsageError(
                        f"{method}: {name}={getattr(self, name)} is settled by base={self.base}; leave one of them out"
                    )
            return
        if self.dim % self.heads:
            other = self.dim // self.heads * self.heads or self.heads
            raise UsageError(
                f"{method}: dim={self.dim} is no multiple of heads={self.heads}; write dim={other}"
            )
        if self.heads % self.readers:
            below = max(n for n in range(1, self.readers + 1) if self.heads % n == 0)
            raise UsageError(
                f"{method}: heads={self.heads} is no multiple of kv_heads={self.readers}; write kv_heads={below}"
            )
        if self.positions == "rotary" and (self.dim // self.heads) % 2:
            raise UsageError(
                f"{method}: positions=rotary turns pairs, and a head of dim={self.dim}, heads={self.heads} is "
                f"{self.dim // self.heads} wide; write dim={self.heads * (self.dim // self.heads + 1)}"
            )
