"""Options of what begins with weights that somebody else trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from nlpwb.errors import UsageError, nearest
from nlpwb.methods.networks.config import SCHEDULES, TrainingConfig
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
        help="of a text's tokens; weighted: means of all layers, by learned weights; auto: the base's own",
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


STRATEGIES = ("full", "frozen", "layers", "bitfit", "lora", "contrastive", "gradual")
OWN_STRATEGIES = ("full", "gradual")
"""What can be done with a language model of ours as the base."""
OWN_MAX_TOKENS, OWN_BATCH_TOKENS = 400, 16_384
"""``max_tokens`` and ``batch_tokens`` of such a base by default."""
OF_CONCAT = ("hidden", "drop_mult", "bptt")
"""Options of the head of gradual, which ``full`` has, too, on a language model of ours."""
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
    "gradual": ("decay", "thaw", "unlabelled", "lm_epochs", "lm_rate"),
}
"""Options that mean something with one strategy alone."""
WITHOUT = {
    "contrastive": ("head_rate", "label_smoothing", "patience", "tuning"),
    "gradual": ("pooling",),  # its head sees the last, the largest and the mean of the tokens
}
"""Options that mean nothing with a strategy."""


@dataclass(frozen=True, kw_only=True)
class FinetuneConfig(BaseConfig, TrainingConfig):
    """Weights that somebody else trained go on learning, all of them or some; a new last layer learns from nothing."""

    strategy: str = option(
        "full",
        help="what learns beside the last layer; contrastive: all, from pairs; gradual: all, by and by",
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
    decay: float = option(
        2.6,
        help="each block learns so many times slower than the one above it (strategy=gradual)",
        low=1,
        high=100,
    )
    thaw: int = option(
        1,
        help="epochs after which the next block begins to learn, from the last one down (strategy=gradual)",
        low=1,
        high=1000,
    )
    hidden: int = option(
        50, help="width of the layer before the last one (strategy=gradual)", low=1, high=16_384
    )
    unlabelled: str | None = option(
        None,
        help="file with more texts of the kind; a language model of ours is tuned on all (strategy=gradual)",
    )
    lm_epochs: int | Literal["auto"] = option(
        "auto",
        help="passes over them; auto: 15, fewer beyond 130,000 tokens; 0: it is taken as it is (strategy=gradual)",
        low=0,
        high=10_000,
    )
    lm_rate: float = option(
        4e-3,
        help="the largest step size meanwhile (strategy=gradual)",
        low=1e-9,
        high=100,
    )
    bptt: int = option(
        70,
        help="tokens through which a gradient goes back in a recurrent language model; states go on",
        low=1,
        high=10**6,
    )
    drop_mult: float = option(
        0.3,
        help="times the paper's dropout: 0.4, 0.1 in the head; LSTMs 0.4, 0.5 of states (strategy=gradual)",
        low=0,
        high=2,
    )
    pooling: str = option(
        "auto",
        help="what the last layer sees of a text's tokens; auto: what the base's family has there",
        choices=POOLINGS,
        search=("auto", "mean", "cls"),
    )
    epochs: int | Literal["auto"] = option(  # type: ignore[assignment]
        "auto",
        help="passes, at most; auto: 3, gradual 5, a last layer alone 30, language models of ours 15",
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
    batch_tokens: int = option(
        2048,
        help="tokens of a batch, padding included; 16,384 where the base is a language model of ours",
        low=1,
        high=10**8,
    )
    batch_documents: int = option(32, help="documents of a batch, at most", low=1, high=10**6)
    schedule: str = option(
        "auto",
        help="course of the step size; auto: linear, with strategy=gradual slanted, anew whenever a block begins",
        choices=("auto", *SCHEDULES),
    )
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
    def files(self) -> dict[str, str]:
        """The folder of the base and the texts without labels: what they hold decides the result.

        Raises:
            UsageError: options that do nothing with such a base.
        """
        from nlpwb.bases.finding import own_folder

        self.check_here()
        own = own_folder(self.base)
        named = {"base": str(own)} if own is not None else super().files
        if self.unlabelled is not None:
            named["unlabelled"] = self.unlabelled
        return named

    @property
    def wanted(self) -> str:
        """What the files should be, for the sentence that says that one cannot be read."""
        return f"{super().wanted}, or the folder of a language model; unlabelled= the name of a file with texts"

    def check_here(self) -> None:
        """Refuse what has no meaning for the base that stands where ``base`` says.

        Raises:
            UsageError: the sentence names it.
        """
        from nlpwb.bases.finding import own_folder

        self.check_base(own=own_folder(self.base) is not None)

    def check_base(self, *, own: bool) -> None:
        """Refuse what has no meaning for a base that is a language model of ours, or that is none.

        Raises:
            UsageError: the sentence names it.
        """
        if own and self.strategy not in OWN_STRATEGIES:
            raise UsageError(
                f"finetune: strategy={self.strategy} is for checkpoints of transformers, and {self.base} is of nlpwb train; "
                f"write strategy={' or '.join(OWN_STRATEGIES)}"
            )
        if own and self.pooling != "auto":
            raise UsageError(
                f"finetune: pooling={self.pooling} does nothing where {self.base} is a language model: its head sees the last, "
                "the largest and the mean of the tokens; leave it out"
            )
        going_on = (
            f"leave it out; `nlpwb finetune {self.base} TEXT --task lm` lets its own training go on"
        )
        ways = dict.fromkeys(("unlabelled", "lm_epochs", "lm_rate"), going_on)
        ways["bptt"] = "leave it out"
        if self.strategy != "gradual":
            ways |= dict.fromkeys(
                ("hidden", "drop_mult"), "leave it out, or write strategy=gradual"
            )
        for name, way in () if own else ways.items():
            if self.changes(name):
                raise UsageError(
                    f"finetune: {name}={show(getattr(self, name))} concerns language models of nlpwb train, and "
                    f"base={self.base} is a checkpoint of the field's; {way}"
                )

    @property
    def widened(self) -> tuple[str, ...]:
        """The names in ``targets``."""
        return TARGETS if self.targets == ALL else tuple(self.targets.split("|"))

    def changes(self, name: str) -> bool:
        """Whether an option is not what it is by default."""
        return bool(getattr(self, name) != type(self).__dataclass_fields__[name].default)

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
        if self.unlabelled is not None and self.lm_epochs == 0:
            raise UsageError(
                f"{method}: unlabelled={self.unlabelled} does nothing with lm_epochs=0; leave one of them out"
            )
        for owner, names in OWNED.items():
            for name in names if self.strategy != owner else ():
                self._refuse(method, name, f"write strategy={owner}, or leave it out")
        if self.strategy not in OWN_STRATEGIES:  # check_base knows whether full has such a head
            for name in OF_CONCAT:
                self._refuse(method, name, "write strategy=gradual, or leave it out")
        for name in WITHOUT.get(self.strategy, ()):
            self._refuse(method, name, "leave it out")
        for loss, name in {"cosine": "margin", "company": "temperature"}.items():
            if self.loss != loss:
                self._refuse(method, name, f"it belongs to loss={loss}, of strategy=contrastive")

    def _refuse(self, method: str, name: str, way: str) -> None:
        if self.changes(name):
            raise UsageError(
                f"{method}: {name}={show(getattr(self, name))} does nothing with strategy={self.strategy}; {way}"
            )
