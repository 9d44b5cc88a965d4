"""Bases small enough for a test: random weights, and every word of some texts a token."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from nlpwb.bases.files import write_checkpoint
from nlpwb.bases.sentences import SentenceSettings, write_sentence_settings
from nlpwb.methods.finetuning.checkpoint import head_of, new_body, written_checkpoint
from nlpwb.methods.finetuning.configurations import Architecture, architecture_of

MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SIZES: dict[str, dict[str, Any]] = {
    "bert": {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 48,
        "max_position_embeddings": 40,
        "type_vocab_size": 2,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
    },
    "roberta": {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 48,
        "max_position_embeddings": 42,
        "type_vocab_size": 1,
        "pad_token_id": 1,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
    },
    "gpt2": {
        "n_embd": 32,
        "n_layer": 2,
        "n_head": 4,
        "n_positions": 40,
        "activation_function": "gelu_new",
        "resid_pdrop": 0.0,
        "attn_pdrop": 0.0,
    },
}


def write_base(
    folder: Path,
    texts: Iterable[str],
    *,
    family: str = "bert",
    sentences: SentenceSettings | None = None,
    seed: int = 0,
) -> str:
    """A checkpoint with weights of deviation 0.3; returns its folder's name."""
    words = sorted({word for text in texts for word in text.lower().split()})
    config = {"model_type": family, "vocab_size": len(words) + len(MARKS), **SIZES[family]}
    architecture = _write_weights(folder, config, seed=seed)
    (folder / "vocab.txt").write_text("\n".join([*MARKS, *words]) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True}))
    if sentences is not None:
        write_sentence_settings(folder, sentences, dim=architecture.dim)
    return str(folder)


def write_byte_base(folder: Path, texts: Iterable[str], *, seed: int = 0) -> str:
    """RoBERTa's shape with a tokenizer of its kind: bytes, merged; <s> and </s> around a text, and one more between two."""
    from tokenizers import ByteLevelBPETokenizer, processors

    library = ByteLevelBPETokenizer()
    marks = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    library.train_from_iterator(texts, vocab_size=320, special_tokens=marks)
    inner = library._tokenizer
    inner.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    config = {"model_type": "roberta", "vocab_size": inner.get_vocab_size(), **SIZES["roberta"]}
    _write_weights(folder, config, seed=seed)
    inner.save(str(folder / "tokenizer.json"))
    return str(folder)


def _write_weights(folder: Path, config: dict[str, Any], *, seed: int) -> Architecture:
    folder.mkdir(parents=True, exist_ok=True)
    architecture = architecture_of(config, name="a test")
    torch.manual_seed(seed)
    body = new_body(architecture, vocabulary=config["vocab_size"])
    head = head_of(architecture, "encoder")
    for parameter in body.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    described, tensors = written_checkpoint(architecture, body, head)
    write_checkpoint(folder, described, tensors)
    return architecture
