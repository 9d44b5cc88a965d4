"""What a cell keeps of a method that writes: sums by unit, and what it cost."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from nlpwb.catalogue import CATALOGUE
from nlpwb.errors import MethodError
from nlpwb.specs import parse_spec
from nlpwb.workflows.language import fitting as language_fitting
from nlpwb.workflows.sequences.cells import Material
from nlpwb.workflows.translation import fitting as translation_fitting
from nlpwb.workflows.translation import translating
from nlpwb.workflows.translation.translating import Translation

from .stubs import (  # noqa: F401
    StubModel,
    StubTranslator,
    cache,
    cell_of,
    language_entry,
    loaded,
    pairs,
    running,
)

TEXT = Material(running("train\n"), running("x" * 999 + "\n" + "y" * 1999 + "\n"))


@pytest.fixture
def stub(monkeypatch):
    """``stub-lm`` in the catalogue; what is set is fitted."""
    monkeypatch.setitem(CATALOGUE, "stub-lm", language_entry("stub-lm"))

    def install(model):
        monkeypatch.setattr(language_fitting, "fit_language_model", lambda *_, **__: model)
        return cell_of(parse_spec("stub-lm"))

    return install


def test_a_language_model_by_blocks(stub, cache):  # noqa: F811
    """Two lines of 1,000 and 2,000 bytes, two bits a byte: two blocks."""
    artifact = stub(StubModel(2.0, context=8)).make(cache, TEXT, threads=1)
    assert loaded(artifact, "bytes").tolist() == [1000, 2000]
    assert loaded(artifact, "nats") == pytest.approx([2000 * math.log(2), 4000 * math.log(2)])
    assert not (artifact.path / "nats-wide.npy").exists()
    facts = artifact.facts
    assert (facts["tokenizer"], facts["vocabulary"], facts["lossless"]) == ("char", 50, True)
    assert (facts["parameters"], facts["work"], facts["wide_context"]) == (12, 3000, None)
    assert facts["fit_seconds"] >= 100  # those of an interrupted run among them
    assert facts["model_bytes"] > 8


def test_positions_without_end_are_read_twice_as_far(stub, cache):  # noqa: F811
    artifact = stub(StubModel(2.0)).make(cache, TEXT, threads=1)
    assert artifact.facts["wide_context"] == 16
    assert loaded(artifact, "nats-wide") == pytest.approx(loaded(artifact, "nats") / 2)


def test_probabilities_that_are_no_numbers_are_no_result(stub, cache):  # noqa: F811
    with pytest.raises(MethodError, match="stub-lm gave probabilities that are no numbers"):
        stub(StubModel(math.nan)).make(cache, TEXT, threads=1)


def test_a_translator_by_sentences(monkeypatch, cache):  # noqa: F811
    """Sources are written again: of "word number 0 is here" only the number is right."""
    material = Material(pairs(5), pairs(3))
    said = {}

    def translate(translator, sources, search, *, threads):
        said["beams"] = search.beams
        return [Translation(text, (), 0.0, 0.0, True) for text in sources]

    monkeypatch.setattr(translation_fitting, "fit_translator", lambda *_, **__: StubTranslator())
    monkeypatch.setattr(translating, "translate_all", translate)
    artifact = cell_of(parse_spec("seq2seq"), "translate").make(cache, material, threads=1)
    assert said["beams"] == 5
    assert loaded(artifact, "bleu").tolist() == [[5, 5, 1, 0, 0, 0, 5, 4, 3, 2]] * 3
    assert loaded(artifact, "chrf").shape == (3, 18)
    assert loaded(artifact, "tokens").dtype == np.int64
    kept = json.loads((artifact.path / "translations.json").read_text())
    assert kept == material.test.sources
    assert artifact.facts["work"] == 3


def test_what_a_cell_is_decides_its_key():
    """A device that nobody chose is no part of it."""
    spec = parse_spec("seq2seq")
    one = cell_of(spec, "translate")
    assert one.key.digest == cell_of(spec, "translate", device="auto").key.digest
    assert one.key.digest != cell_of(spec, "translate", device="cuda").key.digest
    assert one.key.digest != cell_of(parse_spec("seq2seq:hidden=64"), "translate").key.digest
