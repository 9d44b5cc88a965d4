"""A fitted spec: representation, perhaps a reducer, and a head, joined to one thing that labels texts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nlpwb.catalogue import load
from nlpwb.errors import MethodError
from nlpwb.specs import Spec
from nlpwb.tasks import Task
from nlpwb.workflows.networks.conditions import Conditions
from nlpwb.workflows.targets import outputs_of, said_by, target_array

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nlpwb.methods.protocol import (
        Head,
        Matrix,
        Reducer,
        Representation,
        TextClassifier,
        Unknown,
    )
    from nlpwb.workflows.networks.classifier import NetworkClassifier


NETWORKS = "nlpwb.workflows.networks.fitting"
FINETUNING = "nlpwb.workflows.pretrained.finetuning"
"""What trains networks; torch comes with it."""


@dataclass(frozen=True)
class Fitted:
    """The training side of a classifier: what the representation gave, and how long it took, in seconds.

    Of a base ``matrix`` is what it read (``PretrainedTexts.read``), before anything was learned from labels.
    """

    representation: Representation
    matrix: Matrix
    seconds: float


@dataclass(frozen=True)
class Classifier:
    """Labels texts, or says a number of each.

    ``labels`` in the order of the score columns, none for numbers; ``always_one``: of sets, whether every training text had a
    label. Either ``network`` is there, or ``whole``, or ``representation`` and ``head``.
    """

    spec: Spec
    labels: tuple[str, ...]
    seed: int
    representation: Representation | None = None
    reducer: Reducer | None = None
    head: Head | None = None
    whole: TextClassifier | None = None
    network: NetworkClassifier | None = None
    task: Task = "classify"
    always_one: bool = False

    @property
    def pairs(self) -> bool:
        """Whether it reads pairs of texts (:mod:`nlpwb.text.pairs`)."""
        return self.network is not None and bool(getattr(self.network.model, "pairs", False))

    def scores(self, texts: Sequence[str], *, threads: int = 1) -> NDArray[np.float64]:
        """A score for each label, float64 (n, labels), or the number, (n, 1)."""
        if self.network is not None:
            return self.network.scores(texts, threads=threads)
        if self.whole is not None:
            return self.whole.scores(texts, threads=threads)
        assert self.head is not None
        return self.head.scores(self.vectors(texts, threads=threads))

    def said(self, scores: NDArray[np.float64]) -> NDArray[Any]:
        """What scores say: label numbers int32 (n,), sets bool (n, labels), or numbers float64 (n,)."""
        return said_by(
            self.task, scores, probabilistic=self.probabilistic, always_one=self.always_one
        )

    @property
    def has_vectors(self) -> bool:
        """Whether texts become vectors on their way to the scores."""
        return self.network is not None or self.representation is not None

    def vectors(self, texts: Sequence[str], *, threads: int = 1) -> Matrix:
        """What the head, or a network's last layer, sees, (n, dimensions)."""
        if self.network is not None:
            return self.network.features(texts, threads=threads)
        assert self.representation is not None
        matrix = self.representation.transform(texts, threads=threads)
        return self.reducer.transform(matrix) if self.reducer is not None else matrix

    @property
    def probabilistic(self) -> bool:
        """Whether the scores are probabilities."""
        if self.network is not None:
            return self.network.probabilistic
        judge = self.whole if self.whole is not None else self.head
        assert judge is not None
        return judge.probabilistic

    @property
    def dimensions(self) -> int | None:
        """Numbers a text becomes before the head; None where there is no such thing."""
        if self.network is not None:
            return self.network.dimensions
        if self.reducer is not None:
            return self.reducer.dimensions
        return self.representation.dimensions if self.representation is not None else None

    def unknown_tokens(self, texts: Sequence[str]) -> Unknown:
        """The texts' tokens that the representation, or the network, does not know."""
        from nlpwb.methods.protocol import Unknown

        knows = self.network or self.representation
        return knows.unknown_tokens(texts) if knows is not None else Unknown()

    def spared_seconds(self) -> float:
        """What was found in the cache while it worked, as the seconds that it once took, since this was last asked."""
        if self.spec.representation.entry.based and self.representation is not None:
            return float(self.representation.spared_seconds())  # type: ignore[attr-defined]
        return 0.0

    def parts(self) -> list[Any]:
        """The fitted parts, in the order of ``spec.parts``."""
        if self.network is not None:
            return [self.network]
        if self.whole is not None:
            return [self.whole]
        return [part for part in (self.representation, self.reducer, self.head) if part is not None]

    def chosen(self) -> dict[str, float]:
        """Options that ``auto`` left to the training rows, with the value taken."""
        value = getattr(self.head, "chosen", None)
        if value is None:
            return {}
        return {"alpha" if self.spec.head and self.spec.head.name == "ridge" else "C": value}


