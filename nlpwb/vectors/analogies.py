"""Analogies: a is to b as c is to which word?

3CosAdd is Mikolov et al. 2013 (arXiv:1301.3781), 3CosMul is Levy & Goldberg 2014 (CoNLL, equation 4); both are written there
as equations 3 and 4 over cosines.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nlpwb.vectors.neighbors import Rows, cosine_blocks, greatest, hidden_rows, nearest
from nlpwb.vectors.similarity import unit_rows
from nlpwb.vectors.spelling import rows_ignoring_case
from nlpwb.vectors.table import Floats, WordVectors

Method = Literal["3cosadd", "3cosmul"]
METHODS: tuple[Method, ...] = ("3cosadd", "3cosmul")
EPSILON = 0.001
"""What keeps 3CosMul from dividing by zero (Levy & Goldberg 2014, below equation 4)."""
RIGHT, WRONG, UNKNOWN = 1, 0, -1
_TOGETHER = 128  # questions of 3CosMul in one pass over the table: about as many vectors as there are queries in one of 3CosAdd
_SCORES = 1 << 23  # numbers in a block of scores: 32 MB
# A prediction that is an input in another case is passed over, this often; then it stands, and is wrong.
_PREDICTIONS = 5


@dataclass(frozen=True, eq=False)
class Question:
    """Vectors ``positive`` (p, dim), one at least, and ``negative`` (n, dim); rows of the table that are no answer."""

    positive: Floats
    negative: Floats
    exclude: Collection[int] = ()


def multiplied(
    positive: Sequence[Floats], negative: Sequence[Floats], *, epsilon: float = EPSILON
) -> Floats:
    """3CosMul of cosines: one or more positive and some or no negative words, arrays of one shape, to scores of it.

    Cosines are shifted into 0 to 1, as the paper does for vectors with negative numbers. Levy & Goldberg 2014, equation 4.
    """
    scores = _shifted(positive[0])
    for cosines in positive[1:]:
        scores *= _shifted(cosines)
    below = np.ones(scores.shape, dtype=np.float32)
    for cosines in negative:
        below *= _shifted(cosines)
    below += np.float32(epsilon)
    scores /= below
    return scores


def _shifted(cosines: Floats) -> Floats:
    shifted = cosines + np.float32(1)
    shifted /= np.float32(2)
    return shifted


def solve(
    vectors: WordVectors,
    positive: Floats,
    negative: Floats,
    *,
    k: int,
    method: Method = "3cosadd",
    exclude: Collection[int] = (),
    restrict: int | None = None,
) -> tuple[Rows, Floats]:
    """The ``k`` rows that are most like ``positive`` (p, dim) and least like ``negative`` (n, dim): rows (k,), scores (k,).

    Each vector counts by its direction alone. The score of 3CosAdd is the cosine with the sum, the score of 3CosMul is
    :func:`multiplied`. ``exclude``, ``restrict``, ties and missing answers are those of :func:`~nlpwb.vectors.neighbors.nearest`.
    """
    question = Question(positive, negative, exclude)
    rows, scores = solve_all(vectors, [question], k=k, method=method, restrict=restrict)
    return rows[0], scores[0]


def solve_all(
    vectors: WordVectors,
    questions: Sequence[Question],
    *,
    k: int,
    method: Method = "3cosadd",
    restrict: int | None = None,
) -> tuple[Rows, Floats]:
    """What :func:`solve` finds for each of q questions, many in one pass over the table: rows (q, k), scores (q, k)."""
    signed = [(unit_rows(asked.positive), unit_rows(asked.negative)) for asked in questions]
    exclude = [asked.exclude for asked in questions]
    if method == "3cosadd":
        queries = np.stack([plus.sum(axis=0) - minus.sum(axis=0) for plus, minus in signed])
        return nearest(vectors, queries, k=k, exclude=exclude, restrict=restrict)
    rows = np.empty((len(questions), k), dtype=np.int64)
    scores = np.empty((len(questions), k), dtype=np.float32)
    for start in range(0, len(questions), _TOGETHER):
        part = slice(start, start + _TOGETHER)
        blocks = _multiplied_blocks(vectors, signed[part], restrict)
        hidden = hidden_rows(exclude[part])
        rows[part], scores[part] = greatest(blocks, len(signed[part]), k=k, hidden=hidden)
    return rows, scores


def _multiplied_blocks(
    vectors: WordVectors, signed: Sequence[tuple[Floats, Floats]], restrict: int | None
) -> Iterator[tuple[int, Floats]]:
    """Scores of 3CosMul (q, rows of a block); the units of each question are those it adds and those it takes away."""
    units = np.vstack([matrix for pair in signed for matrix in pair])
    for start, cosines in cosine_blocks(vectors, units, restrict=restrict):
        zeros = np.flatnonzero(np.isinf(cosines[0]))
        cosines[:, zeros] = 0
        scores = np.empty((len(signed), cosines.shape[1]), dtype=np.float32)
        first = 0
        for row, (plus, minus) in enumerate(signed):
            middle, last = first + len(plus), first + len(plus) + len(minus)
            scores[row] = multiplied(list(cosines[first:middle]), list(cosines[middle:last]))
            first = last
        scores[:, zeros] = -np.inf
        yield start, scores


def solve_analogies(
    vectors: WordVectors,
    questions: Sequence[tuple[str, str, str, str]],
    *,
    restrict: int | None,
    method: Method = "3cosadd",
) -> NDArray[np.int8]:
    """Whether the table answers each question (a, b, c, d), a is to b as c is to d: 1 right, 0 wrong, -1 a word is not there.

    Words are compared in capitals and looked up among the first ``restrict`` words, of which the first spelling is taken; the
    answer comes from the same words and is none of a, b, c in any case. With 3CosAdd the rules and the results are those of
    gensim's ``evaluate_word_analogies``, but that of equal scores the earlier word wins, and that a vector of zeros
    is no answer and adds nothing to a question.
    """
    end = len(vectors) if restrict is None else min(restrict, len(vectors))
    first = rows_ignoring_case(vectors.words, restrict=end)
    rows = np.array(
        [[first.get(word.upper(), -1) for word in question] for question in questions],
        dtype=np.int64,
    ).reshape(-1, 4)
    known = (rows >= 0).all(axis=1)
    answers = np.full(len(rows), UNKNOWN, dtype=np.int8)
    # The row of each word's first spelling: equal numbers are equal words.
    spelled = np.fromiter((first[word.upper()] for word in vectors.words[:end]), np.int64, end)
    asked = np.flatnonzero(known)
    step = max(1, _SCORES // max(1, end))
    for start in range(0, len(asked), step):
        part = asked[start : start + step]
        scores = _scores(vectors, rows[part, :3], end, method)
        answers[part] = _predicted(scores, rows[part, :3], spelled) == rows[part, 3]
    return answers


def _scores(vectors: WordVectors, abc: NDArray[np.int64], end: int, method: Method) -> Floats:
    """How well each of the first ``end`` words answers each question, float32 (q, end); the three words themselves do not."""
    if method == "3cosadd":
        units = unit_rows(vectors.vectors[abc.ravel()]).reshape(len(abc), 3, -1)
        a, b, c = units[:, 0], units[:, 1], units[:, 2]
        scores = _cosines(vectors, unit_rows(b + c - a), end)
    else:
        # Questions that stand together share their words: each is compared with the table once.
        words, places = np.unique(abc, return_inverse=True)
        cosines = _cosines(vectors, unit_rows(vectors.vectors[words]), end)
        scores = np.empty((len(abc), end), dtype=np.float32)
        for row, (a, b, c) in enumerate(places.reshape(abc.shape)):
            scores[row] = multiplied([cosines[b], cosines[c]], [cosines[a]])
    scores[:, np.asarray(vectors.norms[:end]) == 0] = -np.inf
    np.put_along_axis(scores, abc, -np.inf, axis=1)
    return scores


def _cosines(vectors: WordVectors, units: Floats, end: int) -> Floats:
    norms = np.asarray(vectors.norms[:end])
    products: Floats = units @ vectors.vectors[:end].T
    products /= np.where(norms == 0, np.float32(1), norms)
    return products


def _predicted(
    scores: Floats, abc: NDArray[np.int64], spelled: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The best word of each question as the row of its first spelling, (q,); -1 where none is left. Changes ``scores``."""
    found = np.full(len(scores), -1, dtype=np.int64)
    open_ = np.arange(len(scores))
    for _ in range(_PREDICTIONS):
        best = scores[open_].argmax(axis=1) if len(open_) < len(scores) else scores.argmax(axis=1)
        exists = scores[open_, best] > -np.inf
        open_, best = open_[exists], best[exists]
        found[open_] = spelled[best]
        scores[open_, best] = -np.inf
        again = (abc[open_] == found[open_, None]).any(axis=1)
        open_ = open_[again]
        if not len(open_):
            break
    return found
