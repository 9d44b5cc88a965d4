"""A classifier as a folder: it comes back as it was, damage is told, and nothing else is ever overwritten."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from nlpwb.errors import InputError, ModelError
from nlpwb.specs import parse_spec
from nlpwb.workflows.classifier import Classifier, fit_classifier
from nlpwb.workflows.folders import check_target, read_manifest
from nlpwb.workflows.model_folder import load_model, save_model

from .corpora import LABELS, rows

TEXTS, TARGETS = zip(*rows(40), strict=True)
NEW = ["a sturdy chair", "an awful seat", "nothing known", ""]
SPECS = [
    "majority",
    "bow+nb",
    "onehot+ridge",
    "tfidf:ngrams=1-2,sublinear_tf=yes+svm",
    "tfidf:ngrams=2-3,analyzer=char_wb+knn:k=3",
    "hashing:n_features=64",
    "bow+lsa:dim=3+logreg:C=auto",
]


def fit(spec: str, texts=TEXTS, targets=TARGETS) -> Classifier:
    """A classifier of the sample texts."""
    labels = sorted(set(targets))
    return fit_classifier(parse_spec(spec), texts, targets, labels=labels, seed=0, threads=1)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model folder."""
    save_model(tmp_path / "model", fit("bow+nb"), {"corpus": "sample"})
    return tmp_path / "model"


def change(folder: Path, **fields: object) -> None:
    """Change fields of a manifest; None takes one away."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text()) | fields
    path.write_text(json.dumps({k: v for k, v in manifest.items() if v is not None}))


def listing(folder: Path) -> dict[str, str]:
    """Every file below a folder, hidden ones too, with its content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().hex()
        for path in folder.rglob("*")
        if path.is_file()
    }


# round trip


@pytest.mark.parametrize("spec", SPECS)
def test_a_model_comes_back_as_it_was(tmp_path, spec):
    before = fit(spec)
    save_model(tmp_path / "model", before, {})
    after = load_model(tmp_path / "model")
    np.testing.assert_array_equal(after.scores(NEW), before.scores(NEW))
    assert str(after.spec) == str(before.spec) == spec
    assert after.labels == before.labels == LABELS
    assert (after.seed, after.probabilistic, after.dimensions) == (
        before.seed,
        before.probabilistic,
        before.dimensions,
    )
    assert after.chosen() == before.chosen()
    assert after.unknown_tokens(NEW) == before.unknown_tokens(NEW)


def test_a_model_saved_again_is_the_same_files(tmp_path, model):
    save_model(tmp_path / "again", load_model(model), {"corpus": "sample"})
    first, again = listing(model), listing(tmp_path / "again")
    first.pop("manifest.json"), again.pop("manifest.json")  # it holds the time
    assert first == again


def test_words_and_labels_of_any_script_come_back(tmp_path):
    texts = ["naïve Übel", "日本 語", "😀 smile", "e\u0301 accent"] * 3
    targets = ["schön", "日本", "\ud83d", "a\tb"] * 3
    before = fit("bow:analyzer=whitespace+nb", texts, targets)
    save_model(tmp_path / "model", before, {})
    after = load_model(tmp_path / "model")
    assert after.labels == tuple(sorted(targets[:4]))
    np.testing.assert_array_equal(after.scores(texts), before.scores(texts))


def test_the_manifest_says_what_it_is_and_how_it_was_made(model):
    manifest = read_manifest(model)
    assert (manifest["kind"], manifest["format"], manifest["spec"]) == ("classifier", 1, "bow+nb")
    assert manifest["labels"] == ["bad", "good"]
    assert [part["name"] for part in manifest["parts"]] == ["bow", "nb"]
    assert manifest["made"]["corpus"] == "sample"
    assert manifest["made"]["created"].endswith("Z")
    assert set(manifest["files"]) == {"model.safetensors", "vocabulary.json"}


