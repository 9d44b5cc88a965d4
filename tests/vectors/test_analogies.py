"""Analogies: answers by head, and gensim's own results on the same vectors."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from nlpwb.vectors.analogies import METHODS, Method, multiplied, solve_analogies
from nlpwb.vectors.table import WordVectors
from tests.vectors.small import in_gensim, random_table, royal

QUESTION = ("man", "king", "woman", "queen")


@pytest.mark.parametrize("method", METHODS)
def test_man_is_to_king_as_woman_is_to_queen(method: Method) -> None:
    """Right, wrong, and a word that is not there."""
    questions = [QUESTION, ("man", "king", "woman", "boat"), ("man", "king", "girl", "queen")]
    assert solve_analogies(royal(), questions, restrict=None, method=method).tolist() == [1, 0, -1]


def test_words_beyond_the_restriction_are_unknown() -> None:
    """Queen is the fifth word."""
    assert solve_analogies(royal(), [QUESTION], restrict=5).tolist() == [1]
    assert solve_analogies(royal(), [QUESTION], restrict=4).tolist() == [-1]


def test_the_first_spelling_stands_for_a_word_in_any_case() -> None:
    """The QUEEN of another direction comes later and changes nothing; a Queen that is nearest counts as queen."""
    questions = [("Man", "KING", "Woman", "Queen")]
    assert solve_analogies(royal(QUEEN=(0, -1, 0)), questions, restrict=None).tolist() == [1]
    near = royal(queen=(1.0, 1.0, 0.0), Queen=(1.0, 1.0, 1.0))
    assert solve_analogies(near, questions, restrict=None).tolist() == [1]


def test_an_input_in_another_case_is_no_answer() -> None:
    """King stands where queen is, but it is an input; the next best is taken."""
    table = royal(queen=(0.9, 0.8, 1.0), KING=(1.0, 1.0, 1.0))
    assert solve_analogies(table, [QUESTION], restrict=None).tolist() == [1]


@pytest.mark.parametrize("method", METHODS)
def test_a_vector_of_zeros_is_never_the_answer(method: Method) -> None:
    table = WordVectors(
        ["a", "b", "c", "zero"], np.array([[1, 0], [1, 0], [1, 0], [0, 0]], dtype=np.float32)
    )
    assert solve_analogies(table, [("a", "b", "c", "zero")], restrict=None, method=method) == [0]


def test_no_questions_and_no_words_that_are_left() -> None:
    assert solve_analogies(royal(), [], restrict=None).tolist() == []
    assert solve_analogies(royal(), [("man", "king", "woman", "man")], restrict=3).tolist() == [-1]


def test_3cosmul_is_equation_4_by_hand() -> None:
    """Cosines 1, 0 and −1 are 1, ½ and 0: 1 · ½ / (0 + 0.001)."""
    one, none, opposite = (np.array([value], dtype=np.float32) for value in (1, 0, -1))
    assert multiplied([one, none], [opposite]) == pytest.approx([500.0])
    assert multiplied([one], []) == pytest.approx([1 / 1.001])


@pytest.mark.parametrize("restrict", [60, 150, 1000])
def test_results_are_gensims_with_words_in_several_cases(restrict: int, tmp_path: Path) -> None:
    """Random vectors, each word in up to five spellings, answers that are near because their vectors are made so."""
    rng = np.random.default_rng(3)
    stems = [f"{a}{b}{c}" for a in "kmt" for b in "aeo" for c in "nrsv"]
    spellings = [str.lower, str.upper, str.title, str.swapcase, lambda w: w[0] + w[1:].upper()]
    words = list(dict.fromkeys(turn(stem) for turn in spellings for stem in stems))
    base = {stem: rng.standard_normal(3) for stem in stems}
    noise = rng.standard_normal((len(words), 3)) * 0.3
    table = np.array([base[word.lower()] for word in words]) + noise
    vectors = WordVectors(words, table.astype(np.float32))
    questions = [tuple(rng.choice([*words, "unknown"], 4)) for _ in range(1500)]
    path = tmp_path / "questions.txt"
    lines = [" ".join(question) for question in questions]
    path.write_text("\n".join([": first", *lines[:700], ": second", *lines[700:], ""]))
    _, sections = in_gensim(vectors).evaluate_word_analogies(str(path), restrict_vocab=restrict)
    found = solve_analogies(vectors, questions, restrict=restrict)
    assert (found == 1).sum() > 5
    for section, part in zip(sections, (found[:700], found[700:], found), strict=True):
        assert len(section["correct"]) == (part == 1).sum()
        assert len(section["incorrect"]) == (part == 0).sum()


def test_results_are_gensims_on_the_published_questions(shared_data: Path, tmp_path: Path) -> None:
    """Vectors made for the questions' words: of four words the last is b − a + c with noise, so that some are found."""
    rng = np.random.default_rng(1)
    packed = (shared_data / "analogies" / "questions-words.txt.gz").read_bytes()
    text = gzip.decompress(packed).decode("utf-8")
    lines = [line for line in text.splitlines() if line[0] != ":"][::7]
    questions = [tuple(line.split()) for line in lines]
    words = list(dict.fromkeys(word.lower() for question in questions for word in question))
    table = dict(zip(words, rng.standard_normal((len(words), 30)), strict=True))
    for a, b, c, d in ([word.lower() for word in question] for question in questions):
        table[d] = table[b] - table[a] + table[c] + rng.standard_normal(30)
    vectors = WordVectors(words, np.array(list(table.values()), dtype=np.float32))
    path = tmp_path / "questions.txt"
    path.write_text("\n".join([": all", *lines, ""]))
    score, _ = in_gensim(vectors).evaluate_word_analogies(str(path), restrict_vocab=800)
    found = solve_analogies(vectors, questions, restrict=800)
    assert 0.1 < score < 0.9
    assert (found == 1).sum() / (found >= 0).sum() == score


def test_a_large_table_is_answered_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The size of a block changes no answer."""
    table = random_table(300, 4)
    rng = np.random.default_rng(0)
    questions = [tuple(f"w{n}" for n in rng.integers(0, 300, 4)) for _ in range(200)]
    whole = solve_analogies(table, questions, restrict=None)
    monkeypatch.setattr("nlpwb.vectors.analogies._SCORES", 700)
    assert solve_analogies(table, questions, restrict=None).tolist() == whole.tolist()
