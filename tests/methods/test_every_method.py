"""The list of checks that every method of the catalogue passes; one that is added without an example fails at once."""

from __future__ import annotations

import functools
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from nlpwb.catalogue import CATALOGUE, load
from nlpwb.errors import MethodError
from nlpwb.options import option_table
from nlpwb.specs import parse_spec
from nlpwb.workflows.classifier import Classifier, fit_classifier
from nlpwb.workflows.model_folder import load_model, save_model
from tests.methods.embedding import corpus

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("numpy", "scipy", "sklearn", "gensim", "numba", "torch", "tokenizers", "matplotlib")
HEAVY += ("pyarrow", "zstandard", "safetensors")

SMALL = "dim=10,epochs=30,learning_rate=0.05"
NETWORK = "dim=16,epochs=12,learning_rate=0.01,dropout=0.1,batch_documents=8"
BASE = ROOT / "tests" / "fixtures" / "tiny-base"
"""Two blocks of random weights, and every word of ``embedding.corpus`` a token; ``workflows/pretrained/bases.py`` wrote it."""
EXAMPLES = {
    "majority": "majority",
    "onehot": "onehot",
    "bow": "bow:ngrams=1-2,min_df=2",
    "tfidf": "tfidf:analyzer=char_wb,ngrams=2-4,sublinear_tf=yes",
    "hashing": "hashing:n_features=1024",
    "skipgram": f"skipgram:{SMALL}",
    "cbow": f"cbow:{SMALL},pooling=tfidf",
    "fasttext": f"fasttext:{SMALL},buckets=500,pooling=sif",
    "glove": "glove:dim=10,epochs=50",
    "ppmi": "ppmi:dim=10,pooling=tfidf",
    "vectors": f"vectors:path={ROOT / 'tests' / 'methods' / 'topic_vectors.txt'}",
    "doc2vec": "doc2vec:dim=10,epochs=60,infer_epochs=40,learning_rate=0.05",
    "pretrained": f"pretrained:base={BASE}+logreg:C=100",
    "finetune": f"finetune:base={BASE},pooling=mean,epochs=25,learning_rate=0.003,batch_documents=8",
    "rnn": f"rnn:hidden=16,{NETWORK}",
    "lstm": f"lstm:hidden=16,tokenizer=bpe:60,{NETWORK}",
    "gru": f"gru:hidden=16,layers=2,pooling=attention,{NETWORK}",
    "transformer": f"transformer:heads=2,{NETWORK}",
    "nbow": "nbow:ngrams=2,buckets=500,dim=8,epochs=20",
    "cnn": f"cnn:filters=8,embeddings=skipgram:epochs=5,{NETWORK}",
    "lsa": "tfidf+lsa:dim=4",
    "logreg": "bow+logreg:C=auto",
    "svm": "skipgram:dim=10,epochs=40,learning_rate=0.05,pooling=max+svm",
    "ridge": "tfidf+ridge:class_weight=balanced",
    "nb": "bow+nb:variant=complement",
    "knn": "tfidf+knn:k=3,weights=distance",
}
BASELINES = {"majority"}

TEXTS, LABELS = corpus(61)
EXTRA = ["", "   ", "xyzzy plugh", "harbor xyzzy küche", "👍🏽 好 \x00", "a", *corpus(5, seed=1)[0]]

every_method = pytest.mark.parametrize("name", EXAMPLES)


@functools.cache
def fitted(name: str, seed: int = 0) -> Classifier:
    return fit_classifier(
        parse_spec(EXAMPLES[name]),
        TEXTS,
        LABELS,
        labels=("kitchen", "sea"),
        seed=seed,
        threads=1,
    )


