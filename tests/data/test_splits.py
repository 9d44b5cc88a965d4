"""Splits are complete, disjoint, stratified, free of doubles, and the same whatever the order of the rows."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpwb.data.corpus import Corpus
from nlpwb.data.splits import Split, folds, holdout, subset
from nlpwb.errors import InputError, UsageError

from .helpers import corpus


def distinct(*counts: int) -> Corpus:
    """So many different texts of each label."""
    labels = [f"L{i}" for i, n in enumerate(counts) for _ in range(n)]
    return corpus([f"text {i}" for i in range(len(labels))], labels)


label_counts = st.lists(st.integers(5, 40), min_size=2, max_size=4)
seeds = st.integers(0, 1000)


@given(label_counts, st.floats(0.05, 0.95), seeds)
def test_a_holdout_takes_each_label_by_its_share_within_one_row(
    counts: list[int], test_size: float, seed: int
) -> None:
    c = distinct(*counts)
    split = holdout(c, test_size=test_size, seed=seed)
    assert sorted([*split.train, *split.test]) == list(range(len(c)))
    assert abs(len(split.test) - test_size * len(c)) <= len(counts)
    tested = Counter(c.labels[i] for i in split.test)
    trained = Counter(c.labels[i] for i in split.train)
    for label, n in Counter(c.labels).items():
        assert abs(tested[label] - test_size * n) <= 1
        assert tested[label] >= 1
        assert trained[label] >= 1


@given(label_counts, st.integers(2, 5), st.integers(1, 3), seeds)
def test_folds_test_every_document_once_in_each_repeat(
    counts: list[int], k: int, repeats: int, seed: int
) -> None:
    """They are as long as each other, and each label is spread evenly over them, within one row."""
    c = distinct(*counts)
    splits = folds(c, k=k, repeats=repeats, seed=seed)
    assert len(splits) == k * repeats
    for repeat in range(repeats):
        parts = splits[repeat * k : (repeat + 1) * k]
        assert sorted(i for split in parts for i in split.test) == list(range(len(c)))
        sizes = [len(split.test) for split in parts]
        assert max(sizes) - min(sizes) <= 1
        for split in parts:
            assert sorted([*split.train, *split.test]) == list(range(len(c)))
            tested = Counter(c.labels[i] for i in split.test)
            for label, n in Counter(c.labels).items():
                assert abs(tested[label] - n / k) < 1


@st.composite
def messy(draw: st.DrawFn) -> Corpus:
    """Few words, so that texts repeat; labels that need not agree; groups."""
    n = draw(st.integers(30, 60))
    texts = [f"{draw(st.sampled_from('abcdefgh'))}{i % 7}" for i in range(n)]
    labels = [draw(st.sampled_from(["x", "y"])) for _ in range(n)]
    grouped = draw(st.booleans())
    groups = [f"g{i % 11}" for i in range(n)] if grouped else None
    return corpus(texts, labels, groups)


def parts_of(c: Corpus, **how: Any) -> list[Split]:
    try:
        if "k" in how:
            return folds(c, repeats=1, **how)
        return [holdout(c, **how)]
    except InputError:
        return []


@settings(deadline=None)
@given(messy(), st.randoms(use_true_random=False), seeds)
def test_the_order_of_the_rows_does_not_matter(c: Corpus, random: Any, seed: int) -> None:
    """The same documents train and test when the file was shuffled."""
    order = list(range(len(c)))
    random.shuffle(order)
    shuffled = corpus(
        [c.texts[i] for i in order],
        [c.labels[i] for i in order] if c.labels else None,
        [c.groups[i] for i in order] if c.groups else None,
    )
    for how in ({"test_size": 0.3, "seed": seed}, {"k": 3, "seed": seed}):
        before, after = parts_of(c, **how), parts_of(shuffled, **how)
        assert [sorted(split.test) for split in before] == [
            sorted(order[i] for i in split.test) for split in after
        ]


@settings(deadline=None)
@given(messy(), seeds)
def test_no_text_and_no_group_stands_on_both_sides(c: Corpus, seed: int) -> None:
    """Not even in another case or with other spaces."""
    spaced = corpus(
        [t.upper() + " " if i % 2 else t for i, t in enumerate(c.texts)], c.labels, c.groups
    )
    for how in ({"test_size": 0.3, "seed": seed}, {"k": 3, "seed": seed}):
        for split in parts_of(spaced, **how):
            for values in (c.texts, c.groups or []):
                if values:
                    assert not {values[i] for i in split.train} & {values[i] for i in split.test}


def test_groups_and_equal_texts_chain_into_one_bundle() -> None:
    """Group a shares a text with group b, which shares one with c: all three must stand together."""
    texts = ["1", "2", "2", "3", "3", "4", *(f"t{i}" for i in range(20))]
    groups = ["a", "a", "b", "b", "c", "c", *(f"g{i}" for i in range(20))]
    for seed in range(5):
        split = holdout(corpus(texts, None, groups), test_size=0.4, seed=seed)
        assert len({i in split.test for i in range(6)}) == 1


def test_stratification_holds_with_groups_as_far_as_they_allow() -> None:
    """Eight authors of ten texts each, half of them of either label: two authors of ten test, and the labels agree."""
    texts = [f"text {i}" for i in range(80)]
    c = corpus(
        texts, ["x" if i % 2 else "y" for i in range(80)], [f"author {i // 10}" for i in range(80)]
    )
    split = holdout(c, test_size=0.25, seed=0)
    assert len(split.test) == 20
    assert Counter(c.labels[i] for i in split.test) == {"x": 10, "y": 10}


def test_seeds_and_repeats_give_other_splits() -> None:
    c = distinct(50, 50)
    assert holdout(c, test_size=0.2, seed=0) == holdout(c, test_size=0.2, seed=0)
    assert holdout(c, test_size=0.2, seed=0) != holdout(c, test_size=0.2, seed=1)
    first, *_, second = (split.test for split in folds(c, k=2, repeats=2, seed=0))
    assert first != second


def test_seeds_give_other_splits_of_groups_of_different_sizes() -> None:
    """Largest first and nothing else would deal them out the same way whatever the seed."""
    groups = [f"g{size}" for size in range(20, 31) for _ in range(size)]
    c = corpus([f"t{i}" for i in range(len(groups))], None, groups)
    tests = {tuple(holdout(c, test_size=0.3, seed=seed).test) for seed in range(8)}
    assert len(tests) > 3


def test_a_row_that_is_added_moves_few_others() -> None:
    """Places come from hashes: a corpus that grows keeps nearly all of its test part."""
    small, large = distinct(200, 200), corpus([], [])
    large = corpus([*small.texts, "new"], [*small.labels, "L0"])  # type: ignore[misc]
    before = set(holdout(small, test_size=0.25, seed=0).test)
    after = set(holdout(large, test_size=0.25, seed=0).test)
    assert len(before ^ after) <= 3


def test_a_corpus_without_labels_is_split_too() -> None:
    c = corpus([f"t{i}" for i in range(10)])
    assert len(holdout(c, test_size=0.3, seed=0).test) == 3
    assert [len(s.test) for s in folds(c, k=3, repeats=1, seed=0)] == [4, 3, 3]


@pytest.mark.parametrize("size", [0, 1, -0.1, 1.5])
def test_a_test_size_out_of_range_is_wrong_usage(size: float) -> None:
    with pytest.raises(UsageError) as error:
        holdout(distinct(5, 5), test_size=size, seed=0)
    assert str(error.value) == f"--test-size must be between 0 and 1, got {size:g}"


def test_folds_out_of_range_are_wrong_usage() -> None:
    with pytest.raises(UsageError, match="--folds must be at least 2, got 1"):
        folds(distinct(5, 5), k=1, repeats=1, seed=0)
    with pytest.raises(UsageError, match="--repeats must be at least 1, got 0"):
        folds(distinct(5, 5), k=2, repeats=0, seed=0)


@pytest.mark.parametrize(
    ("c", "sentence"),
    [
        (
            distinct(5),
            "c has one label only ('L0', 5 rows), so there is nothing to tell apart; "
            "name another label column with --label, or add rows of other labels",
        ),
        (
            distinct(5, 1),
            "c: label 'L1' has one row (line 6), which cannot both train and test; add rows of this label, or leave it out",
        ),
        (
            distinct(5, 2),
            "c: label 'L1' has too few different texts for --folds 3: 2 of the 3 needed; "
            "add rows of this label, or leave it out",
        ),
        (
            corpus(["a", "a", "a", "b", "c", "d"], ["x", "x", "x", "y", "y", "y"]),
            "c: label 'x' has too few different texts for --folds 3: 1 of the 3 needed; "
            "add rows of this label, or leave it out",
        ),
        (
            corpus(["a", "b", "c", "d"], None, ["g", "g", "h", "h"]),
            "c has too few groups for --folds 3: 2 of the 3 needed; choose another --group-col",
        ),
        (
            corpus(list("abcdef"), list("xxxyyy"), list("gghijk")),
            "c: label 'x' stands in too few groups for --folds 3: 2 of the 3 needed; "
            "add rows of this label, or leave it out",
        ),
        (
            corpus(["a", "A ", "b"]),
            "c has too few different documents for --folds 3: 2 of the 3 needed; add some",
        ),
    ],
)
def test_what_cannot_be_split_gets_one_sentence(c: Corpus, sentence: str) -> None:
    with pytest.raises(InputError) as error:
        folds(c, k=3, repeats=1, seed=0)
    assert str(error.value) == sentence


@given(label_counts, seeds, st.data())
def test_subsets_are_nested_and_every_label_is_in_them(
    counts: list[int], seed: int, data: st.DataObject
) -> None:
    """A learning curve that drew anew for each size would measure the draw."""
    c = distinct(*counts)
    train = holdout(c, test_size=0.2, seed=seed).train
    assert c.labels is not None
    large = data.draw(st.integers(len(counts), len(train)))
    small = data.draw(st.integers(1, large))
    inner = subset(train, c.labels, n=small, seed=seed, texts=c.texts)
    outer = subset(train, c.labels, n=large, seed=seed, texts=c.texts)
    assert len(inner) == small
    assert len(outer) == large
    assert set(inner) <= set(outer) <= set(train)
    assert {c.labels[i] for i in outer} == set(c.labels)


def test_subsets_keep_the_shares_of_the_labels() -> None:
    """80 and 20 documents: of ten, eight and two; of fifty, forty and ten."""
    c = distinct(80, 20)
    for n, shares in ((10, (8, 2)), (50, (40, 10)), (100, (80, 20))):
        chosen = Counter(c.labels[i] for i in subset(range(100), c.labels, n=n, seed=0))
        assert (chosen["L0"], chosen["L1"]) == shares


def test_a_subset_does_not_depend_on_the_order_of_the_rows_when_texts_are_given() -> None:
    c = distinct(20, 20)
    turned = corpus(c.texts[::-1], c.labels[::-1] if c.labels else None)
    chosen = subset(range(40), c.labels, n=8, seed=3, texts=c.texts)
    again = subset(range(40), turned.labels, n=8, seed=3, texts=turned.texts)
    assert {c.texts[i] for i in chosen} == {turned.texts[i] for i in again}


@pytest.mark.parametrize("n", [0, 11])
def test_a_subset_larger_than_the_training_part_is_wrong_usage(n: int) -> None:
    with pytest.raises(UsageError, match=f"must have between 1 and 10 documents, got {n}"):
        subset(range(10), None, n=n, seed=0)
