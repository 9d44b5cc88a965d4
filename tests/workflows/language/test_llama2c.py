"""A trained Llama-shaped model of somebody else: its documented text, word for word, and files that are none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from nlpwb.errors import ModelError
from nlpwb.workflows.language.llama2c import open_llama2c
from nlpwb.workflows.language.model import load_language_model


@pytest.fixture
def stories(shared_data: Path, tmp_path: Path) -> Path:
    """The model in a folder of the test's own, which may be spoilt."""
    folder = tmp_path / "stories"
    shutil.copytree(shared_data / "models" / "stories260K", folder)
    for path in [folder, *folder.iterdir()]:
        path.chmod(0o755)
    return folder / "stories260K.bin"


def test_greedy_decoding_gives_the_documented_text(stories: Path) -> None:
    """The text stands in the file beside the model; a wrong turn of a pair or a wrong head of keys would end it early."""
    page = stories.with_suffix(".md").read_text(encoding="utf-8")
    documented = page.split("-t 0.0\n", 1)[1].split("\n```", 1)[0]
    model = load_language_model(stories)
    reader, tokens = model.reader, model.tokens
    ids, one = [tokens.end], torch.tensor([1])
    memory = model.network.start(1)
    with torch.inference_mode():
        for _ in range(256):
            logits, memory = reader.read(torch.tensor([ids[-1:]]), one, memory)
            ids.append(int(logits.argmax()))
            if ids[-1] == tokens.end:
                break
    assert tokens.decode(ids) == documented


def test_its_tokens_give_a_text_back(stories: Path) -> None:
    _, _, tokens = open_llama2c(stories)
    for text in ("Once upon a time", "  two  spaces\nand a line", "naïve 你好", ""):
        ids = tokens.encode(text)
        assert tokens.decode(ids.tolist()) == text
        streamer = tokens.streamer()
        assert "".join(map(streamer.push, ids.tolist())) + streamer.finish() == text
    assert [tokens.tokens[i] for i in tokens.encode("Once upon a time")] == [
        *(" Once", " upon", " a", " time"),
    ]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda file: file.write_bytes(file.read_bytes()[:20]), "too short for a model"),
        (lambda file: file.write_bytes(file.read_bytes()[:500_000]), "is cut short: it has"),
        (lambda file: file.write_bytes(b"\x00" * 100), "its first numbers make no sense"),
        (lambda file: (file.parent / "tok512.bin").unlink(), "needs its tokenizer beside it"),
        (lambda file: shutil.copy(file, file.parent / "tok9.bin"), "and there is more than one"),
        (
            lambda file: (file.parent / "tok512.bin").write_bytes(b"\x00" * 30),
            "cut short: it has 3 tokens, and the model 512",
        ),
    ],
)
def test_what_is_no_model_is_named(stories: Path, spoil: object, sentence: str) -> None:
    spoil(stories)  # type: ignore[operator]
    with pytest.raises(ModelError, match=sentence):
        open_llama2c(stories)