def predicted(classifier: Classifier, texts: list[str]) -> list[str]:
    return [classifier.labels[best] for best in classifier.scores(texts).argmax(axis=1)]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a saved model of every method."""
    folder = tmp_path_factory.mktemp("models")
    for name in EXAMPLES:
        save_model(folder / name, fitted(name), {"command": "a test"})
    return folder


def test_every_method_has_an_example() -> None:
    """Add a line to EXAMPLES, with options small enough to train in a second; ``test_every_writer.py`` has those that write."""
    assert list(EXAMPLES) == [name for name, entry in CATALOGUE.items() if not entry.writes]
    for name, text in EXAMPLES.items():
        assert name in [part.name for part in parse_spec(text).parts]


@every_method
def test_learns_a_small_corpus_to_the_end(name: str) -> None:
    """Two topics whose words never meet: whoever looks at the words tells them apart."""
    right = np.mean([a == b for a, b in zip(predicted(fitted(name), TEXTS), LABELS, strict=True)])
    assert right == (31 / 61 if name in BASELINES else 1.0)


@every_method
def test_predicts_the_same_when_saved_and_loaded(name: str, models: Path) -> None:
    classifier, again = fitted(name), load_model(models / name)
    np.testing.assert_array_equal(
        again.scores(TEXTS + EXTRA), classifier.scores(TEXTS + EXTRA), strict=True
    )
    assert again.spec == classifier.spec
    assert again.labels == classifier.labels
    assert again.dimensions == classifier.dimensions
    assert again.probabilistic == classifier.probabilistic
    assert again.chosen() == classifier.chosen()
    assert again.unknown_tokens(TEXTS + EXTRA) == classifier.unknown_tokens(TEXTS + EXTRA)


def test_every_model_predicts_the_same_in_another_process(models: Path) -> None:
    """What a model says must not hang on this process: on Python's salted hashes, or on what was trained here before."""
    program = (
        "import json, sys\n"
        "from pathlib import Path\n"
        "from nlpwb.workflows.model_folder import load_model\n"
        "folder, texts = Path(sys.argv[1]), json.loads(sys.argv[2])\n"
        "scores = {m.name: load_model(m).scores(texts).tolist() for m in folder.iterdir()}\n"
        "print(json.dumps(scores))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(models), json.dumps(EXTRA)],
        env={**os.environ, "PYTHONHASHSEED": "5", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    scores = json.loads(done.stdout)
    assert set(scores) == set(EXAMPLES)
    for name, got in scores.items():
        near = {"rtol": 1e-9, "atol": 1e-12} if not CATALOGUE[name].network else {"atol": 1e-6}
        np.testing.assert_allclose(got, fitted(name).scores(EXTRA), err_msg=name, **near)


@every_method
def test_order_and_size_of_a_batch_change_no_prediction(name: str) -> None:
    classifier = fitted(name)
    texts = EXTRA + TEXTS[:20]
    together = classifier.scores(texts)
    backwards = classifier.scores(texts[::-1])[::-1]
    alone = np.vstack([classifier.scores([text]) for text in texts])
    halves = np.vstack([classifier.scores(texts[:9]), classifier.scores(texts[9:])])
    # a network computes in float32, and adds in an order that depends on the size of the batch
    near = {"rtol": 1e-9, "atol": 1e-12} if classifier.network is None else {"atol": 1e-5}
    for other in (backwards, alone, halves):
        np.testing.assert_allclose(other, together, **near)
        np.testing.assert_array_equal(other.argmax(axis=1), together.argmax(axis=1))


@every_method
def test_every_text_gets_scores(name: str) -> None:
    """Empty texts, blanks, words and scripts that were never seen; and no texts at all."""
    classifier = fitted(name)
    scores = classifier.scores(EXTRA)
    assert scores.shape == (len(EXTRA), 2)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    assert classifier.scores([]).shape == (0, 2)


@every_method
def test_probabilities_are_probabilities(name: str) -> None:
    classifier = fitted(name)
    judge = classifier.spec.parts[-1].entry
    assert classifier.probabilistic == judge.probabilistic
    scores = classifier.scores(TEXTS + EXTRA)
    sums_to_one = np.allclose(scores.sum(axis=1), 1) and (scores >= 0).all()
    assert sums_to_one == classifier.probabilistic


@every_method
def test_the_same_seed_fits_the_same_model(name: str) -> None:
    """And where the catalogue says that a seed changes nothing, another seed does, too."""
    first = fitted(name).scores(TEXTS + EXTRA)
    again = fitted.__wrapped__(name)  # past the cache of this module
    np.testing.assert_array_equal(again.scores(TEXTS + EXTRA), first)
    if fitted(name).spec.deterministic:
        np.testing.assert_allclose(fitted(name, seed=1).scores(TEXTS + EXTRA), first, atol=1e-9)


@every_method
def test_three_labels(name: str) -> None:
    """The third has a word of its own; a head for two labels only would fail here."""
    texts, labels = [*TEXTS], [*LABELS]
    third = "gravel gravel stone the quarry and gravel stone"
    for place in range(0, len(texts), 3):
        texts[place], labels[place] = third, "quarry"
    spec = parse_spec(EXAMPLES[name])
    classifier = fit_classifier(
        spec, texts, labels, labels=("kitchen", "quarry", "sea"), seed=0, threads=1
    )
    assert classifier.scores(EXTRA).shape == (len(EXTRA), 3)
    if name not in BASELINES:
        assert predicted(classifier, [third]) == ["quarry"]


@every_method
def test_what_it_says_of_itself(name: str) -> None:
    """Dimensions, the kind of matrix and the share of unknown words are what they are said to be."""
    classifier = fitted(name)
    share = classifier.unknown_tokens(["harbor harbor harbor xyzzy"]).share
    if name == "lstm":
        assert share is not None
        assert (
            0 < share < 1 / 2
        )  # of 60 pieces most are letters, and some of xyzzy are none of them
    elif classifier.network is not None:
        assert share == 1 / 4
    elif classifier.representation is None or classifier.spec.representation.name == "hashing":
        assert share is None
    elif classifier.spec.representation.name == "fasttext":
        assert share == 0  # xyzzy has n-grams, and they have vectors
    elif classifier.spec.representation.name == "tfidf" and "char" in EXAMPLES[name]:
        assert share is not None
        assert 0 < share < 1 / 4  # of xyzzy's characters some are known
    else:
        assert share == 1 / 4
    if not classifier.has_vectors:
        assert classifier.dimensions is None
        return
    matrix = classifier.vectors(TEXTS)
    assert matrix.shape == (len(TEXTS), classifier.dimensions)
    if classifier.network is not None:
        assert matrix.dtype == np.float32
        return
    last = classifier.spec.reducer or classifier.spec.representation
    assert sp.issparse(matrix) == (last.output in ("counts", "signed"))
    if last.output == "counts":
        assert matrix.min() >= 0
    if last.output == "dense":
        assert matrix.dtype == np.float32


@every_method
def test_documents_without_a_word_end_in_a_sentence(name: str) -> None:
    """Nothing can be learned from blanks: a method says so, or learns how frequent the labels are."""
    spec = parse_spec(EXAMPLES[name])
    blank, labels = ["", " ", "\n", ""], ["sea", "sea", "sea", "kitchen"]
    if spec.representation.name in ("majority", "hashing"):
        classifier = fit_classifier(
            spec, blank, labels, labels=("kitchen", "sea"), seed=0, threads=1
        )
        assert predicted(classifier, [""]) == ["sea"]
        return
    with pytest.raises(MethodError) as caught:
        fit_classifier(spec, blank, labels, labels=("kitchen", "sea"), seed=0, threads=1)
    assert "; " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_majority_is_the_most_frequent_label() -> None:
    """Two of three; for every text the same, and of equals the first."""
    spec = parse_spec("majority")
    texts, labels = ["x", "y", "z"], ["b", "a", "b"]
    classifier = fit_classifier(spec, texts, labels, labels=("a", "b"), seed=0, threads=1)
    np.testing.assert_allclose(classifier.scores(["anything", ""]), [[1 / 3, 2 / 3]] * 2)
    tied = fit_classifier(spec, texts[:2], labels[:2], labels=("a", "b"), seed=0, threads=1)
    assert predicted(tied, [""]) == ["a"]


@pytest.mark.parametrize("name", CATALOGUE)
def test_its_entry_names_what_is_there(name: str) -> None:
    entry = CATALOGUE[name]
    assert entry.name == name
    assert entry.summary
    assert not entry.summary.endswith(".")
    assert any(character.isdigit() for character in entry.source)  # a year
    assert entry.version >= 1
    assert entry.config.startswith("nlpwb.methods.")
    assert load(entry.config).__doc__
    code = load(entry.code)
    wanted: tuple[str, ...] = ("fit", "state", "from_state")
    if entry.trains:
        wanted = ("build", "features", "forward") if entry.network else ("build", "read")
    if entry.based and entry.network:  # the field's file says how it is built
        wanted = ("features", "forward")
    if entry.writes == "mlm":
        wanted = ("forward", "head", "logits")
    for method in wanted:
        assert callable(getattr(code, method))
    for module in entry.loads:
        assert importlib.import_module(module)
    for info in option_table(load(entry.config)).values():
        assert info.help
        assert len(info.help) < 100


def test_reading_specs_imports_nothing_heavy() -> None:
    """``nlpwb methods``, ``--help`` and a refused spec must answer at once: configs are free of numpy and its like."""
    program = (
        "import importlib, json, sys\n"
        "from nlpwb.catalogue import CATALOGUE\n"
        "from nlpwb.specs import parse_specs\n"
        "for entry in CATALOGUE.values():\n"
        "    importlib.import_module(entry.config.partition(':')[0])\n"
        "for spec in parse_specs(json.loads(sys.argv[1])):\n"
        "    str(spec), spec.deterministic, spec.identity()\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(list(EXAMPLES.values()))],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(json.loads(done.stdout.replace("'", '"')))
    assert "nlpwb" in loaded
    assert loaded.isdisjoint(HEAVY)
