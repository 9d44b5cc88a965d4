"""Comparisons without labels from end to end: what is computed once, what a failure costs, and what comes out."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from nlpwb.cache.store import Cache
from nlpwb.data.corpus import ReadOptions
from nlpwb.errors import InputError, UsageError
from nlpwb.records_intrinsic import IntrinsicComparison, IntrinsicResult
from nlpwb.specs import parse_specs
from nlpwb.workflows.design import Design, Sources
from nlpwb.workflows.intrinsic.compare import (
    compare_without_labels,
    leaving_labels_out,
    name_if_unlabelled,
)
from nlpwb.workflows.intrinsic.request import PRESET, IntrinsicRequest, representations

from .corpora import write_csv
from .intrinsic_corpora import COMMON, compared, design, topics, write_lines

SKIPGRAM = "skipgram:dim=8,epochs=2"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    """600 documents of planted topics, 120 of them asked."""
    return write_lines(tmp_path_factory.mktemp("corpus") / "topics.txt", topics(600))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache of the comparison below."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def whole(source: str, root: Path) -> IntrinsicComparison:
    """Three methods compared."""
    return compared(Cache(root), design(source), f"{SKIPGRAM} tfidf bow:analyzer=char,ngrams=1")


def by_method(found: IntrinsicComparison) -> dict[str, IntrinsicResult]:
    return {result.method: result for result in found.results}


def made(root: Path) -> dict[str, int]:
    """The cells, plans and verdicts of a cache: each with what changes when it is made anew."""
    return {
        str(path.relative_to(root)): path.stat().st_ino
        for path in root.glob("intrinsic*/*/manifest.json")
    }


def test_what_sees_the_topics_is_best_and_told_apart(whole):
    """tfidf weighs subjects above common words; counts of letters see next to nothing."""
    best, letters = whole.results[0], by_method(whole)["bow:analyzer=char"]
    assert best.mrr is not None
    assert letters.mrr is not None
    assert best.method == "tfidf"
    assert best.mrr > 0.7 > letters.mrr
    assert best.letters == "a"
    assert "a" not in (letters.letters or "")
    assert letters.delta == pytest.approx(letters.mrr - best.mrr)
    assert letters.delta_high is not None
    assert letters.delta_high < 0
    assert whole.answer is not None
    assert whole.answer.best == "tfidf"


def test_figures_lie_inside_their_intervals(whole):
    for result in whole.results:
        for name in ("mrr", "recall", "half_stability", "seed_stability"):
            value = getattr(result, name)
            if value is not None:
                low, high = getattr(result, f"{name}_low"), getattr(result, f"{name}_high")
                assert 0 <= low <= value <= high <= 1, name


def test_only_word_vectors_have_figures_of_words(whole):
    found = by_method(whole)
    of_words = [
        field.name
        for field in dataclasses.fields(IntrinsicResult)
        if field.name.startswith(("wordsim", "simlex", "analog", "seed_", "half_"))
    ]
    assert {getattr(found["tfidf"], name) for name in of_words} == {None}
    skipgram = found[SKIPGRAM]
    assert skipgram.seed_stability_words == skipgram.half_stability_words == 50
    assert skipgram.wordsim353_pairs == 0
    assert (skipgram.wordsim353, skipgram.analogies, skipgram.analogies_questions) == (
        None,
        None,
        0,
    )


def test_the_protocol_says_how_it_was_made(whole):
    protocol = whole.protocol
    assert (protocol.rows, protocol.train_rows, protocol.held_out_rows) == (600, 480, 120)
    assert (protocol.half_rows, protocol.queries, protocol.least_units) == ([240, 240], 120, 20)
    assert protocol.reference_words == 40 + len(COMMON)
    assert protocol.chance_mrr == pytest.approx(sum(1 / r for r in range(1, 121)) / 120)
    assert protocol.separable is not None
    assert 0 < protocol.separable < 0.2


def test_the_repeated_question_reads_no_text_and_computes_nothing(whole, source, root):
    before = made(root)
    sources = Sources(design(source))
    specs = representations([SKIPGRAM, "tfidf", "bow:analyzer=char,ngrams=1"], reason="no labels")
    request = IntrinsicRequest(design(source), tuple(specs))
    again = compare_without_labels(request, cache=Cache(root), sources=sources)
    assert again == whole
    assert not sources.has_read
    assert made(root) == before


def test_a_method_that_is_added_costs_itself_only(whole, source, root):
    before = made(root)
    seen: list[str] = []
    specs = representations(["tfidf", SKIPGRAM, "bow"], reason="no labels")
    compare_without_labels(
        IntrinsicRequest(design(source), tuple(specs)),
        cache=Cache(root),
        progress=lambda event: seen.append(event.method),
    )
    assert [method for method in seen if method] == ["bow"]
    after = made(root)
    assert {name: after[name] for name in before} == before


def test_a_lost_cell_is_computed_again_and_no_other(source, tmp_path):
    """As after a kill: what was finished stays."""
    cache = Cache(tmp_path)
    first = compared(cache, design(source), f"{SKIPGRAM} bow")
    cells = sorted(tmp_path.glob("intrinsic/*/units.npy"))
    assert len(cells) == 4
    inodes = {path.parent.name: path.stat().st_ino for path in cells}
    lost = cells[0].parent
    for path in lost.iterdir():
        path.unlink()
    lost.rmdir()
    again = compared(cache, design(source), f"{SKIPGRAM} bow")
    now = {path.parent.name: path.stat().st_ino for path in tmp_path.glob("intrinsic/*/units.npy")}
    assert {name for name in inodes if now[name] != inodes[name]} <= {lost.name}
    assert set(now) == set(inodes)
    assert [result.method for result in again.results] == [
        result.method for result in first.results
    ]


def test_a_failed_method_has_its_row_and_the_others_stand(source, tmp_path):
    found = compared(Cache(tmp_path), design(source), "tfidf:min_df=10000 bow")
    assert [result.method for result in found.results] == ["bow", "tfidf:min_df=10000"]
    failed = found.results[-1]
    assert failed.error is not None
    assert failed.error.startswith("no term of the documents (480) is left after min_df=10000")
    assert failed.mrr is None
    assert found.failed == [failed]
    assert (found.pairs, found.answer) == ([], None)


def test_a_training_that_fails_on_a_half_costs_the_stability_alone(tmp_path):
    """A word often enough in the whole part, and too rare in either half."""
    texts = [f"{text} often often" for text in topics(100, subjects=400)]
    found = compared(
        Cache(tmp_path),
        design(write_lines(tmp_path / "c.txt", texts)),
        "skipgram:dim=4,epochs=1,min_count=100 bow",
    )
    result = by_method(found)["skipgram:dim=4,min_count=100,epochs=1"]
    assert result.error is None
    assert result.mrr is not None
    assert result.half_stability is None
    assert result.stability_error is not None
    assert result.stability_error.startswith("training on the first half: ")
    assert found.failed == [result]


def test_what_has_labels_is_told_by_its_first_bytes(tmp_path):
    labelled = write_csv(
        tmp_path / "l.csv", [(text, "xy"[i % 2]) for i, text in enumerate(topics(30))]
    )
    plain = write_lines(tmp_path / "p.txt", topics(30))
    for source, name in ((labelled, None), (plain, "p.txt"), ("sample:prose", "sample:prose")):
        sources = Sources(Design(source, ReadOptions()))
        assert name_if_unlabelled(sources) == name
        assert not sources.has_read
    without = leaving_labels_out(Sources(Design(labelled, ReadOptions())))
    assert without.train.labels is None


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("tfidf+svm:C=2", "no labels, so +svm:C=2 has none to predict; write tfidf"),
        ("tfidf+logreg", "no labels, so +logreg has none to predict; write tfidf"),
        ("tfidf+lsa+ridge", "no labels, so +ridge has none to predict; write tfidf+lsa"),
        ("majority", "no labels, and majority does nothing but predict them; leave it out"),
    ],
)
def test_a_head_has_nothing_to_predict(spec, sentence):
    with pytest.raises(UsageError) as error:
        representations([spec], reason="no labels")
    assert str(error.value) == sentence


def test_the_preset_is_of_representations():
    """Every trainer of word vectors that there is, and documents without one."""
    specs = representations(PRESET, reason="no labels")
    assert [str(spec) for spec in specs] == list(PRESET)
    assert {"skipgram", "cbow", "fasttext", "tfidf", "tfidf+lsa"} <= set(PRESET)
    assert len(parse_specs(PRESET)) == len(PRESET)


def test_a_method_of_the_preset_that_needs_more_text_is_left_out_and_named_ones_are_not(
    tmp_path,
):
    source = write_lines(tmp_path / "c.txt", topics(60))
    specs = tuple(representations(["bow", "tfidf+lsa", "ppmi"], reason="no labels"))
    cache = Cache(tmp_path / "cache")
    preset = compare_without_labels(
        IntrinsicRequest(design(source), specs, preset=True), cache=cache
    )
    assert [result.method for result in preset.results] == ["bow"]
    assert preset.protocol.reference_words < 100
    assert preset.notes[-2:] == [
        "tfidf+lsa is left out: it needs more than 48 training documents",
        f"ppmi is left out: its 100 dimensions are more than the {preset.protocol.reference_words} words that stand "
        "often enough in both halves of the training documents",
    ]
    named = compare_without_labels(IntrinsicRequest(design(source), specs), cache=cache)
    assert [(result.method, result.error is None) for result in named.results] == [
        ("bow", True),
        ("tfidf+lsa", False),
        ("ppmi", False),
    ]


def test_no_method_at_all(source, tmp_path):
    with pytest.raises(UsageError, match="a comparison needs a method"):
        compared(Cache(tmp_path), design(source), "")


def test_a_missing_corpus(tmp_path):
    with pytest.raises(InputError):
        name_if_unlabelled(Sources(Design(str(tmp_path / "none.txt"), ReadOptions())))
