"""What a comparison without labels is asked, and the cells that this comes to."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from nlpwb.catalogue import CATALOGUE, DEFAULT_HEAD
from nlpwb.errors import UsageError
from nlpwb.specs import Spec
from nlpwb.workflows.design import Design
from nlpwb.workflows.intrinsic.cells import IntrinsicCell
from nlpwb.workflows.intrinsic.plan import IntrinsicPlan

_WANTED = ("skipgram", "cbow", "fasttext", "glove", "ppmi", "tfidf", "tfidf+lsa")
PRESET = tuple(spec for spec in _WANTED if spec.partition("+")[0] in CATALOGUE)
"""What is compared where no method is named: every trainer of word vectors, and what documents have without one."""
_DOCUMENTS_ALONE = frozenset({"doc2vec"})
"""Embeddings that are made of documents: their words have no vectors to be judged by."""


@dataclass(frozen=True)
class IntrinsicRequest:
    """What a comparison without labels is asked; of the design its source, held-out share and seed count."""

    design: Design
    specs: tuple[Spec, ...]
    jobs: int = 1
    threads: int = 1
    method_timeout: float | None = None


@dataclass(frozen=True)
class IntrinsicRow:
    """A method with its cells; those but ``train`` are of methods with word vectors alone."""

    spec: Spec
    train: IntrinsicCell
    seed: IntrinsicCell | None = None
    half_a: IntrinsicCell | None = None
    half_b: IntrinsicCell | None = None

    @property
    def cells(self) -> list[IntrinsicCell]:
        """The cells that there are."""
        found = (self.train, self.seed, self.half_a, self.half_b)
        return [cell for cell in found if cell is not None]


def representations(specs: Sequence[Spec], *, reason: str, way: str = "") -> list[Spec]:
    """Specs without the heads that nobody named; two that then are the same are one.

    Raises:
        UsageError: one has a head, or is a method that predicts labels by itself; ``reason`` begins the sentence,
            and ``way`` is another way out.
    """
    found: dict[str, Spec] = {}
    for spec in specs:
        if not spec.representation.entry.needs_head:
            raise UsageError(
                f"{reason}, and {spec} does nothing but predict them; {way}leave it out"
            )
        if spec.head is not None and str(spec.head) != DEFAULT_HEAD:
            plain = dataclasses.replace(spec, head=None)
            raise UsageError(f"{reason}, so +{spec.head} has none to predict; {way}write {plain}")
        plain = dataclasses.replace(spec, head=None)
        found.setdefault(str(plain), plain)
    return list(found.values())


def has_word_vectors(spec: Spec) -> bool:
    """Whether a method has a vector for each word, and so can be asked about words."""
    part = spec.representation
    return part.entry.family == "embeddings" and part.name not in _DOCUMENTS_ALONE


def method_rows(request: IntrinsicRequest, plan: IntrinsicPlan) -> list[IntrinsicRow]:
    """Every method with its cells."""
    seed = request.design.seed

    def cell(spec: Spec, part: str, rows: str, seed: int) -> IntrinsicCell:
        return IntrinsicCell(spec, part, seed, plan.digests[rows], plan.digests["question"])

    rows = []
    for spec in request.specs:
        train = cell(spec, "train", "train", seed)
        if not has_word_vectors(spec):
            rows.append(IntrinsicRow(spec, train))
            continue
        fixed = spec.representation.deterministic
        rows.append(
            IntrinsicRow(
                spec,
                train,
                None if fixed else cell(spec, "seed", "train", seed + 1),
                cell(spec, "half-a", "half-a", seed),
                cell(spec, "half-b", "half-b", seed),
            )
        )
    return rows
