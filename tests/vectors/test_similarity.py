"""Cosines of pairs: by head, and as gensim's evaluation takes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nlpwb.vectors.similarity import pair_cosines, unit_rows
from nlpwb.vectors.table import Subwords, WordVectors
from tests.vectors.small import in_gensim, royal


def test_a_pair_has_its_cosine_and_an_unknown_word_none() -> None:
    found = pair_cosines(
        royal(), [("man", "king"), ("king", "king"), ("king", "Man"), ("x", "man")], fold_case=False
    )
    assert found[:2] == pytest.approx([1 / 2**0.5, 1])
    assert np.isnan(found[2:]).all()
    assert found.dtype == np.float64


def test_with_folded_case_the_first_spelling_is_taken() -> None:
    """KING stands for king, and not for the later KING."""
    table = royal(KING=(0.0, 0.0, 1.0))
    assert pair_cosines(table, [("MAN", "KING")], fold_case=True) == pytest.approx([1 / 2**0.5])
    assert pair_cosines(table, [("man", "KING")], fold_case=False) == pytest.approx([1.0])


def test_words_beyond_the_restriction_have_no_cosine() -> None:
    for fold_case in (True, False):
        found = pair_cosines(royal(), [("man", "king")] * 2, fold_case=fold_case, restrict=3)
        assert np.isnan(found).all()


def test_subwords_are_used_where_they_are_asked_for() -> None:
    """Every n-gram has the vector (0, 2): an unknown word has it too."""
    slots = Subwords(np.full((10, 2), [0, 2], dtype=np.float32), 3, 4)
    table = WordVectors(["a"], np.array([[3, 3]], dtype=np.float32), subwords=slots)
    pairs = [("a", "other")]
    assert np.isnan(pair_cosines(table, pairs, fold_case=True))
    assert pair_cosines(table, pairs, fold_case=True, subwords=True) == pytest.approx([1 / 2**0.5])


def test_zeros_have_cosine_zero() -> None:
    table = WordVectors(["a", "zero"], np.array([[3, 4], [0, 0]], dtype=np.float32))
    assert pair_cosines(table, [("a", "zero"), ("zero", "zero")], fold_case=True).tolist() == [0, 0]
    assert unit_rows(table.vectors) == pytest.approx(np.array([[0.6, 0.8], [0, 0]]))


@pytest.mark.parametrize("name", ["wordsim353", "simlex999"])
def test_correlations_are_gensims(name: str, shared_data: Path, tmp_path: Path) -> None:
    """Random vectors for two thirds of the words, some of them in capitals: the same pairs, the same rho."""
    from scipy.stats import pearsonr, spearmanr

    lines = (shared_data / "word_similarity" / f"{name}.tsv").read_text().splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    words = sorted({word.lower() for a, b, _ in rows for word in (a, b)})
    rng = np.random.default_rng(0)
    kept = [word.upper() if n % 3 else word for n, word in enumerate(words) if n % 5]
    kept += [word.title() for word in kept[::7]]
    vectors = WordVectors(kept, rng.standard_normal((len(kept), 8)).astype(np.float32))
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(lines))
    pearson, spearman, oov = in_gensim(vectors).evaluate_word_pairs(str(path))
    found = pair_cosines(vectors, [(a, b) for a, b, _ in rows], fold_case=True)
    known = ~np.isnan(found)
    gold = np.array([float(score) for *_, score in rows])
    assert 100 * (1 - known.mean()) == pytest.approx(oov)
    assert spearmanr(gold[known], found[known]).statistic == pytest.approx(spearman.statistic)
    assert pearsonr(gold[known], found[known]).statistic == pytest.approx(pearson.statistic)
