"""Bases of architectures that no table knows, small enough for a test: made and written by the library that knows them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 40,
    "pad_token_id": 0,
    "bos_token_id": 2,
    "eos_token_id": 3,
    "cls_token_id": 2,
    "sep_token_id": 3,
}
KINDS: dict[str, dict[str, Any]] = {
    "albert": {"embedding_size": 16},
    "deberta-v2": {"relative_attention": True, "pos_att_type": ["p2c", "c2p"]},
    "mpnet": {"pad_token_id": 1},
    "t5": {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4},
    "qwen2": {"num_key_value_heads": 2},
    "modernbert": {"global_attn_every_n_layers": 2, "local_attention": 8},
    "xlm-roberta": {"pad_token_id": 1},
}
"""What each has beside :data:`SIZES`; numbers that its class does not know stay unread."""


def write_wrapped(folder: Path, texts: Iterable[str], kind: str, *, seed: int = 0) -> str:
    """A checkpoint of ``kind`` with weights that the library drew, larger by half; returns its folder's name."""
    from transformers import CONFIG_MAPPING
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_TEXT_ENCODING_MAPPING,
        MODEL_MAPPING,
    )

    words = sorted({word for text in texts for word in text.lower().split()})
    vocabulary = {token: number for number, token in enumerate([*MARKS, *words])}
    dropped = (
        dict.fromkeys(("hidden_dropout_prob", "attention_probs_dropout_prob"), 0.0)
        | dict.fromkeys(("dropout_rate", "attention_dropout", "mlp_dropout"), 0.0)
        | {"embedding_dropout": 0.0, "classifier_dropout": 0.0}
    )
    sizes = {"vocab_size": len(vocabulary), **SIZES, **dropped, **KINDS[kind]}
    config = CONFIG_MAPPING[kind].from_dict({"model_type": kind, **sizes})
    encodes = type(config) in MODEL_FOR_TEXT_ENCODING_MAPPING
    tables = MODEL_FOR_TEXT_ENCODING_MAPPING if encodes else MODEL_MAPPING
    torch.manual_seed(seed)
    model = tables[type(config)](config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(std=0.2)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    if kind != "qwen2":
        tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.add_special_tokens(MARKS)
    tokenizer.save(str(folder / "tokenizer.json"))
    return str(folder)
