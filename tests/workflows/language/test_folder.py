"""A language model as a folder: it comes back as it was, damage is told, and models of other kinds are refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from nlpwb.errors import InputError, ModelError
from nlpwb.specs import parse_spec
from nlpwb.workflows.classifier import fit_classifier
from nlpwb.workflows.folders import read_manifest
from nlpwb.workflows.language.model import (
    LanguageModel,
    load_language_model,
    save_language_model,
)
from nlpwb.workflows.language.texts import Texts
from nlpwb.workflows.model_folder import load_model, save_model
from nlpwb.workflows.translation.folder import load_translator

from .corpora import SPECS, TEXT, fit, learned, part_of

STRANGE = Texts(["bank", "", "naïve 日本 😀\r\n", "\u2028 \x0b"], running=False)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with each model, by the method's name."""
    place = tmp_path_factory.mktemp("models")
    for name in SPECS:
        save_language_model(place / name, learned(name), {"corpus": "bank"})
    return place


@pytest.fixture
def copy(folders: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folders / "gpt", tmp_path / "model"))


@pytest.mark.parametrize("name", SPECS)
def test_a_model_comes_back_as_it_was(folders: Path, name: str) -> None:
    before, after = learned(name), load_language_model(folders / name, device="cpu")
    for texts in (TEXT, STRANGE):
        one, other = before.score(texts), after.score(texts)
        np.testing.assert_allclose(other.nats, one.nats, atol=1e-6, rtol=0)
        np.testing.assert_array_equal(other.tokens, one.tokens)
        np.testing.assert_array_equal(other.bytes, one.bytes)
    assert after.describe() == before.describe()
    assert after.trained_context == before.trained_context
    assert str(after.part) == str(before.part)
    assert after.tokens.tokens == before.tokens.tokens


def test_a_model_saved_again_is_the_same_files(folders: Path, tmp_path: Path) -> None:
    for name in SPECS:
        again = load_language_model(folders / name)
        save_language_model(tmp_path / name, again, {"corpus": "bank"})
        files = sorted(path.name for path in (folders / name).iterdir())
        assert sorted(path.name for path in (tmp_path / name).iterdir()) == files
        for file in set(files) - {"manifest.json"}:  # it holds the time
            first, second = (place / name / file for place in (folders, tmp_path))
            assert first.read_bytes() == second.read_bytes(), f"{name}/{file}"


@pytest.mark.parametrize("tokenizer", ["words", "byte-bpe:300"])
def test_every_kind_of_tokens_comes_back(tmp_path: Path, tokenizer: str) -> None:
    made = fit(f"ngram-lm:order=3,tokenizer={tokenizer}")
    save_language_model(tmp_path / "model", made, {})
    again = load_language_model(tmp_path / "model")
    np.testing.assert_array_equal(again.score(STRANGE).nats, made.score(STRANGE).nats)


def test_the_manifest_says_what_it_is(folders: Path) -> None:
    manifest = read_manifest(folders / "gpt")
    model = learned("gpt")
    assert (manifest["kind"], manifest["spec"]) == ("language-model", str(model.part))
    assert manifest["parameters"] == model.parameters
    assert manifest["vocabulary"] == model.tokens.vocabulary
    assert manifest["lossless"] is True
    assert manifest["made"]["corpus"] == "bank"
    assert manifest["made"]["created"].endswith("Z")


def test_nothing_in_a_model_can_run(folders: Path) -> None:
    """Safetensors and JSON only: a model from a stranger must be safe to load."""
    for name in SPECS:
        for path in (folders / name).iterdir():
            if path.suffix == ".json":
                json.loads(path.read_text(encoding="utf-8"))
            else:
                assert path.name == "model.safetensors"
                head = int.from_bytes(path.read_bytes()[:8], "little")
                json.loads(path.read_bytes()[8 : 8 + head])


def test_flipped_weights_are_told(copy: Path) -> None:
    """One bit of one weight: figures of another model under this one's name."""
    path = copy / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"is damaged: model\.safetensors is not what was written"):
        load_language_model(copy)


def test_a_lost_file_and_a_later_format_are_told(copy: Path, tmp_path: Path) -> None:
    manifest = copy / "manifest.json"
    said = manifest.read_text(encoding="utf-8")
    manifest.write_text(said.replace('"format": 1', '"format": 99'), encoding="utf-8")
    with pytest.raises(ModelError, match="has format 99"):
        load_language_model(copy)
    manifest.write_text(said, encoding="utf-8")
    (copy / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"has lost its file model\.safetensors"):
        load_language_model(copy)
    with pytest.raises(ModelError, match="there is no model"):
        load_language_model(tmp_path / "nothing")
    with pytest.raises(ModelError, match=r"no readable manifest\.json"):
        load_language_model(tmp_path)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [("gpt", "dim=16", "dim=32"), ("lstm-lm", "dim=24", "dim=25"), ("gpt", "layers=1", "layers=2")],
)  # fmt: skip
def test_weights_of_another_shape_are_told(name: str, old: str, new: str) -> None:
    """A state that does not fit the options: a sentence, and no trace."""
    part = part_of(SPECS[name].replace(old, new))
    with pytest.raises(ModelError, match=f"weights of the {name} do not fit its options"):
        LanguageModel.from_state(part, learned(name).state())


def test_counts_of_a_shorter_order_are_told() -> None:
    part = part_of(SPECS["ngram-lm"].replace("order=5", "order=6"))
    with pytest.raises(ModelError):
        LanguageModel.from_state(part, learned("ngram-lm").state())


def test_models_of_another_kind_are_refused_and_the_commands_that_fit_are_named(
    folders: Path, tmp_path: Path
) -> None:
    texts, labels = ["good tea", "bad tea"] * 4, ["yes", "no"] * 4
    classifier = fit_classifier(
        parse_spec("bow+nb"), texts, labels, labels=["no", "yes"], seed=0, threads=1
    )
    save_model(tmp_path / "labels", classifier, {})
    with pytest.raises(ModelError) as caught:
        load_language_model(tmp_path / "labels")
    assert "is a classifier, and this command needs a language model" in str(caught.value)
    assert "`nlpwb predict`" in str(caught.value)
    for load in (load_model, load_translator):
        with pytest.raises(ModelError) as caught:
            load(folders / "gpt")
        assert "is a language model, and this command needs a" in str(caught.value)
        assert "`nlpwb generate`" in str(caught.value)


def test_what_is_no_model_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear diary")
    with pytest.raises(InputError, match=r"the folder holds diary\.txt"):
        save_language_model(tmp_path / "mine", learned("ngram-lm"), {})
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["diary.txt"]
    save_language_model(tmp_path / "model", learned("ngram-lm"), {})
    save_language_model(tmp_path / "model", learned("gpt"), {})
    assert load_language_model(tmp_path / "model").part.name == "gpt"
