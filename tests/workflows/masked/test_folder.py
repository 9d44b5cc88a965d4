"""The folder of an encoder: as it was, the field's too, a base, evaluated, and asked what fills its masks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from nlpwb.data.corpus import ReadOptions
from nlpwb.errors import InputError, ModelError
from nlpwb.workflows.folders import is_checkpoint, read_manifest
from nlpwb.workflows.language.model import load_language_model
from nlpwb.workflows.masked.evaluating import MaskedEvaluation, evaluate_masked_model
from nlpwb.workflows.masked.filling import Fillings, fill
from nlpwb.workflows.masked.model import MaskedModel, load_masked_model, save_masked_model
from nlpwb.workflows.pretrained.opening import open_base
from nlpwb.workflows.sentences.encoders import base_of
from tests.workflows.pretrained.bases import write_base

from .corpora import GAP, SOURCE, fit, learned, weights


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("masked") / "model"
    save_masked_model(place, learned(), {"corpus": "bank"})
    return place


@pytest.fixture(scope="module")
def checkpoint(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as somebody else's: what the field's libraries read, and nothing of ours."""
    place = tmp_path_factory.mktemp("theirs")
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (place / name).write_bytes((folder / name).read_bytes())
    assert is_checkpoint(place)
    return place


AROUND = "river river river river [MASK] river river river river"


def filled(model: MaskedModel, text: str, top_k: int = 3) -> list[Fillings]:
    return list(fill(model, [text], top_k=top_k))


def test_a_model_comes_back_as_it_was(folder: Path) -> None:
    again = load_masked_model(folder)
    assert weights(again) == weights(learned())
    assert again.tokens.json == learned().tokens.json
    assert str(again.part) == str(learned().part)
    assert filled(again, GAP) == filled(learned(), GAP)


def test_transformers_gives_the_same_ids_and_logits(folder: Path) -> None:
    """The folder is a BERT of the field's, its tokenizer too."""
    transformers = pytest.importorskip("transformers")
    model = learned()
    theirs = transformers.AutoModelForMaskedLM.from_pretrained(folder).eval()
    assert type(theirs).__name__ == "BertForMaskedLM"
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    texts = [GAP, "Money, grüße!", "", "an unbelievable 日本 bank"]
    for text in texts:
        assert tokenizer(text)["input_ids"] == model.tokens.encode([text]).ids.tolist()
    assert tokenizer.mask_token == "[MASK]"
    ids = torch.tensor([model.tokens.encode([GAP]).ids.tolist()])
    with torch.no_grad():
        places = torch.arange(ids.shape[1])
        ours = model.network.logits(model.network(ids, torch.tensor([ids.shape[1]]), places))
        torch.testing.assert_close(ours, theirs(ids).logits[0], atol=1e-4, rtol=1e-4)


def test_capitals_stay_where_they_are_wanted(tmp_path: Path) -> None:
    """lowercase=no, which the field's tokenizers must be told."""
    transformers = pytest.importorskip("transformers")
    spec = "mlm:vocab_size=120,dim=8,layers=1,heads=1,context=20,epochs=1,lowercase=no,patience=0"
    model = fit(spec)
    save_masked_model(tmp_path / "model", model, {})
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "model")
    for text in ("money Money", "Ärger"):
        assert tokenizer(text)["input_ids"] == model.tokens.encode([text]).ids.tolist()
    one, other = (model.tokens.encode([word]).ids.tolist() for word in ("money", "Money"))
    assert one != other


def test_what_the_field_saves_is_read(folder: Path, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    theirs = transformers.AutoModelForMaskedLM.from_pretrained(folder)
    theirs.save_pretrained(tmp_path)
    transformers.AutoTokenizer.from_pretrained(folder).save_pretrained(tmp_path)
    again = load_masked_model(tmp_path)
    one, other = filled(again, GAP)[0], filled(learned(), GAP)[0]
    assert one.tokens == other.tokens
    np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-5)


def test_the_folder_is_a_base(folder: Path) -> None:
    """`finetune`, `pretrained:base=`, `contexts` and the others open it by its name."""
    base = open_base(str(folder))
    assert base.architecture.family.name == "bert"
    assert base.tokens.longest == 10
    part = base_of(str(folder))
    assert part is not None
    assert part.config.base == str(folder)


def test_a_mask_is_filled_by_what_was_learned() -> None:
    (found,) = filled(learned(), GAP, 2)
    assert (found.text, found.mask, found.cut) == (GAP, 1, 0)
    assert found.tokens[0] == "river"
    assert 1 >= found.probabilities[0] > found.probabilities[1] > 0


