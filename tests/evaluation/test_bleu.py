"""BLEU and chrF from summed counts: by head, and against sacrebleu's own figures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpwb.evaluation.bleu import bleu, bleu_counts, chrf, chrf_counts, signatures

sacrebleu = pytest.importorskip("sacrebleu")

WORDS = ["the", "cat", "sat", "on", "a", "mat", "dog", "ran", "3.5%", "—", "Straße", "(so)"]
SENTENCE = st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)
PAIRS = st.lists(st.tuples(SENTENCE, SENTENCE.filter(bool)), min_size=1, max_size=6)


def test_counts_of_a_sentence_by_head():
    """Five words against six; "the cat sat" agrees, and "mat": four words, two pairs, one triple, no four."""
    counts = bleu_counts(["the cat sat my mat"], ["the cat sat on the mat"])
    assert counts.tolist() == [[5, 6, 4, 2, 1, 0, 5, 4, 3, 2]]


def test_bleu_by_head():
    """Precisions 4/5, 2/4, 1/3 and, smoothed, 1/(2 * 2); a word too short."""
    product = (4 / 5) * (2 / 4) * (1 / 3) * (1 / 4)
    expected = 100 * math.exp(1 - 6 / 5) * product**0.25
    assert bleu(np.array([5, 6, 4, 2, 1, 0, 5, 4, 3, 2])) == pytest.approx(expected)


def test_a_perfect_translation_has_100_and_one_without_a_right_word_0():
    same = ["one two three four five"]
    other = ["six seven eight nine ten"]
    assert bleu(bleu_counts(same, same).sum(axis=0)) == pytest.approx(100)
    assert chrf(chrf_counts(same, same).sum(axis=0)) == pytest.approx(100)
    assert bleu(bleu_counts(other, same).sum(axis=0)) == 0
    assert bleu(bleu_counts([""], same).sum(axis=0)) == 0
    assert chrf(chrf_counts([""], same).sum(axis=0)) == 0


def test_chrf_by_head():
    """ "ab" against "abc": both letters are right, two of three are found; the pair is right, one of two is found.

    The translation has no triple, so that order is left out: P = 1, R = (2/3 + 1/2) / 2.
    """
    R = (2 / 3 + 1 / 2) / 2
    sums = chrf_counts(["ab"], ["abc"]).sum(axis=0)
    assert sums[:6].tolist() == [2, 3, 2, 1, 2, 1]
    assert chrf(sums) == pytest.approx(100 * 5 * R / (4 + R))


@settings(max_examples=40)
@given(PAIRS)
def test_figures_are_sacrebleus(pairs):
    """Whatever the sentences: empty ones, too short for an order, nothing in common."""
    said, wanted = [a for a, _ in pairs], [b for _, b in pairs]
    ours = float(bleu(bleu_counts(said, wanted).sum(axis=0)))
    assert ours == pytest.approx(sacrebleu.corpus_bleu(said, [wanted]).score, rel=1e-12)
    ours = float(chrf(chrf_counts(said, wanted).sum(axis=0)))
    assert ours == pytest.approx(sacrebleu.corpus_chrf(said, [wanted]).score, rel=1e-12)


def test_many_sums_at_once_are_what_they_are_one_by_one():
    """The copies of a bootstrap are figures like any other."""
    said = ["the cat sat on a mat", "a dog ran", "on the mat"]
    wanted = ["the cat sat on the mat", "the dog ran away", "under the mat"]
    for counts, figure in ((bleu_counts(said, wanted), bleu), (chrf_counts(said, wanted), chrf)):
        sums = np.stack([counts.sum(axis=0), counts[:2].sum(axis=0), counts[1:].sum(axis=0)])
        together = figure(sums.reshape(3, 1, -1))
        assert together.shape == (3, 1)
        assert together.ravel().tolist() == [float(figure(one)) for one in sums]


def test_the_signatures_say_how_it_was_computed():
    found = signatures()
    assert "tok:13a|smooth:exp|version:" in found["bleu"]
    assert "nrefs:1" in found["bleu"]
    assert "nc:6|nw:0" in found["chrf"]
