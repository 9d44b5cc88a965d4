"""One cell of a comparison without labels: one method, one training part, one seed. Fitted, asked, measured, kept.

An artifact of kind ``intrinsic`` holds ``known.npy`` int64 (n,), the numbers of the reference words that the method knows, and
``units.npy`` float16 (n, dim), their vectors at length 1. That of the whole training part (``full``) also holds
``standings.npy`` int64 (queries, 2), ``similarity-0.npy`` … float64 (pairs,) and ``analogies.npy`` int8 (questions,), and in its
facts what it cost. A method without word vectors has the standings alone.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.cache.store import Artifact, Cache, Key
from nlpwb.catalogue import load
from nlpwb.errors import MethodError
from nlpwb.specs import Spec
from nlpwb.workflows.cells import MemoryMeter
from nlpwb.workflows.classifier import fit_representation, warm_up
from nlpwb.workflows.intrinsic.halving import Unit, halves
from nlpwb.workflows.storage import folder_bytes, save_states

if TYPE_CHECKING:
    from nlpwb.methods.protocol import Matrix, Reducer, Representation
    from nlpwb.vectors.table import WordVectors

CELL_VERSION = (
    2  # 2: the vectors of reference words, not their neighbours; vectors that are no numbers fail
)
NEIGHBORS = 10
RESTRICT = 30_000
"""Analogies are asked among the most frequent words, as many as the published figures are."""


@dataclass(frozen=True)
class IntrinsicCell:
    """What a cell is, without the texts. ``rows`` and ``question`` are digests of what trains and of what is asked.

    ``part`` is ``train`` (everything is asked), ``seed`` (the same rows under another seed), ``half-a`` or ``half-b``.
    """

    spec: Spec
    part: str
    seed: int
    rows: str
    question: str

    @property
    def full(self) -> bool:
        """Whether everything is asked; otherwise words' vectors alone."""
        return self.part == "train"

    @property
    def key(self) -> Key:
        """The key of its artifact."""
        return Key(
            "intrinsic",
            {
                "version": CELL_VERSION,
                "spec": self.spec.identity(),
                "full": self.full,
                "rows": self.rows,
                "question": self.question,
                "seed": self.seed,
            },
        )

    def make(self, cache: Cache, documents: Material, *, threads: int) -> Artifact:
        """Its artifact, computed where the cache has none. Runs in a process of its own."""

        def write(folder: Path) -> Mapping[str, Any]:
            return _measure(self, documents, folder, threads=threads)

        return cache.get_or_make(self.key, write)


@dataclass(frozen=True)
class Material:
    """The texts of a cell, and what is asked of it; ``queries`` and ``held_out`` are empty where words' vectors alone are."""

    train: Sequence[str]
    queries: Sequence[str]
    held_out: Sequence[str]
    unit: Unit
    reference: Sequence[str]


@dataclass(frozen=True)
class _Model:
    """A representation with, perhaps, a reducer on top of it."""

    representation: Representation
    reducer: Reducer | None

    def transform(self, texts: Sequence[str], *, threads: int) -> Matrix:
        matrix = self.representation.transform(texts, threads=threads)
        return self.reducer.transform(matrix) if self.reducer is not None else matrix

    @property
    def dimensions(self) -> int:
        return (self.reducer or self.representation).dimensions

    @property
    def word_vectors(self) -> WordVectors | None:
        from nlpwb.vectors.table import WordVectors

        found = getattr(self.representation, "vectors", None)
        return found if isinstance(found, WordVectors) else None


def _measure(
    cell: IntrinsicCell, material: Material, folder: Path, *, threads: int
) -> Mapping[str, Any]:
    spec = cell.spec
    warm_up(spec)
    memory = MemoryMeter()
    started = time.perf_counter()
    model = _fit(spec, material.train, seed=cell.seed, threads=threads)
    fit_seconds = time.perf_counter() - started
    facts: dict[str, Any] = {
        "summary": f"{spec}, {cell.part}, seed {cell.seed}",
        "fit_seconds": fit_seconds,
        "threads": threads,
    }
    if cell.full:
        facts |= _retrieve(model, cell, material, folder, memory, threads=threads)
        facts["oov_rate"] = model.representation.unknown_tokens(material.held_out).share
    vectors = model.word_vectors
    facts["word_vectors"] = vectors is not None
    if vectors is not None:
        _keep_words(vectors, cell, material, folder)
        if cell.full:
            _ask_word_tests(vectors, folder)
    return facts


