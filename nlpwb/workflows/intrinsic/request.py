"""What a comparison without labels is asked, and the cells that this comes to."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

from nlpwb.catalogue import CATALOGUE, DEFAULT_HEAD
from nlpwb.errors import UsageError
from nlpwb.specs import Spec, parse_specs
from nlpwb.workflows.design import Design
from nlpwb.workflows.intrinsic.cells import IntrinsicCell
from nlpwb.workflows.intrinsic.plan import IntrinsicPlan

_WANTED = ("skipgram", "cbow", "fasttext", "glove", "ppmi", "tfidf", "tfidf+lsa")
PRESET = tuple(spec for spec in _WANTED if spec.partition("+")[0] in CATALOGUE)
"""What is compared where no method is named: every trainer of word vectors, and what documents have without one."""
_DOCUMENTS_ALONE = frozenset({"doc2vec"})
"""Embeddings that are made of documents: their words have no vectors to be judged by."""
_TRAINED_ELSEWHERE = frozenset({"vectors"})
"""Word vectors that no training on this corpus changes: there is nothing to repeat."""
_COUNTED = frozenset({"ppmi"})
"""Word vectors that have no more dimensions than there are words."""


@dataclass(frozen=True)
class IntrinsicRequest:
    """What a comparison without labels is asked; of the design its source, held-out share and seed count.

    ``preset``: nobody named these methods, so one that cannot be fitted on so small a corpus is left out.
    """

    design: Design
    specs: tuple[Spec, ...]
    jobs: int = 1
    threads: int = 1
    method_timeout: float | None = None
    preset: bool = False


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


def representations(texts: Iterable[str], *, reason: str, way: str = "") -> list[Spec]:
    """The specs that were typed, the same kept once, without the head that a spec has where none is named.

    Raises:
        UsageError: a spec has no meaning, names a head, or is a method that does nothing but predict labels; ``reason`` begins
            the sentence of the last two, and ``way`` is another way out.
    """
    texts = list(texts)
    for text in texts:
        head = text.rpartition("+")[2].partition(":")[0].strip()
        if "+" in text and head == DEFAULT_HEAD:  # a spec does not tell it from none
            raise UsageError(_refused(text.rpartition("+")[0], head, reason, way))
    found: dict[str, Spec] = {}
    for spec in parse_specs(texts):
        if not spec.representation.entry.needs_head:
            raise UsageError(
                f"{reason}, and {spec} does nothing but predict them; {way}leave it out"
            )
        plain = dataclasses.replace(spec, head=None)
        named = spec.head is not None and not spec.usual_head
        if named and str(spec.head) != DEFAULT_HEAD:
            raise UsageError(_refused(str(plain), str(spec.head), reason, way))
        found.setdefault(str(plain), plain)
    return list(found.values())


def _refused(plain: str, head: str, reason: str, way: str) -> str:
    return f"{reason}, so +{head} has none to predict; {way}write {plain}"


def has_word_vectors(spec: Spec) -> bool:
    """Whether a method has a vector for each word, and so can be asked about words."""
    part = spec.representation
    return part.entry.family == "embeddings" and part.name not in _DOCUMENTS_ALONE


def is_trained(spec: Spec) -> bool:
    """Whether its word vectors come from the texts of this corpus."""
    return spec.representation.name not in _TRAINED_ELSEWHERE


def left_out(spec: Spec, plan: IntrinsicPlan) -> str | None:
    """Why a method of the preset is not compared on so small a corpus; None where it is.

    A reducer needs as many training documents as it has dimensions, and counting needs as many words, in each half too: those
    that stand twice in both halves are a lower bound of what either half has.
    """
    if spec.reducer is not None and spec.reducer.config.dim > plan.train_rows:
        return f"it needs more than {plan.train_rows:,} training documents"
    if spec.representation.name in _COUNTED and (
        spec.representation.config.dim > plan.reference_words
    ):
        return (
            f"its {spec.representation.config.dim:,} dimensions are more than the {plan.reference_words:,} words "
            "that stand often enough in both halves of the training documents"
        )
    return None


def method_rows(request: IntrinsicRequest, plan: IntrinsicPlan) -> list[IntrinsicRow]:
    """Every method with its cells."""
    seed = request.design.seed

    def cell(spec: Spec, part: str, rows: str, seed: int) -> IntrinsicCell:
        return IntrinsicCell(spec, part, seed, plan.digests[rows], plan.digests["question"])

    rows = []
    for spec in request.specs:
        if request.preset and left_out(spec, plan) is not None:
            continue
        train = cell(spec, "train", "train", seed)
        if not has_word_vectors(spec) or not is_trained(spec):
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
