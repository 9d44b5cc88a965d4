"""How a checkpoint cuts texts: its ``tokenizer.json``, or what older ones have in its place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.bases.families import READ
from nlpwb.bases.files import optional_json
from nlpwb.errors import ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TOKENIZER = "tokenizer.json"
TOKENIZER_SETTINGS = "tokenizer_config.json"
_WORDPIECE, _MERGES, _PIECES = "vocab.txt", "merges.txt", "vocab.json"
_PREFIX = "##"
_MASK = "<mask>"


def read_tokenizer(folder: Path, *, family: str) -> Tokenizer:
    """The tokenizer of a checkpoint, its marks for a text's ends included; nothing is cut or padded by itself.

    Args:
        folder: of the checkpoint.
        family: its ``model_type``, which says how marks are set where there is no ``tokenizer.json``.

    Raises:
        ModelError: no file of the known kinds is there, or it cannot be read.
    """
    from tokenizers import Tokenizer

    path = folder / TOKENIZER
    try:
        if path.is_file():
            tokenizer = Tokenizer.from_file(str(path))
        elif family not in READ:
            tokenizer = _by_library(folder)
        elif (folder / _WORDPIECE).is_file():
            tokenizer = _wordpiece(folder)
        elif (folder / _PIECES).is_file() and (folder / _MERGES).is_file():
            tokenizer = _byte_pairs(folder, family)
        else:
            raise ModelError(
                f"{folder} has no tokenizer: neither {TOKENIZER}, nor {_WORDPIECE}, nor {_PIECES} with {_MERGES} is there"
            )
    except ModelError:
        raise
    except Exception as error:  # the library raises nothing more special
        raise ModelError(
            f"the tokenizer of {folder} cannot be read ({error}); fetch it again"
        ) from None
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _by_library(folder: Path) -> Tokenizer:
    """What ``transformers`` makes of the files of a family that it knows.

    Raises:
        ModelError: it makes none of the kind that is one file.
    """
    from transformers import AutoTokenizer
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        found = AutoTokenizer.from_pretrained(
            str(folder), use_fast=True, trust_remote_code=False, local_files_only=True
        )
    finally:
        logging.set_verbosity(before)
    inner: Tokenizer | None = getattr(found, "backend_tokenizer", None)
    if inner is None:
        raise ModelError(
            f"{folder} has no {TOKENIZER}, and nothing that one can be made of; ask for the base with that file"
        )
    return inner


def _wordpiece(folder: Path) -> Tokenizer:
    """Devlin et al. 2019: words are cut at spaces and punctuation, and into the longest pieces that are there."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    settings = optional_json(folder, TOKENIZER_SETTINGS)
    unknown = _mark(settings, "unk_token", "[UNK]")
    vocabulary = models.WordPiece.read_file(str(folder / _WORDPIECE))
    tokenizer = Tokenizer(
        models.WordPiece(vocabulary, unk_token=unknown, continuing_subword_prefix=_PREFIX)
    )
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=True,
        handle_chinese_chars=bool(settings.get("tokenize_chinese_chars", True)),
        strip_accents=settings.get("strip_accents"),
        lowercase=bool(settings.get("do_lower_case", True)),
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix=_PREFIX)
    first, end = _mark(settings, "cls_token", "[CLS]"), _mark(settings, "sep_token", "[SEP]")
    _require(folder / _WORDPIECE, vocabulary, (first, end, unknown))
    tokenizer.post_processor = processors.BertProcessing(
        (end, vocabulary[end]), (first, vocabulary[first])
    )
    padding, masked = _mark(settings, "pad_token", "[PAD]"), _mark(settings, "mask_token", "[MASK]")
    known = [mark for mark in (first, end, unknown, padding, masked) if mark in vocabulary]
    tokenizer.add_special_tokens(known)
    return tokenizer


def _byte_pairs(folder: Path, family: str) -> Tokenizer:
    """Radford et al. 2019: pairs of bytes, merged; RoBERTa puts marks around a text, and GPT-2 none."""
    from tokenizers import (
        AddedToken,
        Tokenizer,
        decoders,
        models,
        pre_tokenizers,
        processors,
    )

    settings = optional_json(folder, TOKENIZER_SETTINGS)
    spaced = bool(settings.get("add_prefix_space", False))
    vocabulary, merges = models.BPE.read_file(str(folder / _PIECES), str(folder / _MERGES))
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=spaced)
    tokenizer.decoder = decoders.ByteLevel()
    if family == "roberta":
        first, end = _mark(settings, "cls_token", "<s>"), _mark(settings, "sep_token", "</s>")
        _require(folder / _PIECES, vocabulary, (first, end))
        tokenizer.post_processor = processors.RobertaProcessing(
            (end, vocabulary[end]),
            (first, vocabulary[first]),
            trim_offsets=True,
            add_prefix_space=spaced,
        )
        marks = [first, end, "<pad>", "<unk>"]
        if _MASK in vocabulary:  # the space before it is part of it
            tokenizer.add_special_tokens([AddedToken(_MASK, lstrip=True, normalized=False)])
    else:
        tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
        marks = ["<|endoftext|>"]
    tokenizer.add_special_tokens([mark for mark in marks if mark in vocabulary])
    return tokenizer


def _require(path: Path, vocabulary: Mapping[str, int], marks: tuple[str, ...]) -> None:
    for mark in marks:
        if mark not in vocabulary:
            raise ModelError(
                f"{path} lacks the mark {mark}, without which no text can be read; fetch it again"
            )


def _mark(settings: dict[str, Any], name: str, usual: str) -> str:
    """A special token: older settings hold it as an object with its content."""
    value = settings.get(name, usual)
    return str(value.get("content", usual) if isinstance(value, dict) else value or usual)
