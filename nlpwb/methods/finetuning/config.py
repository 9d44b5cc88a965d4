"""Options of what begins with weights that somebody else trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from nlpwb.errors import UsageError, nearest
from nlpwb.methods.networks.config import TrainingConfig
from nlpwb.options import Span, option, show

POOLINGS = ("auto", "mean", "cls", "max", "last")
WEIGHTED = "weighted"


@dataclass(frozen=True, kw_only=True)
class BaseConfig:
    """Where the weights come from, and how much of a text they see."""

    settled: ClassVar[bool] = True
    """What ``auto`` stands for is written in the base, and no row of the corpus has a say in it."""

    base: str = option(
        "minilm",
        help="minilm, a folder with a config.json, or hub:owner/name[@revision] (`nlpwb bases`)",
    )
    max_tokens: int | Literal["auto"] = option(
        "auto",
        help="longer texts are cut there, marks included; auto: what the base was made for",
        low=3,
        high=10**6,
    )

    @property
    def files(self) -> dict[str, str]:
        """The folder of the base: what it holds decides the result."""
        from nlpwb.bases.finding import find_base

        return {"base": str(find_base(self.base).folder)}

    @property
    def wanted(self) -> str:
        """What the base should be, for the sentence that says that it cannot be read."""
        return "base=minilm, a folder with a config.json, or hub:owner/name"


@dataclass(frozen=True, kw_only=True)
class PretrainedConfig(BaseConfig):
    """A vector for each text from a network as it is; only the head learns."""

    pooling: str = option(
        "auto",
        help="of tokens: mean, first, largest, last; weighted: means of all layers, by learned weights; auto: the base's own",
        choices=(*POOLINGS, WEIGHTED),
        search=("mean", "cls", "max"),
    )
    layers: int = option(
        1,
        help="last blocks whose vectors are averaged (4: the features of Devlin et al. 2019)",
        low=1,
        high=1000,
        search=("1", "2", "4"),
    )
    normalize: str = option(
        "auto",
        help="make every vector's length 1; auto: as the base was made",
        choices=("auto", "yes", "no"),
    )
    precision: str = option(
        "auto",
        help="numbers it computes in; auto: bf16 where the machine has units for it",
        choices=("auto", "float32", "bf16"),
    )

    def validate(self, method: str) -> None:
        """Refuse a number of layers where all are weighted.

        Raises:
            UsageError: the sentence names both.
        """
        if self.pooling == WEIGHTED and self.layers != 1:
            raise UsageError(
                f"{method}: layers={self.layers} does nothing with pooling={WEIGHTED}, which takes all of them; leave it out"
            )


STRATEGIES = ("full", "frozen", "layers", "bitfit", "lora", "contrastive")
TARGETS = ("query", "key", "value", "output", "inner", "back")
"""Matrices of a block that ``lora`` can widen: of attention, and the two of the feed-forward part."""
ALL = "all"
"""All of them: what it takes to reach what full training reaches (Dettmers et al. 2023, section 4, figure 2)."""
LOSSES = ("cosine", "company")
"""What ``contrastive`` learns from: ``nlpwb/training/contrasts.py``."""
OWNED = {
    "lora": ("rank", "alpha", "targets"),
    "layers": ("layers",),
    "contrastive": ("iterations", "loss", "margin", "temperature", "C"),
}
"""Options that mean something with one strategy alone."""
WITHOUT = {"contrastive": ("head_rate", "label_smoothing", "patience", "tuning")}
"""Options that mean nothing with a strategy."""


@dataclass(frozen=True, kw_only=True)
class FinetuneConfig(BaseConfig, TrainingConfig):
    """Weights that somebody else trained go on learning, all of them or some; a new last layer learns from nothing."""

    strategy: str = option(
        "full",
        help="what learns beside the last layer; contrastive: all of it, from pairs of texts",
        choices=STRATEGIES,
        search=("full", "lora"),
    )
    layers: int = option(
        2, help="blocks that learn, the last ones (strategy=layers)", low=1, high=1000
    )
    rank: int = option(8, help="of the additions (strategy=lora)", low=1, high=4096)
    alpha: float = option(
        16.0, help="they are scaled by alpha / rank (strategy=lora)", low=1e-6, high=1e6
    )
    targets: str = option(
        ALL,
        help="matrices that get them (strategy=lora), of query|key|value|output|inner|back; all: each of these",
    )
    iterations: int | Literal["auto"] = option(
        "auto",
        help="pairs of each kind for every text (strategy=contrastive); auto: 20, fewer of many texts",
        low=1,
        high=10_000,
    )
    loss: str = option(
        "cosine",
        help="cosine: of drawn pairs, to 1 or 0; company: among all texts of a batch (strategy=contrastive)",
        choices=LOSSES,
    )
    margin: float | None = option(
        None,
        help="cosine up to which other labels cost nothing; none: they go to 0 (strategy=contrastive)",
        low=-1,
        high=1,
    )
    temperature: float = option(
        0.1, help="of loss=company (strategy=contrastive)", low=1e-3, high=100
    )
    C: float | Literal["auto"] = option(
        1.0,
        help="inverse strength of the penalty of the last layer (strategy=contrastive)",
        low=1e-9,
        high=1e9,
    )
    pooling: str = option(
        "auto",
        help="what the last layer sees of a text's tokens; auto: what the base's family has there",
        choices=POOLINGS,
        search=("auto", "mean", "cls"),
    )
    epochs: int | Literal["auto"] = option(  # type: ignore[assignment]
        "auto",
        help="passes over the training documents, at most; auto: 3, of a last layer alone 30",
        low=1,
        high=10_000,
    )
    learning_rate: float | Literal["auto"] = option(  # type: ignore[assignment]
        "auto",
        help="the largest step size; auto: by strategy and by the width of the base",
        low=1e-9,
        high=100,
        search=Span(1e-5, 3e-4, logarithmic=True),
    )
    head_rate: float = option(
        1.0, help="the new last layer learns so many times as fast", low=1e-3, high=1e4
    )
    batch_tokens: int = option(2048, help="tokens of a batch, padding included", low=1, high=10**8)
    batch_documents: int = option(32, help="documents of a batch, at most", low=1, high=10**6)
    warmup: float = option(
        0.1, help="share of the steps in which the step size rises", low=0, high=1
    )
    patience: int = option(
        0,
        help="epochs without gain on the tuning part after which training ends; 0: no tuning part",
        low=0,
        high=10_000,
    )
    class_weight: str | None = option(
        None, help="balanced: a rare label counts more", choices=("none", "balanced")
    )
    label_smoothing: float = option(
        0.0, help="share of the truth that is dealt to all labels", low=0, high=0.99
    )

    @property
    def widened(self) -> tuple[str, ...]:
        """The names in ``targets``."""
        return TARGETS if self.targets == ALL else tuple(self.targets.split("|"))

    def validate(self, method: str) -> None:
        """Refuse targets that match nothing, and options of another strategy.

        Raises:
            UsageError: the sentence names them.
        """
        for name in self.widened:
            if name not in TARGETS:
                raise UsageError(
                    f"{method}: targets={self.targets}: {nearest(name, TARGETS)} (known: {'|'.join(TARGETS)})"
                )
        for owner, names in OWNED.items():
            for name in names if self.strategy != owner else ():
                self._refuse(method, name, f"write strategy={owner}, or leave it out")
        for name in WITHOUT.get(self.strategy, ()):
            self._refuse(method, name, "leave it out")
        for loss, name in {"cosine": "margin", "company": "temperature"}.items():
            if self.loss != loss:
                self._refuse(method, name, f"it belongs to loss={loss}, of strategy=contrastive")

    def _refuse(self, method: str, name: str, way: str) -> None:
        if getattr(self, name) != type(self).__dataclass_fields__[name].default:
            raise UsageError(
                f"{method}: {name}={show(getattr(self, name))} does nothing with strategy={self.strategy}; {way}"
            )
