"""A base from its folder to networks: the body, its tokens, and how it makes a vector of a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nlpwb.bases.files import CONFIG, read_json, read_tensors
from nlpwb.bases.finding import Place, find_base
from nlpwb.bases.sentences import SentenceSettings, read_sentence_settings
from nlpwb.bases.tokenizers import read_tokenizer
from nlpwb.methods.finetuning.checkpoint import Body, body_of
from nlpwb.methods.finetuning.configurations import Architecture, architecture_of
from nlpwb.methods.finetuning.tensors import Found
from nlpwb.methods.finetuning.tokens import CheckpointTokens

NO_TOKEN = "the training documents hold no token; check the text column"


@dataclass(frozen=True)
class Base:
    """A base that was opened.

    Args:
        place: where it was found.
        architecture: what it is.
        body: the network below any head, with its weights.
        tokens: how it cuts texts.
        sentences: how it makes a vector of a sentence, where it was trained to.
        found: its tensors, for what stands on the body.
    """

    place: Place
    architecture: Architecture
    body: Body
    tokens: CheckpointTokens
    sentences: SentenceSettings | None
    found: Found


def open_body(folder: Path, *, name: str) -> tuple[Architecture, Body, Found]:
    """The network of a checkpoint's folder below any head, with its weights; ``name`` is that of the base, for errors.

    Raises:
        ModelError: a folder that is no checkpoint of the known architectures, or a damaged one.
    """
    architecture = architecture_of(read_json(folder, CONFIG), name=name)
    found = Found(read_tensors(folder), architecture.family, name=name)
    return architecture, body_of(found, architecture), found


def open_base(name: str, *, max_tokens: int | Literal["auto"] = "auto") -> Base:
    """The base of a name (:func:`nlpwb.bases.finding.find_base`).

    Raises:
        UsageError: a name without meaning.
        InputError: it is not at hand.
        ModelError: a folder that is no checkpoint of the known architectures, or a damaged one.
    """
    place = find_base(name)
    architecture, body, found = open_body(place.folder, name=name)
    sentences = read_sentence_settings(place.folder)
    usual = (
        sentences.longest if sentences is not None and sentences.longest else architecture.longest
    )
    longest = min(architecture.longest, usual if max_tokens == "auto" else max_tokens)
    tokens = CheckpointTokens(
        read_tokenizer(place.folder, family=architecture.family.name),
        vocabulary=body.embedding.weight.shape[0],
        longest=longest,
        name=name,
    )
    return Base(place, architecture, body, tokens, sentences, found)