def test_nothing_in_a_model_can_run(model):
    """Safetensors and JSON only: a model from a stranger must be safe to load."""
    assert set(listing(model)) == {"manifest.json", "model.safetensors", "vocabulary.json"}
    json.loads((model / "vocabulary.json").read_text())
    json.loads((model / "manifest.json").read_text())
    head = int.from_bytes((model / "model.safetensors").read_bytes()[:8], "little")
    json.loads((model / "model.safetensors").read_bytes()[8 : 8 + head])


# what is refused


def refusal(folder: Path) -> str:
    """The sentence with which a model is refused."""
    with pytest.raises(ModelError) as caught:
        load_model(folder)
    return str(caught.value)


def test_a_place_without_a_model(tmp_path):
    assert refusal(tmp_path / "none") == (
        f"there is no model {tmp_path / 'none'}; "
        f"`nlpwb train SPEC CORPUS -o {tmp_path / 'none'}` makes one"
    )


@pytest.mark.parametrize("name", ["model.safetensors", "vocabulary.json"])
def test_a_missing_file_is_named(model, name):
    (model / name).unlink()
    assert refusal(model) == f"the model {model} has lost its file {name}; train it again"


@pytest.mark.parametrize("name", ["model.safetensors", "vocabulary.json"])
@pytest.mark.parametrize("place", [0, 9, -1])
def test_a_flipped_byte_is_told(model, name, place):
    data = bytearray((model / name).read_bytes())
    data[place] ^= 1
    (model / name).write_bytes(data)
    assert refusal(model) == (
        f"the model {model} is damaged: {name} is not what was written; train it again"
    )


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"kind": "classifier"}'])
def test_a_folder_with_an_unreadable_manifest_is_no_model(model, content):
    (model / "manifest.json").write_text(content)
    assert refusal(model) == (
        f"{model} is no model: it has no readable manifest.json; `nlpwb train` makes models"
    )


def test_a_file_is_no_model(tmp_path):
    (tmp_path / "file").write_text("text")
    assert "is no model" in refusal(tmp_path / "file")


@pytest.mark.parametrize(
    "fields",
    [
        {"files": None}, {"files": []}, {"files": {"model.safetensors": 3}}, {"spec": None},
        {"parts": None}, {"parts": []}, {"parts": [{}]}, {"parts": 3}, {"labels": None},
        {"labels": 3}, {"seed": None}, {"seed": "zero"},
    ],
)  # fmt: skip
def test_a_manifest_that_lacks_something_is_damaged(model, fields):
    change(model, **fields)
    assert refusal(model) == (
        f"the model {model} is damaged: manifest.json is not what was written; train it again"
    )


def test_a_newer_format_says_update(model):
    change(model, format=4)
    assert refusal(model) == (
        f"the model {model} has format 4, and this version reads up to 3; update nlpwb"
    )
    change(model, format="two")
    assert "has format two" in refusal(model)


def test_a_model_of_another_kind_is_named(model):
    change(model, kind="translator")
    assert refusal(model) == (
        f"the model {model} is a translator, and this command needs a classifier; it is for "
        "`nlpwb translate`, `nlpwb evaluate`, `nlpwb attend` and `nlpwb trace`"
    )


def test_a_method_of_the_future_is_named(model):
    change(model, spec="hologram+nb")
    sentence = refusal(model)
    assert "was made by a method that this version does not have" in sentence
    assert "hologram" in sentence


# places


def test_an_old_model_is_replaced_whole(tmp_path, model):
    """A file of the old one that the new one does not have must not stay behind and look like part of it."""
    save_model(model, fit("tfidf"), {})
    assert str(load_model(model).spec) == "tfidf"
    assert [path.name for path in tmp_path.iterdir()] == ["model"], "nothing beside it"
    assert set(listing(model)) == {"manifest.json", "model.safetensors", "vocabulary.json"}


def test_a_damaged_model_can_be_replaced(model):
    """The sentence that told of the damage says: train it again."""
    (model / "model.safetensors").unlink()
    save_model(model, fit("majority"), {})
    assert str(load_model(model).spec) == "majority"