def _fit(spec: Spec, texts: Sequence[str], *, seed: int, threads: int) -> _Model:
    fitted = fit_representation(spec, texts, seed=seed, threads=threads)
    if spec.reducer is None:
        return _Model(fitted.representation, None)
    code = load(spec.reducer.entry.code)
    reducer, _ = code.fit(spec.reducer.config, fitted.matrix, seed=seed)
    return _Model(fitted.representation, reducer)


def _retrieve(
    model: _Model,
    cell: IntrinsicCell,
    material: Material,
    folder: Path,
    memory: MemoryMeter,
    *,
    threads: int,
) -> dict[str, Any]:
    """Ask for the other halves; returns what it cost.

    Raises:
        MethodError: a document's vector is infinite or no number.
    """
    import numpy as np

    from nlpwb.evaluation.retrieval import standings

    cut = [halves(text, material.unit) for text in material.queries]
    started = time.perf_counter()
    queries = model.transform([first for first, _ in cut], threads=threads)
    candidates = model.transform([second for _, second in cut], threads=threads)
    seconds = time.perf_counter() - started
    peak = memory.peak()
    for matrix in (queries, candidates):
        _check_numbers(matrix, cell.spec)
    np.save(folder / "standings.npy", standings(queries, candidates))
    parts = [part for part in (model.representation, model.reducer) if part is not None]
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        save_states(Path(scratch), [part.state() for part in parts])
        size = folder_bytes(Path(scratch))
    return {
        "transform_seconds": seconds,
        "documents": len(material.queries),
        "peak_bytes": peak,
        "model_bytes": size,
        "dimensions": model.dimensions,
    }


def _keep_words(
    vectors: WordVectors, cell: IntrinsicCell, material: Material, folder: Path
) -> None:
    """The vectors of the reference words that the method knows; a vector without a direction is none.

    Neighbours are sought when two trainings are compared, for only then is it known which words both have.
    """
    import numpy as np

    from nlpwb.vectors.drift import unit_vectors

    known = np.array(
        [place for place, word in enumerate(material.reference) if word in vectors.numbers],
        dtype=np.int64,
    )
    words = [material.reference[place] for place in known.tolist()]
    _check_numbers(vectors.vectors[[vectors.numbers[word] for word in words]], cell.spec)
    units = unit_vectors(vectors, words)
    there = units.any(axis=1)
    np.save(folder / "known.npy", known[there])
    np.save(folder / "units.npy", units[there].astype(np.float16))


def _check_numbers(matrix: Matrix, spec: Spec) -> None:
    """No figure can come of vectors that are infinite or no numbers.

    Raises:
        MethodError: these are.
    """
    import numpy as np
    import scipy.sparse as sp

    values: Any = matrix.data if sp.issparse(matrix) else matrix
    if np.isfinite(values).all():
        return
    trained = hasattr(spec.representation.config, "learning_rate")
    way = "lower learning_rate" if trained else "leave it out"
    raise MethodError(f"{spec} gave vectors that are not numbers; {way}")


def _ask_word_tests(vectors: WordVectors, folder: Path) -> None:
    import numpy as np

    from nlpwb.data.wordsets import builtin_analogies, builtin_similarity
    from nlpwb.vectors.analogies import solve_analogies
    from nlpwb.vectors.similarity import pair_cosines

    for number, similarity in enumerate(builtin_similarity()):
        cosines = pair_cosines(vectors, similarity.pairs, fold_case=True)
        np.save(folder / f"similarity-{number}.npy", cosines)
    answers = solve_analogies(
        vectors, builtin_analogies().questions, restrict=RESTRICT, method="3cosadd"
    )
    np.save(folder / "analogies.npy", answers)
