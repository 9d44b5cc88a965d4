"""Splits of documents with sets of labels, and with numbers: complete, disjoint, and with the same mixture on both sides."""

from __future__ import annotations

import random
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpwb.data.corpus import Corpus
from nlpwb.data.splits import folds, holdout
from nlpwb.data.strata import number_strata, rarest
from nlpwb.errors import InputError

from .helpers import corpus

sets = st.lists(st.sets(st.sampled_from("abcd")).map(sorted), min_size=20, max_size=80)


def texts(n: int) -> Corpus:
    return corpus([f"text {i}" for i in range(n)], [""] * n)


@given(sets, st.integers(0, 50))
@settings(deadline=None)
def test_a_holdout_of_sets_takes_of_each_label_its_share(
    strata: list[list[str]], seed: int
) -> None:
    """The rarest label to one row; the others may miss by what those before them took, here three rows at most."""
    split = holdout(texts(len(strata)), test_size=0.25, seed=seed, strata=strata)
    assert sorted([*split.train, *split.test]) == list(range(len(strata)))
    assert abs(len(split.test) - 0.25 * len(strata)) <= 4
    counts = {name: sum(name in s for s in strata) for name in "abcd"}
    first = min(((n, name) for name, n in counts.items() if n), default=(0, ""))[1]
    for name, n in counts.items():
        tested = sum(name in strata[i] for i in split.test)
        assert abs(tested - 0.25 * n) <= (1 if name == first else 4)
        if n:
            assert any(name in strata[i] for i in split.train)


@given(sets, st.integers(2, 5), st.integers(0, 20))
@settings(deadline=None)
def test_folds_of_sets_test_every_document_once(strata: list[list[str]], k: int, seed: int) -> None:
    splits = folds(texts(len(strata)), k=k, repeats=1, seed=seed, strata=strata)
    assert sorted(i for split in splits for i in split.test) == list(range(len(strata)))
    for split in splits:
        assert not set(split.train) & set(split.test)
        assert abs(len(split.test) - len(strata) / k) <= 4


def test_the_order_of_the_file_changes_no_place() -> None:
    """Lots come from the texts; equal texts, and groups, stay on one side."""
    generator = random.Random(0)
    rows = [(f"text {i // 2}", f"g{i % 13}", generator.sample("abc", 2)) for i in range(60)]
    shuffled = generator.sample(rows, len(rows))

    def tested(order: list[tuple[str, str, list[str]]]) -> set[tuple[str, str]]:
        c = corpus([r[0] for r in order], [""] * len(order), [r[1] for r in order])
        split = holdout(c, test_size=0.3, seed=1, strata=[r[2] for r in order])
        groups = {order[i][1] for i in split.test}
        assert not groups & {order[i][1] for i in split.train}
        return {order[i][:2] for i in split.test}

    with pytest.raises(InputError, match="too few different documents"):
        tested(rows)  # texts and groups chain all rows to one bundle
    rows = [(f"text {i // 2}", f"g{i // 4}", generator.sample("abc", 2)) for i in range(60)]
    shuffled = generator.sample(rows, len(rows))
    assert tested(rows) == tested(shuffled)


@given(st.lists(st.integers(-50, 50), min_size=30, max_size=100), st.integers(0, 20))
@settings(deadline=None)
def test_numbers_are_spread_over_both_parts(values: list[int], seed: int) -> None:
    numbers = [float(value) for value in values]
    strata = number_strata(numbers)
    split = holdout(texts(len(values)), test_size=0.3, seed=seed, strata=strata)
    spread = max(numbers) - min(numbers)
    tested = fmean(numbers[i] for i in split.test)
    assert abs(tested - fmean(numbers)) <= 0.2 * spread


def test_equal_numbers_stand_in_one_stratum_and_few_numbers_in_few() -> None:
    assert number_strata([5.0, 1.0, 5.0, 2.0]) == [("0",)] * 4
    strata = number_strata([float(i // 10) for i in range(100)])
    assert [name for (name,) in strata] == [str(i // 10) for i in range(100)]


def test_the_rarest_label_of_a_set_stands_for_it() -> None:
    assert rarest([["a", "b"], ["a"], [], ["b", "a"]]) == ["b", "a", "", "b"]


def test_a_test_part_of_numbers_has_the_share_that_was_asked_for() -> None:
    """Ten ranges of twelve: a fifth of each is 2.4, and rounding each by itself would leave 20 in place of 24."""
    strata = number_strata([float(i) for i in range(120)])
    assert len(holdout(texts(120), test_size=0.2, seed=0, strata=strata).test) == 24
    parts = folds(texts(120), k=5, repeats=1, seed=0, strata=strata)
    assert [len(split.test) for split in parts] == [24] * 5