def test_an_empty_folder_takes_a_model(tmp_path):
    (tmp_path / "empty").mkdir()
    save_model(tmp_path / "empty", fit("majority"), {})
    assert load_model(tmp_path / "empty").labels == LABELS


STRANGE = {
    "files": lambda folder: (folder / "thesis.tex").write_text("years of work"),
    "a folder": lambda folder: (folder / "src").mkdir(),
    "a hidden file": lambda folder: (folder / ".git").write_text("history"),
    "a manifest of something else": lambda folder: (folder / "manifest.json").write_text(
        '{"manifest_version": 3, "name": "an extension of a browser", "kind": "x", "format": 1}'
    ),
    "an unreadable manifest": lambda folder: (folder / "manifest.json").write_text("{"),
}


@pytest.mark.parametrize("content", STRANGE)
def test_a_folder_that_holds_something_else_is_never_touched(tmp_path, content):
    place = tmp_path / "place"
    place.mkdir()
    STRANGE[content](place)
    before = listing(tmp_path)
    with pytest.raises(InputError, match=r"which is no part of a model; choose another place"):
        check_target(place)
    with pytest.raises(InputError):
        save_model(place, fit("majority"), {})
    assert listing(tmp_path) == before


def test_a_model_folder_with_somebodys_notes_in_it_is_not_replaced(model):
    (model / "notes.txt").write_text("the best so far")
    with pytest.raises(
        InputError, match=r"the folder holds notes.txt, which is no part of a model"
    ):
        save_model(model, fit("majority"), {})
    assert str(load_model(model).spec) == "bow+nb"


def test_a_file_is_never_replaced(tmp_path):
    (tmp_path / "file").write_text("text")
    with pytest.raises(InputError, match="is a file, and a model is a folder"):
        save_model(tmp_path / "file", fit("majority"), {})
    assert listing(tmp_path) == {"file": b"text".hex()}


def test_a_place_whose_parent_is_missing(tmp_path):
    with pytest.raises(InputError, match="does not exist; make it first"):
        check_target(tmp_path / "no" / "model")


def test_the_current_folder_can_be_the_place(tmp_path, monkeypatch):
    """``-o .`` has no name of its own."""
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    save_model(Path(), fit("majority"), {})
    assert load_model(place).labels == LABELS


def test_a_link_keeps_pointing_at_the_model(tmp_path, model):
    link = tmp_path / "link"
    link.symlink_to(model)
    save_model(link, fit("majority"), {})
    assert link.is_symlink()
    assert str(load_model(model).spec) == "majority"
    assert {path.name for path in tmp_path.iterdir()} == {"link", "model"}


def test_where_the_new_one_cannot_come_the_old_one_stays(tmp_path, model, monkeypatch):
    """Fails at the last step, when the old one is already out of its place."""
    before = listing(tmp_path)
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if self.name != "model" and not self.name.endswith(".old"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(InputError, match="no space left on device; choose another place with -o"):
        save_model(model, fit("majority"), {})
    assert listing(tmp_path) == before


def test_a_full_disk_leaves_the_old_model_and_nothing_else(tmp_path, model, monkeypatch):
    from nlpwb.workflows import folders

    def fail(*_):
        raise OSError(28, "No space left on device")

    before = listing(tmp_path)
    monkeypatch.setattr(folders, "save_states", fail)
    with pytest.raises(InputError, match="no space left on device"):
        save_model(model, fit("majority"), {})
    assert listing(tmp_path) == before


def test_the_folder_has_the_rights_that_the_umask_leaves(tmp_path):
    """A folder of the temporary kind would be closed to colleagues."""
    before = os.umask(0o027)
    try:
        save_model(tmp_path / "model", fit("majority"), {})
    finally:
        os.umask(before)
    assert (tmp_path / "model").stat().st_mode & 0o777 == 0o750