def _shares(numbers: Sequence[float]) -> str:
    return " ".join(f"{number:.2f}".removeprefix("0") for number in numbers)


def warm_up(spec: Spec) -> None:
    """Import all that a spec needs, so that no measured second is spent on importing."""
    import importlib

    for part in spec.parts:
        for module in part.loads:
            importlib.import_module(module)
        load(part.entry.code)
        if part.entry.network:
            importlib.import_module(FINETUNING if part.entry.based else NETWORKS)


def fit_representation(
    spec: Spec,
    texts: Sequence[str],
    *,
    seed: int,
    threads: int,
    conditions: Conditions | None = None,
) -> Fitted:
    """Fit the first part of a spec on training texts; what a base makes of them is kept in the cache of ``conditions``."""
    part = spec.representation
    started = time.perf_counter()
    if part.entry.based and conditions is not None:
        from nlpwb.workflows.pretrained.representation import PretrainedTexts, check_texts

        check_texts(texts)
        opened = PretrainedTexts.open(part.config, cache=conditions.cache)
        matrix = opened.read(texts, threads=threads)
        return Fitted(opened, matrix, time.perf_counter() - started)
    representation, matrix = load(part.entry.code).fit(
        part.config, texts, seed=seed, threads=threads
    )
    return Fitted(representation, matrix, time.perf_counter() - started)


def fit_classifier(
    spec: Spec,
    texts: Sequence[str],
    targets: Sequence[str],
    *,
    labels: Sequence[str],
    seed: int,
    threads: int,
    fitted: Fitted | None = None,
    conditions: Conditions | None = None,
    task: Task = "classify",
    pairs: bool = False,
) -> Classifier:
    """Fit a spec on training texts and what their label cells say (:func:`nlpwb.workflows.targets.target_array`).

    ``labels`` are all that may be predicted, none for numbers; ``fitted`` is a representation fitted on these texts before;
    ``conditions`` are those under which a network trains. ``pairs``: every text is two (:mod:`nlpwb.text.pairs`); a base reads
    them so, all else one after the other.

    Raises:
        MethodError: a label has no text, or a part cannot be fitted on these.
    """
    import numpy as np

    y = target_array(task, targets, labels)
    always_one = task == "multilabel" and bool(y.any(axis=1).all())
    missing = [
        label
        for number, label in enumerate(labels)
        if task == "classify" and not np.any(y == number)
    ]
    if missing:
        raise MethodError(
            f"the {len(texts):,} training documents hold none with the label {missing[0]!r}; "
            "train on more of them"
        )
    first = spec.representation
    if first.entry.network and first.entry.based:
        from nlpwb.workflows.pretrained.choosing import finetune

        tuned = finetune(
            first,
            texts,
            y,
            task=task,
            labels=labels,
            outputs=outputs_of(task, labels),
            seed=seed,
            threads=threads,
            conditions=conditions or Conditions(),
            pairs=pairs,
        )
        return Classifier(
            spec, tuple(labels), seed, network=tuned, task=task, always_one=always_one
        )
    if first.entry.network:
        from nlpwb.workflows.networks.fitting import fit_network

        network = fit_network(
            first,
            texts,
            y,
            task=task,
            outputs=outputs_of(task, labels),
            seed=seed,
            threads=threads,
            conditions=conditions or Conditions(),
        )
        return Classifier(
            spec, tuple(labels), seed, network=network, task=task, always_one=always_one
        )
    if not first.entry.needs_head:
        whole = load(first.entry.code).fit(
            first.config,
            texts,
            y,
            labels=outputs_of(task, labels),
            seed=seed,
            threads=threads,
            task=task,
        )
        return Classifier(spec, tuple(labels), seed, whole=whole, task=task, always_one=always_one)
    if fitted is None:
        fitted = fit_representation(spec, texts, seed=seed, threads=threads, conditions=conditions)
    matrix, reducer = fitted.matrix, None
    if first.entry.based:
        from nlpwb.workflows.pretrained.representation import PretrainedTexts

        assert isinstance(fitted.representation, PretrainedTexts)
        matrix = fitted.representation.settle(
            fitted.matrix,  # type: ignore[arg-type]
            y,
            task=task,
            outputs=outputs_of(task, labels),
        )
        weights = fitted.representation.weights
        if weights is not None and conditions is not None:
            conditions.note(f"weights of layers, the lowest first: {_shares(weights.tolist())}")
    if spec.reducer is not None:
        reducer, matrix = load(spec.reducer.entry.code).fit(spec.reducer.config, matrix, seed=seed)
    assert spec.head is not None
    head = load(spec.head.entry.code).fit(
        spec.head.config, matrix, y, labels=outputs_of(task, labels), seed=seed, task=task
    )
    return Classifier(
        spec,
        tuple(labels),
        seed,
        representation=fitted.representation,
        reducer=reducer,
        head=head,
        task=task,
        always_one=always_one,
    )
