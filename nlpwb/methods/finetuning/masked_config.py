"""Options of an encoder that learns from text alone, by saying what was hidden in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from nlpwb.errors import UsageError
from nlpwb.methods.networks.config import TrainingConfig
from nlpwb.options import Span, option

LONGEST = 128
"""Tokens of a window where nothing else is said: BERT's own, for nine tenths of its training."""
OF_A_BASE = ("preset", "vocab_size", "lowercase", "dim", "layers", "heads", "feed_forward", "start")
"""Options that say what a base already is."""
NEIGHBOURS = "neighbours"
STARTS = (NEIGHBOURS, "plain")
"""How new weights begin: ``nlpwb/methods/finetuning/neighbours.py``."""


@dataclass(frozen=True, kw_only=True)
class MlmConfig(TrainingConfig):
    """An encoder of BERT's kind; from nothing, with a WordPiece of its own, or from weights that are there.

    An epoch is a pass over the training text, ``steps`` ends training sooner or later than ``epochs`` does.
    """

    settled: ClassVar[bool] = True
    """What ``auto`` stands for follows from the other options, and no row of the corpus has a say in it."""
    presets: ClassVar[dict[str, dict[str, str]]] = {
        "cpu": {
            "vocab_size": "4000",
            "dim": "128",
            "layers": "2",
            "heads": "2",
            "context": "64",
            "dropout": "0.0",
            "batch": "16",
            "epochs": "5",
        },
        "base": {
            "vocab_size": "30522",
            "dim": "768",
            "layers": "12",
            "heads": "12",
            "context": "512",
            "dropout": "0.1",
            "learning_rate": "0.0001",
            "batch": "256",
            "steps": "1000000",
            "warmup": "0.01",
        },
    }
    """cpu: a million weights, for some megabytes of text and some minutes; base: BERT-base's (Devlin et al. 2019)."""

    preset: str | None = option(
        None,
        help="other defaults: cpu (a million weights, minutes), base (BERT-base's shape, 110 million)",
        choices=("none", "cpu", "base"),
    )
    base: str | None = option(
        None,
        help="go on from these weights, with their tokens: minilm, a folder with a config.json, hub:owner/name",
    )
    vocab_size: int = option(
        8000, help="pieces of the WordPiece that is learned from the text, marks included", low=6
    )
    lowercase: bool = option(True, help="the WordPiece knows no capitals and no accents")
    dim: int = option(
        256, help="width: of a token's embedding and of what blocks pass on", low=1, high=16_384
    )
    layers: int = option(
        4, help="blocks of attention and feed-forward", low=1, high=1000, search=("2", "4", "6")
    )
    heads: int = option(4, help="attention heads; they share the width", low=1, high=1000)
    feed_forward: int | Literal["auto"] = option(
        "auto", help="width inside the feed-forward part; auto: four times dim", low=1, high=10**6
    )
    context: int | Literal["auto"] = option(
        "auto",
        help="tokens of a window, its two marks included; auto: 128, or what the base sees if that is less",
        low=4,
        high=10**6,
    )
    masked: float = option(
        0.15,
        help="share of the tokens that are to be said (Devlin et al. 2019: .15)",
        low=0.01,
        high=0.9,
        search=("0.15", "0.2", "0.3", "0.4"),
    )
    whole_word: bool = option(
        False, help="all pieces of a word are hidden together", search=("no", "yes")
    )
    dropout: float | Literal["auto"] = option(
        "auto",
        help="share of features and of attention weights set to zero in training; auto: .1, or the base's",
        low=0,
        high=0.99,
        search=Span(0, 0.2),
    )
    start: str = option(
        NEIGHBOURS,
        help="neighbours: heads that look at neighbours, words by frequency; plain: as BERT draws its weights",
        choices=STARTS,
    )
    batch: int = option(32, help="windows of a step", low=1, high=10**6)
    steps: int = option(
        0, help="steps of training in all; 0: as many as the epochs have", low=0, high=10**9
    )
    learning_rate: float | Literal["auto"] = option(  # type: ignore[assignment]
        "auto",
        help="the largest step; auto: 1e-3 up to a width of 256, 5e-4 up to 512, 1e-4 above; 5e-5 of a base",
        low=1e-9,
        high=100,
        search=Span(1e-4, 3e-3, logarithmic=True),
    )
    warmup: float = option(
        0.1, help="share of the steps in which the step size rises", low=0, high=1
    )
    tuning: float = option(
        0.05,
        help="share of the training text, its end, that is the tuning part; 256 kB of it at most",
        low=0.001,
        high=0.9,
    )

    @property
    def files(self) -> dict[str, str]:
        """The folder of the base, where there is one: what it holds decides the result."""
        if self.base is None:
            return {}
        from nlpwb.bases.finding import find_base

        return {"base": str(find_base(self.base).folder)}

    @property
    def wanted(self) -> str:
        """What the base should be, for the sentence that says that it cannot be read."""
        return "base=FOLDER with a config.json, base=minilm, or base=hub:owner/name"

    @property
    def inner(self) -> int:
        """Width inside the feed-forward part."""
        return 4 * self.dim if self.feed_forward == "auto" else int(self.feed_forward)

    def validate(self, method: str) -> None:
        """Heads share the width evenly; a base settles what it is; a batch is of windows.

        Raises:
            UsageError: heads cannot, or an option does nothing here.
        """
        for name in ("batch_tokens", "batch_documents"):
            if self._changed(name):
                raise UsageError(
                    f"{method}: {name} does nothing here; a batch is batch={self.batch} windows of context= tokens"
                )
        if self.base is not None:
            for name in OF_A_BASE:
                if self._changed(name):
                    raise UsageError(
                        f"{method}: {name}={getattr(self, name)} is settled by base={self.base}; leave one of them out"
                    )
        elif self.dim % self.heads:
            other = self.dim // self.heads * self.heads or self.heads
            raise UsageError(
                f"{method}: dim={self.dim} is no multiple of heads={self.heads}; write dim={other}"
            )

    def _changed(self, name: str) -> bool:
        return bool(getattr(self, name) != type(self).__dataclass_fields__[name].default)


def learning_rate_of(config: MlmConfig) -> float:
    """The step size of ``learning_rate=auto``: narrow networks bear larger steps than BERT-base's 1e-4.

    On somebody's weights 5e-5, as the field's programs have it (Gururangan et al. 2020 take 5e-4 and batches of 2,048).
    """
    if config.learning_rate != "auto":
        return float(config.learning_rate)
    if config.base is not None:
        return 5e-5
    if config.dim <= 256:
        return 1e-3
    return 5e-4 if config.dim <= 512 else 1e-4
