"""Options of the heads: the classifiers that predict labels from a representation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nlpwb.options import Span, option

WEIGHTS = ("none", "balanced")
STRENGTHS = Span(0.01, 100, logarithmic=True)


@dataclass(frozen=True, kw_only=True)
class LogregConfig:
    """Logistic regression with an L2 penalty."""

    C: float | Literal["auto"] = option(
        1.0,
        help="inverse strength of the penalty; auto: chosen on a part of the training rows",
        low=1e-9,
        high=1e9,
        search=STRENGTHS,
    )
    class_weight: str | None = option(
        None, help="balanced: rare labels weigh more", choices=WEIGHTS
    )
    max_iter: int = option(1000, help="most steps of the solver", low=1, high=10**9)


@dataclass(frozen=True, kw_only=True)
class SvmConfig:
    """Linear support vector machine, squared hinge loss."""

    C: float | Literal["auto"] = option(
        1.0,
        help="inverse strength of the penalty; auto: chosen on a part of the training rows",
        low=1e-9,
        high=1e9,
        search=STRENGTHS,
    )
    class_weight: str | None = option(
        None, help="balanced: rare labels weigh more", choices=WEIGHTS
    )
    max_iter: int = option(5000, help="most steps of the solver", low=1, high=10**9)


@dataclass(frozen=True, kw_only=True)
class RidgeConfig:
    """Ridge classification: least squares on -1 and +1."""

    alpha: float | Literal["auto"] = option(
        1.0,
        help="strength of the penalty; auto: chosen on a part of the training rows",
        low=1e-9,
        high=1e9,
        search=STRENGTHS,
    )
    class_weight: str | None = option(
        None, help="balanced: rare labels weigh more", choices=WEIGHTS
    )


@dataclass(frozen=True, kw_only=True)
class NbConfig:
    """Naive Bayes on counts or weights that are not negative."""

    variant: str = option(
        "multinomial",
        help="complement estimates from the other labels, better when labels are unequal",
        choices=("multinomial", "complement"),
        search=("multinomial", "complement"),
    )
    alpha: float = option(
        1.0,
        help="smoothing added to each count",
        low=1e-10,
        search=Span(0.01, 3, logarithmic=True),
    )
    fit_prior: bool = option(True, help="weigh labels by their frequency")


@dataclass(frozen=True, kw_only=True)
class KnnConfig:
    """Votes of the nearest training documents."""

    k: int = option(
        5,
        help="neighbours that vote",
        low=1,
        search=Span(1, 50, logarithmic=True, whole=True),
    )
    metric: str = option("cosine", help="what near means", choices=("cosine", "euclidean"))
    weights: str = option(
        "uniform",
        help="how votes count",
        choices=("uniform", "distance"),
        search=("uniform", "distance"),
    )
