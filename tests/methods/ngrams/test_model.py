"""Kneser-Ney by hand, against a slow reference, as a distribution, as a reader, kept."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from nlpwb.errors import MethodError, ModelError
from nlpwb.methods.networks.sequence_tokens import BEGIN, END
from nlpwb.methods.ngrams.config import NgramLmConfig
from nlpwb.methods.ngrams.model import NgramModel
from nlpwb.methods.protocol import State

A, B, C = 4, 5, 6
CORPORA = st.lists(st.lists(st.integers(A, 8), max_size=12), min_size=1, max_size=12)


def row(texts: Sequence[Sequence[int]]) -> np.ndarray:
    """Texts one after the other, an END behind each."""
    return np.array([i for text in texts for i in (*text, END)], dtype=np.int32)


def fitted(texts: Sequence[Sequence[int]], *, order: int, vocabulary: int = 7, prune: int = 0):
    config = NgramLmConfig(order=order, prune=prune)
    ids = np.concatenate([[END], row(texts)]).astype(np.int32)
    return NgramModel.fit(config, ids, vocabulary, threads=1)


class Reference:
    """The same with dictionaries, a probability at a time, as the paper defines it."""

    def __init__(self, texts: Sequence[Sequence[int]], order: int, vocabulary: int) -> None:
        self.order, self.vocabulary = order, vocabulary
        occurrences = [Counter[tuple[int, ...]]() for _ in range(order + 1)]
        for text in texts:
            padded = (BEGIN, *text, END)
            for n in range(1, order + 1):
                for start in range(len(padded) - n + 1):
                    occurrences[n][padded[start : start + n]] += 1
        self.counts: list[dict[tuple[int, ...], int]] = [{}]
        for n in range(1, order + 1):
            if n == order:
                adjusted = dict(occurrences[n])
            else:
                before = defaultdict(set)
                for gram in occurrences[n + 1]:
                    before[gram[1:]].add(gram[0])
                adjusted = {
                    gram: times if gram[0] == BEGIN else len(before[gram])
                    for gram, times in occurrences[n].items()
                }
            adjusted.pop((BEGIN,), None)
            self.counts.append(adjusted)
        self.discounts = [self.discounts_of(counts) for counts in self.counts]

    @staticmethod
    def discounts_of(counts: dict[tuple[int, ...], int]) -> list[float]:
        n = [0, *(sum(count == k for count in counts.values()) for k in (1, 2, 3, 4))]
        fallback = [0.0, 0.5, 1.0, 1.5]
        if 0 in n[1:]:
            return fallback
        y = n[1] / (n[1] + 2 * n[2])
        found = [0.0, *(k - (k + 1) * y * n[k + 1] / n[k] for k in (1, 2, 3))]
        return fallback if min(found[1:]) < 1e-9 else found

    def probability(self, token: int, history: tuple[int, ...]) -> float:
        n = len(history) + 1
        counts, taken = self.counts[n], self.discounts[n]
        continuations = {gram: c for gram, c in counts.items() if gram[:-1] == history}
        shorter = 1 / self.vocabulary if n == 1 else self.probability(token, history[1:])
        if not continuations:
            return shorter
        total = sum(continuations.values())
        gamma = sum(taken[min(c, 3)] for c in continuations.values()) / total
        own = continuations.get((*history, token), 0)
        return (own - taken[min(own, 3)]) / total + gamma * shorter

    def token_probabilities(self, text: Sequence[int]) -> list[float]:
        padded = (BEGIN, *text, END)
        return [
            self.probability(padded[i], padded[max(0, i - self.order + 1) : i])
            for i in range(1, len(padded))
        ]


def test_single_tokens_by_hand() -> None:
    """Order 1. a once, b twice, c three times, END four times: n1 = n2 = n3 = n4 = 1, Y = 1/3.

    D1 = 1 - 2/3 = 1/3, D2 = 2 - 1 = 1, D3+ = 3 - 4/3 = 5/3; 10 in all; left over (1/3 + 1 + 5/3 + 5/3) / 10 = 7/15,
    of which each of 7 ids gets 1/15.
    """
    model = fitted([[A, B, B], [C, C], [C], []], order=1)
    found = model.next_distribution([[]])[0]
    by_hand = {A: 2 / 30, B: 1 / 10, C: 4 / 30, END: 7 / 30}
    assert found == pytest.approx([by_hand.get(i, 0) + 1 / 15 for i in range(7)])


def test_pairs_by_hand() -> None:
    """Order 2 on "a b" and "a c"; no count of 3 exists, so discounts are 0.5, 1 and 1.5.

    What comes before: a: BEGIN; b: a; c: a; END: b and c. So counts 1, 1, 1, 2, together 5; the discounts leave over
    (3 * 0.5 + 1) / 5 = 1/2, a 14th for each of 7 ids: p(a) = p(b) = p(c) = 0.1 + 1/14, p(END) = 0.2 + 1/14.
    After a: b and c once each, so p(b | a) = 0.5/2 + (1/2) p(b). BEGIN a occurs twice: p(a | BEGIN) = 1/2 + (1/2) p(a).
    """
    model = fitted([[A, B], [A, C]], order=2)
    single = 0.1 + 1 / 14
    after_a, beginning, after_new = model.next_distribution([[B, A], [], [A, A, END, 2, 1]])
    assert after_a[B] == pytest.approx(0.25 + single / 2)
    assert after_a[A] == pytest.approx(single / 2)
    assert beginning[A] == pytest.approx(0.5 + single / 2)
    assert after_new[[A, END, 0]] == pytest.approx([single, 0.2 + 1 / 14, 1 / 14])
    nats = model.token_nats(row([[A, B], []]))
    by_hand = [
        0.5 + single / 2,
        0.25 + single / 2,
        0.5 / 1 + 0.5 * (0.2 + 1 / 14),
        (0.2 + 1 / 14) / 2,
    ]
    assert np.exp(-nats) == pytest.approx(by_hand)


@given(CORPORA, st.integers(1, 5))
def test_probabilities_equal_a_slow_reference(texts: list[list[int]], order: int) -> None:
    """Training texts and others, each token of each."""
    if not any(texts):
        return
    model, slow = fitted(texts, order=order, vocabulary=9), Reference(texts, order, 9)
    asked = [*texts, [A, B, A, B], [8, 0, 1], []]
    expected = [p for text in asked for p in slow.token_probabilities(text)]
    nats = model.token_nats(row(asked))
    assert nats.dtype == np.float64
    assert np.exp(-nats) == pytest.approx(expected, rel=1e-5)


def test_probabilities_equal_kenlms() -> None:
    """Those of KenLM (lmplz -o 3 --discount_fallback, query), as logarithms to base 10, on texts made by arithmetic.

    It has 64 types, its unknown one included; so has the model, whose ids 0 and 1 are tokens here as all others.
    """
    texts = []
    for k in range(150):
        x, text = k % 7, []
        for i in range(3 + k % 9):
            x = (x * 3 + k * k * i + i * i * 11) % 101
            text.append(x**3 // 101**2)
        texts.append(text)
    used = sorted({number for text in texts for number in text})
    names = dict(zip(used, [0, 1, *range(4, 64)], strict=True))
    model = fitted([[names[i] for i in text] for text in texts], order=3, vocabulary=64)
    theirs = [-3.2805762, -1.7339058, -1.5635302, -0.91394454, -0.0053872447, -1.1813978]
    theirs += [-0.85275924, -1.4792695, -0.85017294, -3.8266726, -2.1278682, -0.74745923]
    theirs += [-2.861933]
    nats = model.token_nats(row([[4, 5, 6], [0, 1, 0, 1], [17, 17], []]))
    assert -nats / math.log(10) == pytest.approx(theirs, abs=1e-6)


# a discount of exactly 0 for pairs that occur twice: nothing would be left for pairs that never do
@example([[], [4, 5], [5, 8], *[[6, 7, 8, 7, 8, 4, 4, 4, 8]] * 2], 2, 0)
@given(CORPORA, st.integers(1, 5), st.integers(0, 3))
def test_probabilities_sum_to_one(texts: list[list[int]], order: int, prune: int) -> None:
    """After any history, seen or not, with everything possible; pruned, too."""
    if not any(texts):
        return
    model = fitted(texts, order=order, vocabulary=9, prune=prune)
    histories = [*(text[:k] for text in texts for k in range(len(text) + 1)), [8, 7, 0], [A, END]]
    found = model.next_distribution(histories)
    assert found.shape == (len(histories), 9)
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-12)
    assert (found > 0).all()


@given(CORPORA, st.integers(1, 4), st.integers(0, 2))
def test_one_token_at_a_time_is_the_whole_row(
    texts: list[list[int]], order: int, prune: int
) -> None:
    """The two ways to a probability agree; an END resets what is remembered."""
    if not any(texts):
        return
    model = fitted(texts, order=order, vocabulary=9, prune=prune)
    ids = row(texts)
    found = model.next_distribution([ids[:i].tolist() for i in range(len(ids))])
    nats = -np.log(found[np.arange(len(ids)), ids])
    assert model.token_nats(ids) == pytest.approx(nats, rel=1e-5, abs=1e-6)


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long row is scored block by block, each with the tokens before it."""
    texts = np.random.default_rng(0).integers(A, 9, (40, 9)).tolist()
    model = fitted(texts, order=4, vocabulary=9)
    whole = model.token_nats(row(texts))
    monkeypatch.setattr("nlpwb.methods.ngrams.model._BLOCK", 7)
    assert model.token_nats(row(texts)) == pytest.approx(whole, rel=1e-12)


