"""A GPT-2-shaped folder of the field writes, and says how likely a text is, as the field's library says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from nlpwb.errors import ModelError
from nlpwb.workflows.language.model import load_language_model
from nlpwb.workflows.language.texts import Texts
from tests.workflows.pretrained.bases import write_base

TEXT = "the cat sat on the mat"
WORDS = TEXT.split()


def write_gpt2(folder: Path) -> Path:
    """Random weights, and a byte-level tokenizer of 256 bytes, some merges and the mark at the end."""
    from tokenizers import ByteLevelBPETokenizer

    tokenizer = ByteLevelBPETokenizer()
    tokenizer.train_from_iterator([TEXT] * 20, vocab_size=270, min_frequency=1)
    tokenizer.add_special_tokens(["<|endoftext|>"])
    size = tokenizer.get_vocab_size()
    # the base's own vocabulary is of words; this one takes its place
    write_base(folder, [" ".join(f"w{n}" for n in range(size - 5))], family="gpt2")
    (folder / "vocab.txt").unlink()
    tokenizer.save(str(folder / "tokenizer.json"))
    config = json.loads((folder / "config.json").read_text())
    config["eos_token_id"] = size - 1
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gpt2(tmp_path_factory.mktemp("gpt2"))


def test_nothing_of_a_text_is_lost(folder: Path) -> None:
    tokens = load_language_model(folder).tokens
    assert tokens.lossless
    for text in ("", TEXT, " two  spaces", "é 好\n\n", "<|nothing|>"):
        assert tokens.decode(tokens.encode(text)) == text
        assert "".join(tokens.surfaces(text)[:3]) in text or not text.isascii()
    rows, ends = tokens.encode_all([TEXT, "", "a"])
    assert ends.tolist() == [len(tokens.encode(TEXT))] * 2 + [len(rows)]
    assert tokens.encode("<|endoftext|>").tolist() == [tokens.end]


def test_it_writes_what_transformers_writes(folder: Path) -> None:
    """The likeliest token each time, and the logits of a prompt."""
    transformers = pytest.importorskip("transformers")
    model = load_language_model(folder)
    theirs = transformers.GPT2LMHeadModel.from_pretrained(folder).eval()
    ids = torch.from_numpy(model.tokens.encode(TEXT)).long().unsqueeze(0)
    with torch.no_grad():
        ours = model.network.logits(model.network.hidden(ids)[0])
        torch.testing.assert_close(ours, theirs(ids).logits, atol=1e-4, rtol=1e-4)


def test_a_text_has_the_likelihood_that_its_logits_say(folder: Path) -> None:
    model = load_language_model(folder)
    ids = model.tokens.encode(TEXT)
    row = np.concatenate([[model.tokens.end], ids]).astype(np.int32)
    with torch.no_grad():
        hidden, _ = model.network.hidden(torch.from_numpy(row[None, :-1]).long())
        said = model.network.logits(hidden[0]).log_softmax(dim=1)
    expected = -said[torch.arange(len(ids)), torch.from_numpy(ids).long()]
    scores = model.score(Texts([TEXT], running=True, name="a text"))
    assert scores.nats.tolist() == pytest.approx([float(expected.sum())], rel=1e-4)
    assert scores.tokens.tolist() == [len(ids)]


def test_an_encoder_writes_nothing(tmp_path: Path) -> None:
    folder = Path(write_base(tmp_path / "bert", [TEXT]))
    with pytest.raises(ModelError, match="is a base, which knows no labels"):
        load_language_model(folder)


def test_a_tokenizer_of_another_model(tmp_path: Path) -> None:
    folder = write_gpt2(tmp_path / "gpt2")
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.add_tokens([f"more{n}" for n in range(9)])
    tokenizer.save(str(folder / "tokenizer.json"))
    with pytest.raises(ModelError, match="not of one model"):
        load_language_model(folder)
