"""Entity figures against seqeval, on any labels; and by hand."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpwb.evaluation.entities import entity_counts, f1_of, word_accuracy
from nlpwb.text.tags import entities_of, strict_entities_of

TRUTH = [["B-PER", "I-PER", "O"], ["B-LOC", "O", "B-PER"]]
SAID = [["B-PER", "I-PER", "O"], ["B-LOC", "I-LOC", "B-LOC"]]
IOB = st.sampled_from(["O", "B-X", "I-X", "B-Y", "I-Y", "B-long-name", "I-long-name"])
EVERY = st.sampled_from(["O", *(f"{p}-{t}" for p in "BIES" for t in ("X", "Y"))])


def both(tags: st.SearchStrategy[str]) -> st.SearchStrategy[list[list[tuple[str, str]]]]:
    """Sentences of one word at least, each with a true and a predicted label."""
    words = st.lists(st.tuples(tags, tags), min_size=1, max_size=8)
    return st.lists(words, min_size=1, max_size=5)


def test_by_hand() -> None:
    """Of three true entities one is said as it is; one is said too long, one under another type."""
    found = entity_counts(TRUTH, SAID)
    assert found.types == ("LOC", "PER")
    assert found.counts.sum(axis=0).tolist() == [[0, 2, 1], [1, 1, 2]]
    assert found.overall.precision == found.overall.recall == found.overall.f1 == 1 / 3
    assert [one.f1 for one in found.by_type] == [0, 2 / 3]
    assert found.macro_f1 == 1 / 3
    assert word_accuracy(TRUTH, SAID) == 4 / 6


def test_an_entity_that_begins_with_i_counts_unless_strict() -> None:
    assert entity_counts([["B-PER"]], [["I-PER"]]).overall.f1 == 1
    assert entity_counts([["B-PER"]], [["I-PER"]], strict=True).overall.f1 == 0


def test_nothing_to_find_and_nothing_found() -> None:
    found = entity_counts([["O"]], [["O"]])
    assert (found.overall.f1, found.macro_f1, found.by_type) == (0, 0, [])
    assert f1_of(np.zeros(3)) == 0


def test_the_interval_is_over_sentences() -> None:
    truth, said = TRUTH * 30, SAID * 30
    found = entity_counts(truth, said)
    estimate = found.interval(seed=0)
    assert estimate.value == pytest.approx(found.overall.f1)
    assert 0.2 < estimate.low < estimate.value < estimate.high < 0.5
    assert math.isnan(entity_counts(TRUTH[:1], SAID[:1]).interval(seed=0).low)


@settings(max_examples=80, deadline=None)
@given(both(IOB))
def test_default_and_strict_figures_are_those_of_seqeval(
    sentences: list[list[tuple[str, str]]],
) -> None:
    metrics = pytest.importorskip("seqeval.metrics")
    scheme = pytest.importorskip("seqeval.scheme")
    truth = [[a for a, _ in words] for words in sentences]
    said = [[b for _, b in words] for words in sentences]
    for strict in (False, True):
        mode = {"mode": "strict", "scheme": scheme.IOB2} if strict else {}
        found = entity_counts(truth, said, strict=strict)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in ("precision", "recall", "f1"):
                score = getattr(metrics, f"{name}_score")
                assert getattr(found.overall, name) == pytest.approx(score(truth, said, **mode))
            rows = metrics.precision_score, metrics.recall_score, metrics.f1_score
            wanted = [row(truth, said, average=None, **mode) for row in rows]
            if found.types:
                macro = metrics.f1_score(truth, said, average="macro", **mode)
                assert found.macro_f1 == pytest.approx(macro)
        by_type = found.by_type
        assert len(by_type) == len(wanted[0])
        for one, *figures in zip(by_type, *wanted, strict=True):
            assert (one.precision, one.recall, one.f1) == pytest.approx(tuple(figures))
    assert word_accuracy(truth, said) == pytest.approx(metrics.accuracy_score(truth, said))


@settings(max_examples=80, deadline=None)
@given(st.lists(EVERY, min_size=1, max_size=12))
def test_entities_are_those_of_seqeval_under_every_prefix(tags: list[str]) -> None:
    labeling = pytest.importorskip("seqeval.metrics.sequence_labeling")
    wanted = [(name, begin, end + 1) for name, begin, end in labeling.get_entities(tags)]
    assert entities_of(tags) == wanted


@settings(max_examples=80, deadline=None)
@given(st.lists(IOB, min_size=1, max_size=12))
def test_strict_entities_are_those_of_seqeval(tags: list[str]) -> None:
    scheme = pytest.importorskip("seqeval.scheme")
    found = scheme.Tokens(tags, scheme.IOB2).entities
    assert strict_entities_of(tags) == [(one.tag, one.start, one.end) for one in found]
