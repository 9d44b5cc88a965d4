"""Word vectors judged: by what people say of pairs of words, by analogy questions, and by the shape of their table."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np  # noqa: TID253  only functions import this module

from nlpwb.data.wordsets import (
    AnalogySet,
    SimilaritySet,
    analogy_set,
    builtin_analogies,
    builtin_similarity,
    similarity_set,
)
from nlpwb.errors import InputError, UsageError, nearest
from nlpwb.vectors.analogies import METHODS, UNKNOWN, solve_analogies
from nlpwb.vectors.files import read_vectors
from nlpwb.vectors.geometry import Geometry, geometry
from nlpwb.vectors.similarity import pair_cosines
from nlpwb.vectors.table import WordVectors
from nlpwb.workflows.words.verdicts import (
    WHOLE,
    WordPair,
    WordScore,
    judge_analogies,
    judge_similarity,
)

RESTRICT = 30_000
"""Words among which analogies are answered, unless told otherwise."""


@dataclass(frozen=True)
class JudgedFile:
    """A file of word vectors that was judged; its geometry, if any, is that of its first words (the most frequent in most)."""

    vectors: str
    words: int
    dimensions: int
    geometry: Geometry | None


@dataclass(frozen=True)
class WordEvaluation:
    """What was found of one file or several.

    ``analogy_words`` and ``similarity_words`` are how many words of a file take part, None for all; ``method`` is how analogies
    are answered. ``scores`` are in the order of the sets, each best file first.
    """

    files: list[JudgedFile]
    scores: list[WordScore]
    pairs: list[WordPair]
    method: str
    analogy_words: int | None
    similarity_words: int | None
    subwords: bool
    seed: int

    def document(self) -> dict[str, Any]:
        """As JSON prints it."""
        return dataclasses.asdict(self)

    def best(self, title: str) -> WordScore:
        """The score of the best file on a whole set."""
        return next(row for row in self.scores if row.set == title and row.part == WHOLE)


def evaluate(
    paths: Sequence[Path],
    *,
    similarity: Sequence[str] = (),
    analogies: Sequence[str] = (),
    only: Sequence[str] = (),
    sections: bool = False,
    restrict: int | None = None,
    method: str = METHODS[0],
    subwords: bool = False,
    geometry_words: int = 0,
    geometry_asked: bool = False,
    seed: int = 0,
    gates: Sequence[str] = (),
    note: Callable[[str], object] = lambda _: None,
) -> WordEvaluation:
    """Judge files of word vectors by sets of words: the built-in ones where none is named.

    ``similarity`` and ``analogies`` are files or built-in names; ``only`` names the sections of analogies that count.
    ``restrict`` leaves the first so many words of each file (0: all); unless given, analogies are answered among the first
    :data:`RESTRICT` and similarity knows all words. ``subwords`` gives words without a vector that of their n-grams, in
    similarity alone. ``geometry_words`` are looked at for geometry, 0 for none; if that was ``geometry_asked`` for, it is told
    of files that cover no word of any set, too. ``gates`` are names of sets that the caller will ask for: a wrong one is
    refused before any work is done.

    Raises:
        UsageError: an unknown section or gate, a set named twice.
        InputError: a file cannot be read; no file covers a word of any set, and geometry was not asked for.
    """
    pair_sets, question_sets = _chosen(similarity, analogies)
    question_sets = [_only(questions, only) for questions in question_sets]
    titles = [pairs.name for pairs in pair_sets] + [asked.name for asked in question_sets]
    twice = next((title for title in titles if titles.count(title) > 1), None)
    if twice is not None:
        raise UsageError(f"two sets are called {twice}; name each once, or rename a file")
    for title in gates:
        if title not in titles:
            raise UsageError(
                f"--fail-under {title}: no such set is judged; {nearest(title, titles)}"
            )
    among = RESTRICT if restrict is None else restrict or None
    known = restrict or None
    heads: list[WordVectors] = []
    sizes: list[int] = []
    cosines: list[list[Any]] = [[] for _ in pair_sets]
    answers: list[list[Any]] = [[] for _ in question_sets]
    for path in paths:
        vectors = read_vectors(path)
        note(f"{path}: {len(vectors):,} words × {vectors.dimensions}")
        for found, pairs in zip(cosines, pair_sets, strict=True):
            found.append(
                pair_cosines(
                    vectors, pairs.pairs, fold_case=True, restrict=known, subwords=subwords
                )
            )
        for solved, questions in zip(answers, question_sets, strict=True):
            solved.append(
                solve_analogies(
                    vectors, questions.questions, restrict=among, method=_method(method)
                )
            )
        # What geometry needs, and no more of several large files at once.
        first = np.array(vectors.vectors[:geometry_words])
        heads.append(WordVectors(vectors.words[:geometry_words], first))
        sizes.append(len(vectors))
    names = [str(path) for path in paths]
    if not any(np.isfinite(found).any() for rows in cosines for found in rows) and not any(
        (solved != UNKNOWN).any() for rows in answers for solved in rows
    ):
        them = f"{names[0]} has no" if len(names) == 1 else "none of the files has a"
        said = f"{them} vector for any word of {_listed(titles)}"
        if not geometry_asked or not geometry_words:
            raise InputError(
                f"{said}; --similarity FILE takes a set in the language of the vectors"
            )
        note(f"{said}; the shape of the table is all that can be told")
    shapes = [geometry(head, words=geometry_words) if geometry_words else None for head in heads]
    files = [
        JudgedFile(name, size, head.dimensions, shape)
        for name, size, head, shape in zip(names, sizes, heads, shapes, strict=True)
    ]
    scores: list[WordScore] = []
    compared: list[WordPair] = []
    for found, pairs in zip(cosines, pair_sets, strict=True):
        rows, tests = judge_similarity(names, np.stack(found), pairs, seed=seed)
        scores, compared = scores + rows, compared + tests
    for solved, questions in zip(answers, question_sets, strict=True):
        rows, tests = judge_analogies(
            names, np.stack(solved), questions, sections=sections or bool(only), seed=seed
        )
        scores, compared = scores + rows, compared + tests
    return WordEvaluation(files, scores, compared, method, among, known, subwords, seed)


def _chosen(
    similarity: Sequence[str], analogies: Sequence[str]
) -> tuple[list[SimilaritySet], list[AnalogySet]]:
    if not similarity and not analogies:
        return builtin_similarity(), [builtin_analogies()]
    return [similarity_set(name) for name in similarity], [analogy_set(name) for name in analogies]


def _only(questions: AnalogySet, names: Sequence[str]) -> AnalogySet:
    """The sections of these names alone; all where none is named."""
    if not names:
        return questions
    there = [name for name, _ in questions.sections]
    for name in names:
        if name not in there:
            raise UsageError(
                f"--section {name!r}: {questions.name} has no such section; {nearest(name, there)}"
            )
    kept = tuple(section for section in questions.sections if section[0] in names)
    return dataclasses.replace(questions, sections=kept)


def _method(name: str) -> Any:
    assert name in METHODS, name
    return name


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
