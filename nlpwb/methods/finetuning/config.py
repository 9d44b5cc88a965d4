"""Options of what begins with weights that somebody else trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nlpwb.options import option

POOLINGS = ("auto", "mean", "cls", "max", "last")


@dataclass(frozen=True, kw_only=True)
class BaseConfig:
    """Where the weights come from, and how much of a text they see."""

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
        help="what stands for a text: the mean, first, largest or last of its tokens' vectors; auto: as the base was made",
        choices=POOLINGS,
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