def test_probabilities_are_shares_of_all_tokens_that_are_no_marks() -> None:
    (found,) = filled(learned(), GAP, 10**6)
    assert abs(sum(found.probabilities) - 1) < 1e-9
    assert not {"[MASK]", "[PAD]", "[CLS]", "[SEP]", "[UNK]"} & set(found.tokens)


def test_each_mask_of_a_text_is_filled() -> None:
    """By the other family's mark, too: people copy what they find."""
    found = filled(learned(), "[MASK] cat cat cat <mask> cat", 1)
    assert [one.mask for one in found] == [1, 2]
    assert [one.tokens[0] for one in found] == ["cat", "cat"]


def test_of_a_long_text_the_part_around_its_masks_is_read() -> None:
    """8 tokens are seen: the mask must be among them, wherever it stands."""
    lines = "money bank " * 10
    for text in (f"{lines} {AROUND}", f"{AROUND} {lines}", f"{lines} {AROUND} {lines}"):
        (found,) = filled(learned(), text, 1)
        assert found.tokens == ("river",)
        assert found.cut > 0
    with pytest.raises(InputError, match=r"lie .* tokens apart, and the model sees 8 at once"):
        filled(learned(), f"[MASK] {lines} [MASK]")


def test_a_text_without_a_mask_is_refused() -> None:
    with pytest.raises(InputError, match=r"'money' has no mask, .* write \[MASK\] where a word is"):
        filled(learned(), "money")


def evaluated(place: Path, text: Path, maskings: int = 2, seed: int = 0) -> MaskedEvaluation:
    return evaluate_masked_model(
        place,
        str(text),
        ReadOptions(),
        maskings=maskings,
        seed=seed,
        device="cpu",
        precision="float32",
        threads=1,
        note=lambda _: None,
    )


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(SOURCE)
    return path


def test_an_evaluation_has_intervals_and_what_one_token_would_get(folder: Path, text: Path) -> None:
    found = evaluated(folder, text)
    assert found.accuracy > 0.75 > found.commonest
    assert found.low <= found.accuracy <= found.high <= 1
    assert found.nats_low < found.nats < found.nats_high
    assert abs(found.perplexity - np.exp(found.nats)) < 1e-9
    assert (found.window, found.maskings, found.masked) == (10, 2, 0.15)
    again = evaluated(folder, text)
    assert (again.accuracy, again.nats, again.low) == (found.accuracy, found.nats, found.low)
    assert evaluated(folder, text, seed=1).nats != found.nats
    assert evaluated(folder, text, maskings=4).hidden == 2 * found.hidden


def test_a_single_window_has_no_interval(folder: Path, text: Path) -> None:
    """From 0 to 1 would be one, and a gate of 0 would be passed by it."""
    text.write_text("cat cat cat cat")
    found = evaluated(folder, text)
    assert found.windows == 1
    assert np.isnan([found.low, found.high, found.nats_low, found.perplexity_high]).all()


def test_a_checkpoint_of_others_is_asked_and_judged_alike(checkpoint: Path, text: Path) -> None:
    model = load_masked_model(checkpoint)
    assert filled(model, GAP) == filled(learned(), GAP)
    found = evaluated(checkpoint, text)
    assert found.accuracy > 0.75
    assert not found.whole_word  # what its training did is not known


def test_a_checkpoint_without_a_head_names_the_way_out(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", [SOURCE])
    with pytest.raises(
        ModelError, match=r"has no head that says hidden tokens; .*`nlpwb train mlm:base="
    ):
        load_masked_model(Path(base))


def test_the_manifest_says_what_it_is_and_other_commands_say_so(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert manifest["kind"] == "masked-model"
    assert json.loads((folder / "config.json").read_text())["architectures"] == ["BertForMaskedLM"]
    with pytest.raises(
        ModelError, match="is an encoder that fills masks, and this command needs a language model"
    ):
        load_language_model(folder)


@pytest.mark.slow
def test_pretraining_on_real_text_beats_the_most_frequent_token(
    shared_data: Path, tmp_path: Path
) -> None:
    """Two minutes on some megabytes of an encyclopedia: words are known from their neighbours, of new articles too."""
    import gzip

    from nlpwb.workflows.language.texts import Texts, pieces_of

    with gzip.open(
        shared_data / "wiki2014_en" / "wiki2014.en.txt.gz", "rt", encoding="utf-8"
    ) as file:
        text = file.read(4_000_000)
    model = fit("mlm:preset=cpu,steps=800", Texts(pieces_of(text), running=True), precision="auto")
    assert model.learned is not None
    assert model.learned.tuning is not None
    assert model.learned.commonest is not None
    assert model.learned.tuning.accuracy > 1.5 * model.learned.commonest
