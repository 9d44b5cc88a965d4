"""Cosines between vectors and between words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nlpwb.vectors.spelling import rows_ignoring_case
from nlpwb.vectors.table import Floats, WordVectors


def unit_rows(matrix: Floats) -> Floats:
    """Rows of length 1, float32; a row of zeros stays one."""
    matrix = np.asarray(matrix, dtype=np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", matrix, matrix, dtype=np.float64))
    lengths[lengths == 0] = 1
    units = np.empty(matrix.shape, dtype=np.float32)
    # Into float32 at once: a quotient of its own would be a second table, in float64.
    np.divide(matrix, lengths[:, None], out=units, casting="same_kind")
    return units


def pair_cosines(
    vectors: WordVectors,
    pairs: Sequence[tuple[str, str]],
    *,
    fold_case: bool,
    restrict: int | None = None,
    subwords: bool = False,
) -> NDArray[np.float64]:
    """The cosine of each pair of words, float64 (n,); NaN where one of the two has no vector.

    With ``fold_case`` words are compared in capitals, and the first spelling in the table is taken. ``restrict`` leaves out all
    but the first words. ``subwords`` gives a word that is not in the table the mean of its n-grams, where the table has any.
    A vector of zeros has cosine 0 with every other. These are the rules of gensim's ``evaluate_word_pairs``, which never uses
    subwords.
    """
    left = _rows_of(vectors, [a for a, _ in pairs], fold_case, restrict, subwords)
    right = _rows_of(vectors, [b for _, b in pairs], fold_case, restrict, subwords)
    products = np.einsum("ij,ij->i", left, right)
    lengths = np.sqrt(np.einsum("ij,ij->i", left, left) * np.einsum("ij,ij->i", right, right))
    return np.asarray(products / np.where(lengths == 0, 1, lengths), dtype=np.float64)


def _rows_of(
    vectors: WordVectors,
    words: Sequence[str],
    fold_case: bool,
    restrict: int | None,
    subwords: bool,
) -> NDArray[np.float64]:
    """The vectors of words, float64 (n, dim); NaN for a word that has none."""
    found = np.full((len(words), vectors.dimensions), np.nan)
    end = len(vectors) if restrict is None else restrict
    rows = rows_ignoring_case(vectors.words, restrict=end) if fold_case else vectors.numbers
    for place, word in enumerate(words):
        row = rows.get(word.upper() if fold_case else word)
        if row is not None and row < end:
            found[place] = vectors.vectors[row]
        elif subwords and vectors.subwords is not None:
            built = vectors.subwords.vector(word)
            if built is not None:
                found[place] = built
    return found
