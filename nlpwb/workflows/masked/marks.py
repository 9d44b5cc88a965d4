"""What a tokenizer's marks are: what begins and ends a text, what stands for a hidden token, and which tokens begin words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np  # noqa: TID253  only functions import this module

from nlpwb.bases.files import optional_json
from nlpwb.bases.tokenizers import TOKENIZER_SETTINGS
from nlpwb.errors import ModelError
from nlpwb.training.masking import Marks

if TYPE_CHECKING:
    from nlpwb.methods.finetuning.tokens import CheckpointTokens

MASKS = ("[MASK]", "<mask>")
"""How BERT and RoBERTa write it."""
_CONTINUES = "##"
_SPACE = "Ġ"
"""What GPT-2's and RoBERTa's tokens have in the place of a space."""


def marks_of(tokens: CheckpointTokens, settings: Mapping[str, Any], *, padding: int) -> Marks:
    """The marks of a tokenizer.

    Args:
        tokens: the tokenizer.
        settings: ``tokenizer_config.json``, which may name the mask.
        padding: the id that stands where nothing is.

    Raises:
        ModelError: it sets no marks around a text, has no mask, or no token beside its marks.
    """
    inner = tokens.inner
    around = inner.encode("").ids
    if len(around) != 2:
        raise ModelError(
            f"the tokenizer of {tokens.name} sets {len(around)} marks around a text, and an encoder that says hidden "
            "tokens needs one at each end"
        )
    mask = _mask(tokens, settings)
    special = {
        number for number, token in inner.get_added_tokens_decoder().items() if token.special
    }
    names = tokens.tokens
    unknown = [number for number in range(len(names)) if tokens.is_unknown(number)]
    spared = special | {mask, padding, *around, *unknown}
    plain = [number for number, name in enumerate(names) if name and number not in spared]
    if not plain:
        raise ModelError(f"the tokenizer of {tokens.name} has no token beside its marks")
    return Marks(
        begin=around[0],
        end=around[1],
        mask=mask,
        padding=padding,
        plain=np.array(plain, dtype=np.int64),
        begins=_begins(names),
    )


def _mask(tokens: CheckpointTokens, settings: Mapping[str, Any]) -> int:
    said = settings.get("mask_token")
    if isinstance(said, dict):  # older settings hold it as an object with its content
        said = said.get("content")
    for name in (said, *MASKS):
        number = tokens.inner.token_to_id(name) if isinstance(name, str) else None
        if number is not None:
            return int(number)
    raise ModelError(
        f"the tokenizer of {tokens.name} has no mask ({' or '.join(MASKS)}), so nothing can be hidden from it"
    )


def _begins(names: list[str]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether each token begins a word: by BERT's mark of those that do not, or by the space before those that do."""
    if any(name.startswith(_CONTINUES) and name != _CONTINUES for name in names):
        return np.array([not name.startswith(_CONTINUES) for name in names], dtype=bool)
    if any(name.startswith(_SPACE) for name in names):
        return np.array([name.startswith(_SPACE) for name in names], dtype=bool)
    return np.ones(len(names), dtype=bool)


def settings_of(folder: Path, tokens: CheckpointTokens) -> dict[str, Any]:
    """What a checkpoint says beside its tokenizer; where it says nothing, what its marks are."""
    found = optional_json(folder, TOKENIZER_SETTINGS)
    if "mask_token" in found and "tokenizer_class" in found:
        return found
    around = tokens.inner.encode("").tokens
    if len(around) != 2:
        return found
    known = {"cls_token": around[0], "sep_token": around[1]}
    usual = {"pad_token": ("[PAD]", "<pad>"), "unk_token": ("[UNK]", "<unk>"), "mask_token": MASKS}
    for name, names in usual.items():
        for one in names:
            if tokens.inner.token_to_id(one) is not None:
                known[name] = one
    return {**described(known, longest=tokens.longest), **found}


def described(marks: Mapping[str, str], *, longest: int) -> dict[str, Any]:
    """``tokenizer_config.json`` beside a ``tokenizer.json`` that says all but what its marks are for."""
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": longest,
        **marks,
    }
