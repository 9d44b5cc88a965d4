"""What is said of a translator is what sacrebleu and its own probabilities say."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from nlpwb.data.pair_columns import PairOptions
from nlpwb.data.pairs import part_of, read_pairs
from nlpwb.workflows.translation.evaluating import TranslationFigures, evaluate_translator
from nlpwb.workflows.translation.folder import load_translator, save_translator
from nlpwb.workflows.translation.search import Search
from tests.workflows.translation.learned import SPECS, first_pairs, fit

PAIRS = part_of(read_pairs("sample:pairs", PairOptions()), range(30, 60))
"""Ten that were learnt, twenty that were not."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A translator on disk."""
    place = tmp_path_factory.mktemp("evaluated") / "model"
    save_translator(place, fit(SPECS["seq2seq-attention"], first_pairs()), {})
    return place


@pytest.fixture(scope="module")
def found(folder: Path) -> TranslationFigures:
    """Its figures on pairs of which it knows a third."""
    return evaluate_translator(folder, PAIRS, search=Search(beams=2), seed=0)


def test_bleu_and_chrf_are_those_of_sacrebleu(found: TranslationFigures) -> None:
    """The figure and its signature must be what everybody else computes from the same texts."""
    bleu, chrf = BLEU(), CHRF()
    for figure, metric in zip(found.figures, (bleu, chrf), strict=False):
        score = metric.corpus_score(found.translations, [PAIRS.targets])
        assert figure.score == pytest.approx(score.score, abs=1e-9)
        assert figure.signature == str(metric.get_signature())
        assert figure.low <= figure.score <= figure.high
    assert [figure.metric for figure in found.figures] == ["BLEU", "chrF", "perplexity"]
    assert 10 < found.bleu.score < 90


def test_perplexity_is_teacher_forced(found: TranslationFigures, folder: Path) -> None:
    """exp of the mean nats of the true targets, whatever was translated."""
    scores = load_translator(folder).score(PAIRS.sources, PAIRS.targets)
    mean = float(scores.nats.sum() / scores.tokens.sum())
    assert found.nats_per_token == pytest.approx(mean)
    assert found.figures[2].score == pytest.approx(math.exp(mean))
    assert found.tokens == scores.tokens.sum()


def test_a_document_has_all_but_the_texts(found: TranslationFigures) -> None:
    """JSON says how it was searched; translations are `nlpwb translate`'s to print."""
    document = found.document()
    assert document["search"] == {
        "beams": 2,
        "length_penalty": 1.0,
        "max_tokens": None,
        "batch": 64,
    }
    assert "translations" not in document
    assert document["pairs"] == 30
