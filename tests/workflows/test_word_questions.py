"""Questions to word vectors below the command line: how they are read, and gensim's own answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.errors import UsageError
from nlpwb.vectors.analogies import METHODS, Method
from nlpwb.vectors.table import Subwords, WordVectors
from nlpwb.workflows.words.analogies import analogies, parse_expression
from nlpwb.workflows.words.asking import Asked, UnknownWord, look_up
from nlpwb.workflows.words.leaning import Axis, leanings
from nlpwb.workflows.words.questions import neighbors, odd_ones, similarities
from tests.vectors.small import in_gensim, trained

SIGNS = ("+", "-", "−", "–")
words = st.text(min_size=1, max_size=6).filter(
    lambda word: word.split() == [word] and word not in (*SIGNS, ":", "::", "?")
)


@given(st.lists(st.tuples(st.sampled_from("+-"), words), min_size=2), st.data())
def test_a_sum_is_read_as_it_is_written(signed: list[tuple[str, str]], data: st.DataObject) -> None:
    """Whatever the words, and wherever the shell cuts them apart; the first plus may be left out."""
    signed[0] = ("+", signed[0][1])
    tokens = [part for pair in signed for part in pair][data.draw(st.integers(0, 1)) :]
    if data.draw(st.booleans()):
        tokens = [" ".join(tokens)]
    found = parse_expression(tokens)
    assert list(found.signed) == signed
    assert parse_expression([str(found)]).signed == found.signed


@given(st.lists(st.one_of(words, st.sampled_from(SIGNS)), max_size=6))
def test_anything_else_is_refused_in_a_sentence(tokens: list[str]) -> None:
    """Every word of what is taken has one sign, and at least one is added."""
    said, signed = "", None
    try:
        signed = parse_expression(tokens).signed
    except UsageError as error:
        said = str(error)
    if signed is None:
        assert "write king - man + woman" in said
        return
    assert sorted(word for _, word in signed) == sorted(set_aside(tokens))
    assert any(sign == "+" for sign, _ in signed)


def set_aside(tokens: list[str]) -> list[str]:
    """The tokens that are no signs."""
    return [token for token in tokens if token not in SIGNS]


SENTENCES = [
    [f"{kind}{n % 7}", "is", kind, "number", f"n{n % 5}"]
    for n in range(300)
    for kind in ("cat", "dog", "car")
]


@pytest.fixture(scope="module")
def learned() -> WordVectors:
    return trained(SENTENCES)


def test_the_odd_one_is_gensims(learned: WordVectors) -> None:
    """Two hundred random questions of three to six words."""
    asked, keyed = Asked("w", learned, batch=True), in_gensim(learned)
    rng = np.random.default_rng(0)
    for _ in range(200):
        question = rng.choice(learned.words, rng.integers(3, 7), replace=False).tolist()
        (odd,) = [row.word for row in odd_ones(asked, [question]) if row.odd]
        assert odd == keyed.doesnt_match(question)


def test_similarities_are_gensims(learned: WordVectors) -> None:
    keyed = in_gensim(learned)
    pairs = [("cat", "dog"), ("cat1", "cat2"), ("is", "is")]
    found = [row.cosine for row in similarities(Asked("w", learned, batch=False), pairs)]
    assert found == pytest.approx([keyed.similarity(*pair) for pair in pairs], abs=1e-6)


def test_a_batch_and_single_questions_have_the_same_answers(learned: WordVectors) -> None:
    queries = [*learned.words, "unknown"]
    batch = list(neighbors(Asked("w", learned, batch=True), queries, k=3))
    alone = [
        row
        for word in learned.words
        for row in neighbors(Asked("w", learned, batch=False), [word], k=3)
    ]
    assert [(row.query, row.rank, row.word) for row in batch[:-1]] == [
        (row.query, row.rank, row.word) for row in alone
    ]
    assert (batch[-1].word, batch[-1].note) == (None, "no vector for unknown")


def test_words_are_looked_up_in_order_of_trust() -> None:
    """As typed, then composed letters, then lower case where the table says so, then n-grams of the same spelling."""
    table = np.eye(3, dtype=np.float32)
    slots = Subwords(np.full((9, 3), 2, dtype=np.float32), 3, 3)
    names = ["king", "King", "z\u00fcrich"]
    lower = Asked("w", WordVectors(names, table, facts={"lowercase": True}), batch=False)
    assert (look_up(lower, "King").row, look_up(lower, "King").note) == (1, None)
    assert (look_up(lower, "KING").row, look_up(lower, "KING").note) == (0, "KING is read as king")
    assert look_up(lower, "Zu\u0308rich").row == 2
    cased = Asked("w", WordVectors(names, table), batch=False)
    with pytest.raises(UnknownWord, match=r"'KING' among its 3 words; did you mean king or King\?"):
        look_up(cased, "KING")
    subwords = Asked(
        "w", WordVectors(names, table, subwords=slots, facts={"lowercase": True}), batch=False
    )
    built = look_up(subwords, "QUEEN")
    assert (built.word, built.row, built.vector.tolist()) == ("queen", None, [2, 2, 2])


def test_an_analogy_that_cancels_out_has_no_answer(learned: WordVectors) -> None:
    (row,) = analogies(
        Asked("w", learned, batch=False), [["cat", "-", "cat"]], k=3, method="3cosadd"
    )
    assert (row.word, row.note) == (None, "the vectors cancel out, or no other word is there")


def test_a_word_of_a_batch_that_is_unknown_leaves_its_axes_empty(learned: WordVectors) -> None:
    axes = [Axis("a", ("cat",)), Axis("b", ("dog", "dog1"))]
    found = list(leanings(Asked("w", learned, batch=True), axes, ["cat", "qqq", "dog"], least=1))
    assert [row.word for row in found] == ["cat", "qqq", "dog"]
    assert found[1].shares == found[1].cosines == (None, None)
    assert found[0].cosines[0] == pytest.approx(1)


@pytest.mark.parametrize("method", METHODS)
def test_a_batch_of_analogies_has_the_answers_of_each_alone(
    learned: WordVectors, method: Method, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They share passes over the table: sums of several lengths, own words, lines that cannot be read, all in order."""
    monkeypatch.setattr("nlpwb.vectors.analogies._TOGETHER", 7)
    rng = np.random.default_rng(1)
    questions = [rng.choice(learned.words, 3).tolist() for _ in range(40)]
    questions += [
        ["cat"],
        ["cat", "-", "qqq"],
        ["cat", "+", "dog"],
        ["cat", "+", "dog", "-", "is", "-", "car"],
    ]
    batch = Asked("w", learned, batch=True)
    together = list(analogies(batch, questions, k=3, method=method))
    alone = [row for asked in questions for row in analogies(batch, [asked], k=3, method=method)]
    assert [(row.question, row.rank, row.word, row.note) for row in together] == [
        (row.question, row.rank, row.word, row.note) for row in alone
    ]
    scores = [[row.score or 0 for row in rows] for rows in (together, alone)]
    assert scores[0] == pytest.approx(scores[1], rel=1e-5, abs=1e-6)
