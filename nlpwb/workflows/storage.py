"""Fitted methods as files: arrays in safetensors, lists of strings in JSON, nothing that could run."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from nlpwb.errors import ModelError

if TYPE_CHECKING:
    from nlpwb.methods.protocol import State

T = TypeVar("T")
ARRAYS = "model.safetensors"
LISTS = "vocabulary.json"


def save_states(folder: Path, states: list[State]) -> list[dict[str, Any]]:
    """Write the states of several parts into a folder; returns their facts, for the manifest.

    Raises:
        OSError: the operating system refuses; also where the library that writes says so in an exception of its own.
    """
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    arrays = {
        f"{_beginning(place, state.facts)}{name}": np.ascontiguousarray(array)
        for place, state in enumerate(states)
        for name, array in state.arrays.items()
    }
    lists = {
        f"{place}.{name}": strings
        for place, state in enumerate(states)
        for name, strings in state.lists.items()
    }
    try:
        # the field's libraries ask a file by which of them it was made
        save_file(arrays, folder / ARRAYS, metadata={"format": "pt"})
    except SafetensorError as error:
        number = re.search(r"os error (\d+)", str(error))
        if number is None:
            raise
        raise OSError(int(number[1]), os.strerror(int(number[1]))) from error
    # the library makes files that only their owner may read; give this one what any new file would have
    mask = os.umask(0)
    os.umask(mask)
    (folder / ARRAYS).chmod(0o666 & ~mask)
    with (folder / LISTS).open("w", encoding="utf-8") as file:
        json.dump(lists, file, ensure_ascii=True, separators=(",", ":"))
    return [dict(state.facts) for state in states]


def load_states(folder: Path, facts: list[dict[str, Any]]) -> list[State]:
    """Read the states of all parts from a folder.

    Raises:
        ModelError: a file is missing or is not what it should be.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    from nlpwb.methods.protocol import State

    for name in (ARRAYS, LISTS):
        if not (folder / name).is_file():
            raise ModelError(f"the model {folder} has lost its file {name}; train it again")
    try:
        arrays = load_file(folder / ARRAYS)
        lists = json.loads((folder / LISTS).read_text(encoding="utf-8"))
    except (OSError, ValueError, SafetensorError) as error:
        raise ModelError(f"the model {folder} cannot be read ({error}); train it again") from None
    states = []
    for place, part_facts in enumerate(facts):
        start = f"{place}."
        states.append(
            State(
                arrays=beginning(arrays, _beginning(place, part_facts)),
                lists=beginning(lists, start),
                facts=part_facts,
            )
        )
    return states


def _beginning(place: int, facts: Mapping[str, Any]) -> str:
    """What stands before the names of a part's arrays: nothing where the field's own names are kept."""
    return "" if facts.get("native") else f"{place}."


def beginning(found: Mapping[str, T], start: str) -> dict[str, T]:
    """The entries whose names begin so, without that beginning: the state of a part among those of several."""
    return {key.removeprefix(start): value for key, value in found.items() if key.startswith(start)}


def folder_bytes(folder: Path) -> int:
    """Size of all files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