def test_pruning_leaves_out_rare_long_ngrams() -> None:
    """ "a b c" occurs twice and "b c a" once: with prune=1 the first stays; pairs and single tokens stay in any case."""
    texts = [[A, B, C, A], [A, B, C]]
    whole, pruned = (fitted(texts, order=3, prune=prune) for prune in (0, 1))
    # single: a b c END; pairs: Ba ab bc ca aE cE; triples: Bab abc bca caE bcE
    assert whole.parameters == 4 + 6 + 5
    assert pruned.parameters == 4 + 6 + 2
    after_ab = [model.next_distribution([[C, A, B]])[0] for model in (whole, pruned)]
    assert after_ab[0] == pytest.approx(after_ab[1])
    assert fitted(texts, order=3, prune=2).parameters == 4 + 6


def test_many_tokens_are_counted_as_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where id and place do not fit into one integer, another sort is used."""
    texts = np.random.default_rng(1).integers(A, 9, (20, 9)).tolist()
    narrow = fitted(texts, order=5, vocabulary=9).token_nats(row(texts))
    monkeypatch.setattr("nlpwb.methods.ngrams.counts.PACKED_BITS", 4)
    assert fitted(texts, order=5, vocabulary=9).token_nats(row(texts)) == pytest.approx(narrow)


def test_an_end_that_comes_first_is_no_text() -> None:
    """Rows for scoring begin with the END of what went before; to count it would teach that texts are empty."""
    config = NgramLmConfig(order=3)
    rows = [np.array(ids, np.int32) for ids in ([END, A, B, END], [A, B, END])]
    one, other = (NgramModel.fit(config, ids, 7).next_distribution([[]]) for ids in rows)
    assert one.tolist() == other.tolist()


def test_a_text_that_goes_on_has_no_end() -> None:
    """A running text: nothing says that it ends behind its last token."""
    ids = np.array([A, B, A], np.int32)
    model = NgramModel.fit(NgramLmConfig(order=2), ids, 7, threads=1)
    assert model.parameters == 2 + 3


def test_reading_is_the_distribution_of_what_was_read() -> None:
    """Rows of other lengths, padded; at once, one by one, and in another order."""
    texts = np.random.default_rng(2).integers(A, 9, (30, 8)).tolist()
    model = fitted(texts, order=4, vocabulary=9)
    assert (model.vocabulary, model.context, model.order) == (9, None, 4)
    ids = torch.tensor([[A, B, C, A, B], [7, END, 0, 0, 0], [8, 0, 0, 0, 0]])
    lengths = torch.tensor([5, 2, 1])
    logits, memory = model.read(ids, lengths, model.start(3))
    expected = model.next_distribution([[A, B, C, A, B], [7, END], [8]])
    assert logits.dtype == torch.float32
    assert logits.exp().numpy() == pytest.approx(expected, rel=1e-5)
    assert memory.lengths.tolist() == [5, 2, 1]
    again = model.start(1)
    for token in (A, B, C, A, B):
        one, again = model.read(torch.tensor([[token]]), torch.tensor([1]), again)
    assert torch.equal(one[0], logits[0])
    turned = memory.rows(torch.tensor([2, 0, 0]))
    next_logits, turned = model.read(torch.tensor([[B], [B], [C]]), torch.ones(3).long(), turned)
    expected = model.next_distribution([[8, B], [A, B, C, A, B, B], [A, B, C, A, B, C]])
    assert next_logits.exp().numpy() == pytest.approx(expected, rel=1e-5)
    assert turned.lengths.tolist() == [2, 6, 6]


@pytest.mark.parametrize("order", [1, 2, 5])
def test_what_is_kept_says_the_same(order: int) -> None:
    """Arrays alone, and every one of them."""
    texts = [[A, B, C], [A, B], [], [C, C, C, C, C]]
    config = NgramLmConfig(order=order)
    model = fitted(texts, order=order)
    state = model.state()
    assert not state.lists
    again = NgramModel.from_state(config, State(arrays=dict(state.arrays)))
    assert again.token_nats(row(texts)).tolist() == model.token_nats(row(texts)).tolist()
    assert (again.parameters, again.order) == (model.parameters, order)
    for name in state.arrays:
        less = {key: array for key, array in state.arrays.items() if key != name}
        with pytest.raises(ModelError, match="train it anew"):
            NgramModel.from_state(config, State(arrays=less))


@pytest.mark.parametrize("texts", [[], [[]], [[], []]])
def test_no_token_is_a_sentence(texts: list[list[int]]) -> None:
    """Not a division by nothing."""
    with pytest.raises(MethodError, match="no token to count"):
        fitted(texts, order=3)


def test_texts_shorter_than_the_order() -> None:
    """The longest n-grams may not occur at all."""
    model = fitted([[A]], order=6)
    assert model.parameters == 2 + 2 + 1
    assert math.isfinite(model.token_nats(row([[A, A, A, A, A, A, A]])).sum())
