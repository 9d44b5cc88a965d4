"""One method, one training part: what is asked of it, and what is kept of its answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from nlpwb.cache.store import Artifact, Cache
from nlpwb.data.wordsets import builtin_analogies, builtin_similarity
from nlpwb.errors import MethodError
from nlpwb.evaluation.retrieval import chance, reciprocal_ranks
from nlpwb.specs import parse_spec
from nlpwb.vectors.folder import write_folder
from nlpwb.vectors.table import WordVectors
from nlpwb.workflows.intrinsic.cells import IntrinsicCell, Material, _check_numbers
from nlpwb.workflows.intrinsic.request import has_word_vectors, representations

from .intrinsic_corpora import topics

TRAIN = topics(80)
QUERIES = topics(30, seed=1)
REFERENCE = [f"subject{number}" for number in range(40)]
SKIPGRAM = "skipgram:dim=8,epochs=2"


def cell(spec: str, part: str = "train", **more) -> IntrinsicCell:
    """A cell of this spec."""
    (plain,) = representations([spec], reason="no labels")
    return IntrinsicCell(plain, part, more.get("seed", 0), more.get("rows", "rows"), "question")


def material(**changes) -> Material:
    """The texts above, with everything asked."""
    whole = {"train": TRAIN, "queries": QUERIES, "held_out": QUERIES, "unit": "words"}
    return Material(**{**whole, "reference": REFERENCE, **changes})


def made(folder: Path, spec: str, part: str = "train", **changes) -> Artifact:
    """The artifact of a cell."""
    cache = Cache(folder)
    return cell(spec, part).make(cache, material(**changes), threads=1)


def standings(artifact: Artifact) -> np.ndarray:
    return np.load(artifact.path / "standings.npy")


def test_documents_of_planted_topics_find_their_other_halves(tmp_path):
    """Two of forty subjects a document: both halves name them, few other documents do."""
    ranks = reciprocal_ranks(standings(made(tmp_path, "tfidf")))
    assert ranks.mean() > 0.8


@pytest.mark.parametrize("spec", ["bow", "tfidf", "skipgram:dim=4,epochs=1"])
def test_a_method_that_knows_no_word_of_them_guesses(tmp_path, spec):
    """Trained on other words, every document is a vector of zeros: no free lunch, and no hunger."""
    strange = ["alpha beta gamma delta epsilon zeta"] * 10
    found = made(tmp_path, spec, train=strange)
    assert (standings(found) == [0, 30]).all()
    assert reciprocal_ranks(standings(found)).mean() == pytest.approx(chance(30, k=10)[0])
    assert found.facts["oov_rate"] == 1


def test_sparse_methods_are_asked_for_documents_alone(tmp_path):
    found = made(tmp_path, "tfidf+lsa:dim=10")
    assert [path.name for path in found.path.glob("*.npy")] == ["standings.npy"]
    assert found.facts["dimensions"] == 10
    assert found.facts["word_vectors"] is False
    assert found.facts["documents"] == 30
    assert found.facts["peak_bytes"] >= 0
    assert found.facts["model_bytes"] > 10 * 4 * 50  # the directions, float32


def test_word_vectors_are_asked_for_words_too(tmp_path):
    found = made(tmp_path, SKIPGRAM, train=[*TRAIN, *["King queen man woman"] * 5])
    for number, similarity in enumerate(builtin_similarity()):
        cosines = np.load(found.path / f"similarity-{number}.npy")
        assert cosines.shape == (len(similarity.pairs),)
        known = {"king", "queen", "man", "woman", "chair", "wood", "seat"}
        for pair, cosine in zip(similarity.pairs, cosines, strict=True):
            if {word.lower() for word in pair} <= known:
                assert np.isfinite(cosine), pair  # whatever the case of the pair
    answers = np.load(found.path / "analogies.npy")
    questions = builtin_analogies().questions
    assert answers.shape == (len(questions),)
    asked = {question for question, answer in zip(questions, answers, strict=True) if answer >= 0}
    assert {word.lower() for question in asked for word in question} == {
        "king", "queen", "man", "woman"
    }  # fmt: skip


def kept_words(artifact: Artifact) -> tuple[list[int], np.ndarray]:
    return np.load(artifact.path / "known.npy").tolist(), np.load(artifact.path / "units.npy")


def test_the_reference_words_that_the_method_knows_are_kept_with_their_directions(tmp_path):
    """Unknown words leave a gap in the numbers, and no line in the table; subject29 is rarer than min_count."""
    reference = ["unknown", *REFERENCE[:10], "missing", *REFERENCE[10:]]
    known, units = kept_words(made(tmp_path, SKIPGRAM, reference=reference))
    assert [reference[place] for place in range(42) if place not in known] == [
        "unknown", "missing", "subject29"
    ]  # fmt: skip
    assert (units.shape, units.dtype) == ((39, 8), np.float16)
    assert np.linalg.norm(units.astype(np.float64), axis=1) == pytest.approx(1, abs=0.002)


def test_a_vector_of_zeros_is_not_known_and_one_that_is_no_number_fails(tmp_path):
    """Zeros have no neighbours and must not count as a probe; NaN must not become a figure."""
    table = np.ones((40, 2), dtype=np.float32)
    table[3] = 0
    path = tmp_path / "own"
    write_folder(path, WordVectors(REFERENCE, table), {})
    known, _ = kept_words(made(tmp_path / "cache", f"vectors:path={path}"))
    assert known == [place for place in range(40) if place != 3]
    table[4, 1] = np.nan
    write_folder(tmp_path / "broken", WordVectors(REFERENCE, table), {})
    spec = f"vectors:path={tmp_path / 'broken'}"
    for part in ("train", "half-a"):
        with pytest.raises(MethodError, match="gave vectors that are not numbers; leave it out"):
            made(tmp_path / "cache", spec, part)


@pytest.mark.parametrize("matrix", [np.array([[1, np.inf]]), sp.csr_matrix([[0, np.nan]])])
def test_steps_that_were_too_large_are_named(matrix):
    with pytest.raises(MethodError) as caught:
        _check_numbers(matrix, parse_spec("skipgram"))
    assert str(caught.value) == ("skipgram gave vectors that are not numbers; lower learning_rate")


def test_another_training_is_asked_for_words_alone(tmp_path):
    found = made(tmp_path, SKIPGRAM, "half-a", queries=[], held_out=[])
    assert {path.name for path in found.path.glob("*.npy")} == {"known.npy", "units.npy"}


def test_a_reducer_on_top_leaves_the_words_as_they_are(tmp_path):
    plain = made(tmp_path, SKIPGRAM)
    reduced = made(tmp_path, f"{SKIPGRAM}+lsa:dim=3")
    assert reduced.facts["dimensions"] == 3
    one, other = (np.load(found.path / "analogies.npy") for found in (plain, reduced))
    assert (one == other).all()


def test_the_key_holds_what_decides_and_not_the_name_of_the_part():
    whole = cell("skipgram").key.digest
    assert cell("skipgram", "half-a").key.digest != whole
    assert cell("skipgram", seed=1).key.digest != whole
    assert cell("skipgram", rows="others").key.digest != whole
    assert cell("skipgram:dim=50").key.digest != whole
    assert cell("skipgram", "half-a").key.digest == cell("skipgram", "half-b").key.digest


def test_a_document_method_has_no_word_vectors():
    specs = {"skipgram": True, "fasttext": True, "doc2vec": False, "tfidf": False, "bow": False}
    assert {name: has_word_vectors(parse_spec(name)) for name in specs} == specs
