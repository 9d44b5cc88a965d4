"""The bases at hand: what each is, told from its configuration and the head of its weights; no weight and no socket is opened."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nlpwb.bases.families import EXTRA, READ, reads_others
from nlpwb.bases.files import CONFIG, read_json, tensor_files
from nlpwb.bases.finding import HUB, PACKAGES, Package, Place, at_hand
from nlpwb.bases.sentences import read_sentence_settings
from nlpwb.errors import ModelError

_WIDTH = ("hidden_size", "dim", "n_embd")
_LONGEST = ("max_position_embeddings", "n_positions", "n_ctx")
_BEHIND_PADDING = (
    "roberta",
    "camembert",
    "data2vec-text",
    "longformer",
    "mpnet",
    "roberta-prelayernorm",
    "xlm-roberta",
    "xlm-roberta-xl",
)
"""Families whose first place is the row behind that of padding, which is row 1 where nothing else is said."""
_PADDING = 1
_HEAD = 8
"""Bytes that say how long the head of a file of safetensors is."""
_MOST = 100_000_000
"""Bytes of a head, at most, as the format has it."""
_FLOATS = ("F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2")


@dataclass(frozen=True)
class ListedBase:
    """A base at hand. What its files do not say is None.

    Args:
        base: its name, as ``base=`` takes it; of a hub's repository without the revision.
        family: the ``model_type`` of its configuration.
        parameters: numbers in its weights.
        bytes: of its files of weights.
        dimensions: width of a token's vector.
        longest: tokens of a text, marks included; those it was made for where it is an encoder of sentences.
        sentences: how it makes a vector of a sentence, where it was trained to.
        licence: of the weights.
        place: what it came from.
        revision: the commit of a hub's repository, which ``base=hub:owner/name@REVISION`` pins.
        folder: where its files are.
        trouble: why it cannot be opened, in a few words.
    """

    base: str
    family: str | None
    parameters: int | None
    bytes: int | None
    dimensions: int | None
    longest: int | None
    sentences: str | None
    licence: str | None
    place: Literal["folder", "package", "hub"]
    revision: str | None
    folder: str
    trouble: str | None = None


@dataclass(frozen=True)
class Bases:
    """The bases at hand, and the packages that would bring more."""

    listed: list[ListedBase]
    missing: list[Package]


def list_bases() -> Bases:
    """What is at hand: bases of installed packages, then those of the hub's cache."""
    places = list(at_hand())
    there = {place.name for place in places}
    missing = [package for package in PACKAGES if package.alias not in there]
    return Bases([_listed(place) for place in places], missing)


def _listed(place: Place) -> ListedBase:
    try:
        config = read_json(place.folder, CONFIG)
        size, parameters = _weights(place.folder)
        sentences = read_sentence_settings(place.folder)
        trouble = None
    except ModelError as error:
        config, size, parameters, sentences = {}, None, None, None
        trouble = str(error)
    family = str(config["model_type"]) if "model_type" in config else None
    if trouble is None and family is None:
        trouble = "its config.json names no architecture (model_type)"
    elif trouble is None and family not in READ and not reads_others():
        trouble = f"this program reads {', '.join(READ)} by itself, and others after `{EXTRA}`"
    name, _, _ = place.name.partition("@") if place.name.startswith(HUB) else (place.name, "", "")
    longest = sentences.longest if sentences is not None else None
    return ListedBase(
        base=name,
        family=family,
        parameters=parameters,
        bytes=size,
        dimensions=_number(config, _WIDTH),
        longest=longest or _places(config, family),
        sentences=sentences.pooling if sentences is not None else None,
        licence=place.licence,
        place=place.kind,
        revision=place.revision,
        folder=str(place.folder),
        trouble=trouble,
    )


def _places(config: Mapping[str, Any], family: str | None) -> int | None:
    """The places of a text; RoBERTa and its kin count them from behind the row of padding."""
    places = _number(config, _LONGEST)
    if places is None or family not in _BEHIND_PADDING:
        return places
    padding = config.get("pad_token_id", _PADDING)
    return places - 1 - (padding if isinstance(padding, int) else _PADDING)


def _number(config: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    found = (config[name] for name in names if isinstance(config.get(name), int))
    return next(found, None)


def _weights(folder: Path) -> tuple[int, int | None]:
    """Bytes of the weights, and how many numbers they are; None of files of another format than safetensors.

    Raises:
        ModelError: there are none.
    """
    files = tensor_files(folder)
    try:
        size = sum(path.stat().st_size for path in files)
        if any(path.suffix != ".safetensors" for path in files):
            return size, None
        return size, sum(math.prod(shape) for path in files for shape in _shapes(path))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{folder}: its weights cannot be read ({error})") from None


def _shapes(path: Path) -> Iterator[list[int]]:
    """The shapes of the tensors of floating-point numbers: what the head of the file says, without the numbers."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_HEAD), "little")
        if not 0 < length <= _MOST:
            raise ValueError("it has no head")
        head = json.loads(file.read(length))
    for name, tensor in head.items():
        if name != "__metadata__" and tensor["dtype"] in _FLOATS:
            yield tensor["shape"]
