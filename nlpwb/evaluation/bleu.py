"""BLEU and chrF of translations: counts sentence by sentence, and figures from summed counts.

Papineni et al. 2002, "BLEU: a method for automatic evaluation of machine translation", ACL, with sacrebleu's tokens (13a) and
exponential smoothing (Post 2018, "A call for clarity in reporting BLEU scores"); Popović 2015, "chrF: character n-gram F-score
for automatic MT evaluation", WMT, with n-grams of up to 6 characters and beta 2. The counts are sacrebleu's own; the figures
are its figures, written for thousands of sums at once. Both lie between 0 and 100.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from nlpwb.evaluation.metrics import Floats, Ints

ORDER = 4
"""The longest n-grams of BLEU, in words."""
CHARACTERS = 6
"""The longest n-grams of chrF."""
BETA = 2
BLEU_COUNTS = 2 + 2 * ORDER
"""Words of the translation, words of the reference; n-grams that agree, n-grams of the translation, for each order."""
CHRF_COUNTS = 3 * CHARACTERS
"""For each order: n-grams of the translation, of the reference, those that agree."""


def bleu_counts(translations: Sequence[str], references: Sequence[str]) -> Ints:
    """Counts of each sentence, int64 (n, 10), in the order of ``BLEU_COUNTS``."""
    metric = _sentence_bleu()
    found = np.zeros((len(translations), BLEU_COUNTS), dtype=np.int64)
    for row, (said, wanted) in enumerate(zip(translations, references, strict=True)):
        score = metric.sentence_score(said, [wanted])
        found[row] = [score.sys_len, score.ref_len, *score.counts, *score.totals]
    return found


def bleu(sums: Floats | Ints) -> Floats:
    """BLEU of summed counts (..., 10) -> (...).

    exp(min(0, 1 - r/c) + mean log p_n) (Papineni et al. 2002, section 2.3); the k-th order without agreement counts as
    1 / (2^k n-grams). 0 where no word agrees.
    """
    counts = np.asarray(sums, dtype=np.float64)
    said, wanted = counts[..., 0], counts[..., 1]
    right, of = counts[..., 2 : 2 + ORDER], counts[..., 2 + ORDER :]
    missed = np.cumsum((right == 0) & (of > 0), axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(right > 0, right / of, 2.0**-missed / of)
        brevity = np.minimum(0.0, 1 - wanted / said)
        found = 100 * np.exp(brevity + np.log(precision).mean(axis=-1))
    # without n-grams of an order there is no precision; no agreement in any order is no agreement
    possible = (of > 0).all(axis=-1) & (right > 0).any(axis=-1)
    whole: Floats = np.where(possible, found, 0.0)
    return whole


def chrf_counts(translations: Sequence[str], references: Sequence[str]) -> Ints:
    """Counts of each sentence, int64 (n, 18), in the order of ``CHRF_COUNTS``."""
    from sacrebleu.metrics.helpers import extract_all_char_ngrams

    found = np.zeros((len(translations), CHRF_COUNTS), dtype=np.int64)
    for row, (said, wanted) in enumerate(zip(translations, references, strict=True)):
        ours = extract_all_char_ngrams(said, CHARACTERS)
        theirs = extract_all_char_ngrams(wanted, CHARACTERS)
        for order, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            both = sum(min(count, b[gram]) for gram, count in a.items() if gram in b)
            # an order that the reference is too short for counts for neither side
            found[row, 3 * order : 3 * order + 3] = [a.total() if b else 0, b.total(), both]
    return found


def chrf(sums: Floats | Ints) -> Floats:
    """chrF of summed counts (..., 18) -> (...).

    (1 + b^2) P R / (b^2 P + R) with precision P and recall R averaged over the orders that both sides have (Popović 2015,
    equation 1).
    """
    counts = np.asarray(sums, dtype=np.float64)
    counts = counts.reshape(*counts.shape[:-1], CHARACTERS, 3)
    said, wanted, both = counts[..., 0], counts[..., 1], counts[..., 2]
    there = (said > 0) & (wanted > 0)
    orders = there.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        P = np.where(there, both / said, 0.0).sum(axis=-1) / orders
        R = np.where(there, both / wanted, 0.0).sum(axis=-1) / orders
        found: Floats = 100 * (1 + BETA**2) * P * R / (BETA**2 * P + R)
    return np.where(np.isfinite(found), found, 0.0)


def signatures() -> dict[str, str]:
    """sacrebleu's words for how both are computed: its version, the tokens, the smoothing."""
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    found = {}
    for name, metric in (("bleu", BLEU()), ("chrf", CHRF())):
        metric.corpus_score(["a"], [["a"]])  # the number of references is known from then on
        found[name] = str(metric.get_signature())
    return found


@cache
def _sentence_bleu() -> Any:
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(effective_order=True)  # counts are the same; without it a warning a sentence
