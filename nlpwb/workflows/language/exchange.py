"""A language model of GPT-2's shape as a folder that the field's libraries read, beside what this program reads of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nlpwb.bases.files import CONFIG
from nlpwb.bases.tokenizers import TOKENIZER, TOKENIZER_SETTINGS
from nlpwb.methods.finetuning.configurations import Architecture
from nlpwb.methods.finetuning.families import GPT2
from nlpwb.methods.networks.sequence_tokens import (
    BEGIN,
    END,
    PADDING,
    SPECIAL_TOKENS,
    UNKNOWN,
    SequenceTokens,
)
from nlpwb.methods.protocol import State
from nlpwb.methods.transformer.gpt_config import GptConfig
from nlpwb.specs import Part

_LISTS = "tokens.tokenizer"
"""Where a state keeps the tokenizer of the ``tokenizers`` library."""


def architecture_for(part: Part, tokens: SequenceTokens) -> Architecture | None:
    """What the field calls a network of ours: GPT-2 where all that it is made of is GPT-2's, else nothing.

    One that is mixed with counts is nothing of the field's: no other library would compute the mixture.
    """
    config = part.config
    if not isinstance(config, GptConfig) or config.base is not None or not _is_gpt2(config):
        return None
    if config.ngrams:
        return None
    marks = {"bos_token_id": tokens.end, "eos_token_id": tokens.end, "pad_token_id": tokens.padding}
    return Architecture(GPT2, config, task="language", source=marks)


def _is_gpt2(config: GptConfig) -> bool:
    return (
        config.positions == "learned"
        and config.norm == "layer"
        and config.activation != "swiglu"
        and config.biases
        and config.tied
        and config.readers == config.heads
    )


def write_beside(folder: Path, state: State) -> None:
    """Write ``config.json`` and, where the tokens are pairs of bytes, ``tokenizer.json`` into a model's folder."""
    facts: Any = state.facts
    _write(folder / CONFIG, facts["config"])
    text = state.lists.get(_LISTS, [""])[0]
    if not text:
        return
    described: dict[str, Any] = json.loads(text)
    if "mark" in facts["tokens"]:  # a base's own: nothing of it was moved
        names = [token["content"] for token in described["added_tokens"] if token["special"]]
        ends = {"eos_token": names[-1], "bos_token": names[-1]} if names else {}
    elif described["model"]["type"] == "BPE" and "ByteLevel" in str(described["pre_tokenizer"]):
        described = _with_marks(described)
        first, unknown, begin, end = (
            SPECIAL_TOKENS[number] for number in (PADDING, UNKNOWN, BEGIN, END)
        )
        del begin
        ends = {"pad_token": first, "unk_token": unknown, "bos_token": end, "eos_token": end}
    else:
        return
    (folder / TOKENIZER).write_text(
        json.dumps(described, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", **ends}
    _write(folder / TOKENIZER_SETTINGS, settings)


def _with_marks(described: Mapping[str, Any]) -> dict[str, Any]:
    """A tokenizer with our four marks as the first ids, and every token of its own behind them, in the order of their ids."""
    model = described["model"]
    added = described["added_tokens"]
    numbers = {*model["vocab"].values(), *(token["id"] for token in added)}
    rows = {number: row for row, number in enumerate(sorted(numbers), start=len(SPECIAL_TOKENS))}
    vocabulary = {name: number for number, name in enumerate(SPECIAL_TOKENS)}
    vocabulary |= {name: rows[number] for name, number in model["vocab"].items()}
    marks = [
        {
            "id": number,
            "content": name,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
        for number, name in enumerate(SPECIAL_TOKENS)
    ]
    moved = [{**token, "id": rows[token["id"]]} for token in added]
    return {
        **described,
        "added_tokens": [*marks, *moved],
        "model": {**model, "vocab": vocabulary},
        "truncation": None,
        "padding": None,
    }


def _write(path: Path, value: Mapping[str, Any]) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
