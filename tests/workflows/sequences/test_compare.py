"""Comparisons of methods that write from end to end: what is computed once, what a failure costs, and what comes out."""

from __future__ import annotations

import pytest

from nlpwb.catalogue import CATALOGUE
from nlpwb.data.corpus import ReadOptions
from nlpwb.data.pair_columns import PairOptions
from nlpwb.data.pairs import read_pairs
from nlpwb.errors import MethodError, UsageError
from nlpwb.records_sequences import SequenceResult
from nlpwb.specs import parse_specs
from nlpwb.workflows.language import fitting as language_fitting
from nlpwb.workflows.sequences import compare as comparing
from nlpwb.workflows.sequences.compare import compare_sequences
from nlpwb.workflows.sequences.request import SequenceRequest, writers
from nlpwb.workflows.sequences.sources import LanguageSources, PairSources

from .stubs import StubModel, cache, here, language_entry  # noqa: F401

TINY = "dim=8,epochs=1,tokenizer=char"


@pytest.fixture
def stubs(monkeypatch):
    """``two``, ``three`` need so many bits for a byte; ``broken`` cannot be fitted. Returns what was fitted."""
    bits = {"two": 2.0, "three": 3.0}
    fitted = []

    def fit(part, texts, *, seed, threads, conditions):
        fitted.append((part.name, len(texts), seed))
        if part.name == "broken":
            raise MethodError("the text is too sad; take a happier one")
        conditions.note("learned by heart")
        return StubModel(bits[part.name])

    for name in (*bits, "broken"):
        monkeypatch.setitem(CATALOGUE, name, language_entry(name))
    monkeypatch.setattr(language_fitting, "fit_language_model", fit)
    monkeypatch.setattr(comparing, "compute", here)
    return fitted


@pytest.fixture
def source(tmp_path):
    """A thousand lines of fifty bytes."""
    path = tmp_path / "text.txt"
    path.write_text("".join(f"{i:08d} {'x' * 40}\n" for i in range(1000)))
    return LanguageSources(str(path), ReadOptions())


def request(*specs, **more):
    return SequenceRequest("lm", tuple(parse_specs(specs)), **more)


def test_language_models_on_the_end_of_a_text(stubs, source, cache):  # noqa: F811
    found = compare_sequences(request("three", "two"), source, cache=cache)
    assert [(r.method, round(r.score or 0, 9)) for r in found.results] == [("two", 2), ("three", 3)]
    assert [r.score_wide for r in found.results] == [pytest.approx(1), pytest.approx(1.5)]
    assert [(name, seed) for name, _, seed in stubs] == [("three", 0), ("two", 0)]
    lines = {count for _, count, _ in stubs}
    assert lines == {found.protocol.train_rows}
    assert found.protocol.train_rows == pytest.approx(900, abs=1)
    assert "two: learned by heart" in found.notes
    protocol = found.protocol
    assert (protocol.test_rows, protocol.units, protocol.split) == (
        1000 - protocol.train_rows,
        5,
        "end",
    )
    assert (protocol.metric, protocol.higher_is_better) == ("bits-per-byte", False)


def test_a_repeated_comparison_fits_nothing_and_says_the_same(stubs, source, cache):  # noqa: F811
    first = compare_sequences(request("three", "two"), source, cache=cache)
    stubs.clear()
    again = LanguageSources(source.source, ReadOptions())
    assert compare_sequences(request("three", "two"), again, cache=cache) == first
    assert stubs == []
    assert "train" not in vars(again)  # and no text is read


def test_every_seed_is_a_training(stubs, source, cache):  # noqa: F811
    found = compare_sequences(request("two", seed=3, seeds=2), source, cache=cache)
    assert [seed for _, _, seed in stubs] == [3, 4]
    assert found.protocol.seeds == [3, 4]
    assert found.results[0].seed_sd == pytest.approx(0)


def test_a_method_that_fails_costs_its_row_alone(stubs, source, cache):  # noqa: F811
    found = compare_sequences(request("broken", "two"), source, cache=cache)
    assert [r.method for r in found.results] == ["two", "broken"]
    assert found.failed == [
        SequenceResult(method="broken", error="the text is too sad; take a happier one")
    ]
    assert found.answer is None
    nothing = compare_sequences(request("broken"), source, cache=cache)
    assert (nothing.pairs, nothing.protocol.separable) == ([], None)


def test_a_method_of_another_task_is_refused_and_the_nearest_is_named():
    with pytest.raises(UsageError, match="--task lm compares language models, and tfidf is none"):
        writers(["tfidf"], "lm")
    with pytest.raises(UsageError, match=r"translators, and lstm-lm is none"):
        writers(["seq2seq", "lstm-lm"], "translate")
    assert [str(spec) for spec in writers([], "translate")] == [
        "seq2seq",
        "seq2seq-attention",
        "seq2seq-transformer",
    ]


@pytest.mark.slow
def test_translators_in_processes_of_their_own(cache):  # noqa: F811
    """The real ones, for an epoch: what they write is bad, and all figures are there."""
    sources = PairSources(lambda: read_pairs("sample:pairs", PairOptions()))
    specs = (f"seq2seq:hidden=8,{TINY}", f"seq2seq-attention:hidden=8,{TINY}")
    asked = SequenceRequest("translate", tuple(parse_specs(specs)), test_size=0.05)
    found = compare_sequences(asked, sources, cache=cache)
    assert not found.failed, found.failed
    for result in found.results:
        assert 0 <= (result.score or 0) < 50
        assert (result.perplexity or 0) > 1
        assert result.sentences_per_second
    assert found.protocol.signatures is not None
    assert found.protocol.train_rows + found.protocol.test_rows == 420
