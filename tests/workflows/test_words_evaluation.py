"""Word vectors judged: gensim's own scores on the same vectors, what is not covered, and files against each other."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlpwb.data.builtin import find_builtin
from nlpwb.data.wordsets import AnalogySet, SimilaritySet, analogy_set
from nlpwb.errors import InputError, UsageError
from nlpwb.evaluation.intervals import wilson
from nlpwb.vectors.folder import write_folder
from nlpwb.vectors.table import Subwords, WordVectors
from nlpwb.workflows.words.evaluation import evaluate
from nlpwb.workflows.words.verdicts import judge_analogies, judge_similarity
from tests.vectors.small import in_gensim, royal, trained

Save = Callable[[str, WordVectors], Path]
BUILTIN = {"WordSim-353": "gensim:wordsim353", "SimLex-999": "gensim:simlex999"}


@pytest.fixture(scope="session")
def lee() -> WordVectors:
    """Vectors that gensim learned from 300 news texts: 4,045 words, of which the sets know some."""
    text = find_builtin("gensim:lee_background").path().read_text(encoding="utf-8")
    return trained([re.findall(r"\w\w+", line.lower()) for line in text.splitlines()])


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def save(name: str, vectors: WordVectors) -> Path:
        write_folder(tmp_path / name, vectors, {})
        return tmp_path / name

    return save


def arc(words: int) -> WordVectors:
    """w0, w1, … along a quarter of a circle: the cosine with w0 falls from word to word."""
    angles = np.linspace(0, np.pi / 2, words)
    table = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    return WordVectors([f"w{n}" for n in range(words)], table)


def falling(pairs: int, *, name: str = "falling") -> SimilaritySet:
    """Pairs (w0, w1), (w0, w2) … whose scores fall."""
    return SimilaritySet(
        name,
        tuple(("w0", f"w{n}") for n in range(1, pairs + 1)),
        tuple(float(-n) for n in range(1, pairs + 1)),
    )


def own_set(folder: Path, pairs: SimilaritySet) -> str:
    lines = [f"{a}\t{b}\t{s}" for (a, b), s in zip(pairs.pairs, pairs.scores, strict=True)]
    path = folder / f"{pairs.name}.tsv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("restrict", [None, 0, 3000, 1000])
def test_similarity_is_gensims(restrict, lee, save):
    """Spearman, with unknown words left out and as zero, and the pairs left out; all words unless told otherwise."""
    keyed = in_gensim(lee)
    found = evaluate([save("lee", lee)], similarity=list(BUILTIN.values()), restrict=restrict)
    for row in found.scores:
        path = str(find_builtin(BUILTIN[row.set]).path())
        most = restrict or len(lee)
        _, spearman, missing = keyed.evaluate_word_pairs(path, restrict_vocab=most)
        _, of_all, _ = keyed.evaluate_word_pairs(path, restrict_vocab=most, dummy4unknown=True)
        assert missing == pytest.approx(100 * (1 - row.used / row.total))
        assert (row.score is None) == (row.used < 30)
        if row.score is not None:
            assert row.score == pytest.approx(spearman[0], abs=1e-9)
            assert row.score_of_all == pytest.approx(of_all[0], abs=1e-9)
    assert sum(row.score is not None for row in found.scores) > 0


@pytest.mark.parametrize("restrict", [None, 0, 3000, 1500])
def test_analogies_are_gensims(restrict, lee, save):
    """Accuracy in all and section by section, with unknown words left out and as wrong answers."""
    keyed = in_gensim(lee)
    path = str(find_builtin("gensim:questions-words").path())
    found = evaluate(
        [save("lee", lee)], analogies=["gensim:questions-words"], restrict=restrict, sections=True
    )
    most = restrict or len(lee)
    accuracy, sections = keyed.evaluate_word_analogies(path, restrict_vocab=most)
    of_all, _ = keyed.evaluate_word_analogies(path, restrict_vocab=most, dummy4unknown=True)
    rows = {row.part: row for row in found.scores}
    assert (rows["all"].score, rows["all"].score_of_all) == (accuracy, of_all)
    assert found.analogy_words == (30_000 if restrict is None else restrict or None)
    for section in sections[:-1]:
        right, used = (
            len(section["correct"]),
            len(section["correct"]) + len(section["incorrect"]),
        )
        row = rows[section["section"]]
        assert row.used == used
        if used >= 30:
            assert row.score == right / used
            assert (row.low, row.high) == wilson(right, used)
        else:
            assert row.score is None
            assert row.why is not None


def test_parts_add_up_and_stand_in_the_order_of_the_file(lee, save):
    """all, semantic, syntactic, then the sections; semantic and syntactic questions make up all."""
    found = evaluate([save("lee", lee)], analogies=["gensim:questions-words"], sections=True)
    names = [name for name, _ in analogy_set("gensim:questions-words").sections]
    assert [row.part for row in found.scores] == ["all", "semantic", "syntactic", *names]
    whole, semantic, syntactic, *sections = found.scores
    assert semantic.used + syntactic.used == whole.used == sum(row.used for row in sections)
    assert semantic.total + syntactic.total == whole.total == 19544
    assert sum(row.used for row in sections[:5]) == semantic.used


def test_a_part_is_judged_by_its_own_questions():
    """Section one is right throughout, section two wrong throughout, each 6 pairs of words with each other."""
    pairs = [(f"a{n}", f"b{n}") for n in range(12)]

    def among(first: int) -> tuple[Any, ...]:
        some = pairs[first : first + 6]
        return tuple((*x, *y) for x in some for y in some if x != y)

    judged = AnalogySet("own", (("one", among(0)), ("gram-two", among(6))))
    answers = np.repeat(np.array([[1, 0]], dtype=np.int8), 30, axis=1)
    rows, _ = judge_analogies(["v"], answers, judged, sections=True, seed=0)
    assert [(row.part, row.score) for row in rows] == [
        ("all", 0.5),
        ("semantic", 1.0),
        ("syntactic", 0.0),
        ("one", 1.0),
        ("gram-two", 0.0),
    ]
    assert (rows[3].words_low, rows[3].words_high) == (1, 1)
    assert rows[0].words_low is not None
    assert rows[0].words_low < 0.2
    assert (rows[0].low, rows[0].high) == wilson(30, 60)


def test_an_own_set_and_unknown_words_both_ways(save, tmp_path):
    """35 of 40 pairs are known and in perfect order: 1. The other five, the least similar, tie at cosine 0: nearly 1."""
    path = own_set(tmp_path, falling(40))
    (row,) = evaluate([save("arc", arc(36))], similarity=[path]).scores
    assert (row.set, row.used, row.total, row.score) == ("falling", 35, 40, 1.0)
    assert (row.low, row.high) == (1.0, 1.0)
    assert row.score_of_all is not None
    assert 0.99 < row.score_of_all < 1


@pytest.mark.parametrize(("known", "scored"), [(29, False), (30, True)])
def test_fewer_than_thirty_pairs_are_no_score(known, scored, save, tmp_path):
    path = own_set(tmp_path, falling(100))
    (row,) = evaluate([save("arc", arc(known + 1))], similarity=[path]).scores
    assert (row.score is not None) == scored
    if not scored:
        assert (row.low, row.score_of_all, row.letters) == (None, None, None)
        assert row.why == "29 of 100 pairs are covered, and a score needs 30"


def test_no_word_of_any_set_is_an_error(save):
    path = save("foreign", arc(50))
    with pytest.raises(InputError) as caught:
        evaluate([path])
    assert str(caught.value) == (
        f"{path} has no vector for any word of WordSim-353, SimLex-999 or questions-words; --similarity "
        "FILE takes a set in the language of the vectors"
    )


def test_vectors_of_zeros_have_no_order(save, tmp_path):
    """Every cosine is 0: no correlation, and it is said why."""
    flat = WordVectors(arc(40).words, np.zeros((40, 3), dtype=np.float32))
    (row,) = evaluate([save("flat", flat)], similarity=[own_set(tmp_path, falling(35))]).scores
    assert (row.score, row.why) == (None, "cosines or scores are all the same, and have no order")


def test_the_better_file_stands_first_and_noise_has_another_letter(save, tmp_path):
    """The same words with random vectors: no correlation is left, and both sets and tests see it."""
    rng = np.random.default_rng(0)
    good = arc(200)
    noise = WordVectors(good.words, rng.normal(size=(200, 20)).astype(np.float32))
    path = own_set(tmp_path, falling(150))
    found = evaluate([save("noise", noise), save("good", good)], similarity=[path], seed=3)
    first, second = found.scores
    assert (Path(first.vectors).name, first.letters, first.delta) == ("good", "a", None)
    assert (Path(second.vectors).name, second.letters) == ("noise", "b")
    assert second.delta is not None
    assert second.score is not None
    assert second.delta == pytest.approx(second.score - 1)
    assert second.delta_high is not None
    assert second.delta_high < 0
    (pair,) = found.pairs
    assert (Path(pair.a).name, Path(pair.b).name, pair.n) == ("noise", "good", 150)
    assert pair.p_holm < 0.001
    assert pair.p_mcnemar is None


def test_the_same_vectors_twice_cannot_be_told_apart(lee, save):
    found = evaluate([save("one", lee), save("two", lee)])
    for row in found.scores:
        if row.part == "all":
            assert row.letters == "a"
            assert row.delta in (None, 0)
    assert {pair.p for pair in found.pairs} == {1.0}
    assert [pair.set for pair in found.pairs] == ["WordSim-353", "SimLex-999", "questions-words"]
    assert found.pairs[2].p_mcnemar == 1


def test_files_are_compared_on_what_both_cover():
    """The second model knows 40 pairs only: the difference is on these, whatever its score on others would be."""
    rng = np.random.default_rng(1)
    judged = falling(80)
    gold = np.array(judged.scores)
    cosines = np.stack([gold + rng.normal(size=80), gold + 20 * rng.normal(size=80)])
    cosines[1, 40:] = np.nan
    rows, (pair,) = judge_similarity(["wide", "narrow"], cosines, judged, seed=0)
    assert pair.n == 40
    assert [(row.vectors, row.used) for row in rows] == [("wide", 80), ("narrow", 40)]
    cosines[0, 41:80] = np.nan
    again, (other,) = judge_similarity(["wide", "narrow"], cosines, judged, seed=0)
    assert (other.delta, other.low, other.high) == (pair.delta, pair.low, pair.high)
    assert {row.vectors: row.used for row in again} == {"wide": 41, "narrow": 40}


def test_where_files_cover_unlike_numbers_the_score_over_all_items_says_which_is_best():
    """The narrow file knows the 35 most similar pairs and has them in perfect order; the wide one has all in a good one."""
    judged = SimilaritySet("own", tuple((f"a{n}", f"b{n}") for n in range(80)), tuple(range(80)))
    gold = np.arange(80.0) / 80
    wide = gold + np.random.default_rng(0).normal(size=80) / 20
    narrow = np.where(gold >= 45 / 80, gold, np.nan)
    rows, _ = judge_similarity(["narrow", "wide"], np.stack([narrow, wide]), judged, seed=0)
    assert [row.vectors for row in rows] == ["wide", "narrow"]
    best, other = rows
    assert best.score is not None
    assert other.score == 1 > best.score
    assert (best.score_of_all or 0) > (other.score_of_all or 0)
    assert best.delta is None
    assert other.delta is not None
    assert (
        other.delta > 0
    )  # on the pairs that both cover it is the better one, and that is said, too
    narrow[:45] = gold[:45]
    rows, _ = judge_similarity(["wide", "narrow"], np.stack([wide, narrow]), judged, seed=0)
    assert [row.vectors for row in rows] == ["narrow", "wide"]


def test_files_with_too_little_in_common_share_no_letter():
    """left and right cover 40 pairs each and none in common; all covers both: two letters, and a reason in place of the third."""
    rng = np.random.default_rng(3)
    judged = falling(80)
    gold = np.array(judged.scores)
    cosines = np.stack([gold + rng.normal(size=80) for _ in range(3)])
    cosines[0, :40] = np.nan
    cosines[1, 40:] = np.nan
    rows, pairs = judge_similarity(["left", "right"], cosines[:2], judged, seed=0)
    assert pairs == []
    assert [row.letters for row in rows] == [None, None]
    assert [row.why for row in rows] == [
        None,
        f"too little is covered by it and by {rows[0].vectors} to compare the two, so it has no letter",
    ]
    rows, pairs = judge_similarity(["left", "right", "all"], cosines, judged, seed=0)
    assert len(pairs) == 2
    assert rows[0].vectors == "all"
    assert None not in (rows[0].letters, rows[1].letters)
    assert rows[2].letters is None
    assert rows[2].why is not None
    assert f" by {rows[1].vectors} " in rows[2].why
    assert rows[2].delta is not None  # to the best it was compared


def test_one_section_alone(lee, save):
    found = evaluate(
        [save("lee", lee)], analogies=["gensim:questions-words"], only=["gram7-past-tense"]
    )
    assert [(row.part, row.used, row.total) for row in found.scores] == [
        ("all", 272, 1560),
        ("gram7-past-tense", 272, 1560),
    ]


def test_subwords_give_vectors_to_unknown_words_where_that_is_asked_for(save, tmp_path):
    """Half of the words are not in the table; their n-grams are."""
    rng = np.random.default_rng(2)
    known = arc(20)
    slots = Subwords(rng.normal(size=(50, 2)).astype(np.float32), 2, 3)
    path = save("grams", WordVectors(known.words, known.vectors, subwords=slots))
    own = own_set(tmp_path, falling(40))
    assert evaluate([path], similarity=[own]).scores[0].used == 19
    assert evaluate([path], similarity=[own], subwords=True).scores[0].used == 40


def test_geometry_is_of_the_words_asked_for(save, tmp_path):
    own = own_set(tmp_path, falling(35))
    path = save("arc", arc(100))
    assert evaluate([path], similarity=[own]).files[0].geometry is None
    shape = evaluate([path], similarity=[own], geometry_words=60).files[0].geometry
    assert shape is not None
    assert shape.words == 60


def test_geometry_that_was_asked_for_is_told_where_no_set_is_covered(save):
    """The shape of a table needs no word of a set; that nothing else can be judged is said."""
    said: list[str] = []
    path = save("foreign", arc(50))
    found = evaluate([path], geometry_words=40, geometry_asked=True, note=said.append)
    assert found.files[0].geometry is not None
    assert found.files[0].geometry.words == 40
    assert {row.used for row in found.scores} == {0}
    assert said[-1].endswith("questions-words; the shape of the table is all that can be told")
    with pytest.raises(InputError, match="has no vector for any word of"):
        evaluate([path], geometry_words=40)


def test_what_the_caller_will_ask_for_must_be_there(save, tmp_path):
    own = own_set(tmp_path, falling(35))
    path = save("royal", royal())
    with pytest.raises(UsageError, match=r"has no such section; did you mean gram7-past-tense\?"):
        evaluate([path], analogies=["gensim:questions-words"], only=["gram7-past-tens"])
    with pytest.raises(UsageError, match=r"no such set is judged; did you mean SimLex-999\?"):
        evaluate([path], gates=["SimLex999"])
    with pytest.raises(UsageError, match="two sets are called falling; name each once"):
        evaluate([path], similarity=[own, own])


def test_the_seed_moves_the_interval_and_nothing_else(lee, save):
    path = save("lee", lee)
    first, again, other = (
        evaluate([path], similarity=["gensim:simlex999"], seed=seed).scores[0] for seed in (0, 0, 1)
    )
    assert first == again
    assert first.score == other.score
    assert first.low != other.low
