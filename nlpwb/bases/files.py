"""A checkpoint of the field as a folder: ``config.json``, tensors in one file or several, and how a text is cut into tokens.

Tensors are read from ``model.safetensors`` (or its shards), or from ``pytorch_model.bin`` by torch's loader of weights alone,
which runs no code of the file. What is written is safetensors.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor

CONFIG = "config.json"
TENSORS = "model.safetensors"
_INDEX = ".index.json"
_PICKLED = "pytorch_model.bin"
_POINTER = b"version https://git-lfs"


def read_json(folder: Path, name: str) -> dict[str, Any]:
    """An object of a JSON file.

    Raises:
        ModelError: it is not there, or holds something else.
    """
    path = folder / name
    if not path.is_file():
        raise ModelError(f"{folder} is no checkpoint: it has no {name}")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}); fetch it again") from None
    if not isinstance(found, dict):
        raise ModelError(f"{path} is no JSON object; fetch it again")
    return found


def optional_json(folder: Path, name: str) -> dict[str, Any]:
    """The same, empty where there is no such file."""
    return read_json(folder, name) if (folder / name).is_file() else {}


def read_tensors(folder: Path) -> dict[str, Tensor]:
    """All tensors of a checkpoint, those of whole numbers left out; float32.

    Raises:
        ModelError: there are none, a file is cut short, or one holds more than weights.
    """
    import torch

    found: dict[str, Tensor] = {}
    for path in tensor_files(folder):
        _no_pointer(path)
        found |= _safe(path) if path.suffix == ".safetensors" else _pickled(path)
    return {
        name: tensor.float() for name, tensor in found.items() if torch.is_floating_point(tensor)
    }


def tensor_files(folder: Path) -> list[Path]:
    """The files that hold a checkpoint's tensors, the safe format first.

    Raises:
        ModelError: there are none, or a shard is missing.
    """
    for name in (TENSORS, _PICKLED):
        if (folder / name).is_file():
            return [folder / name]
        if (folder / f"{name}{_INDEX}").is_file():
            return _shards(folder, f"{name}{_INDEX}")
    raise ModelError(f"{folder} holds no weights: neither {TENSORS} nor {_PICKLED} is there")


def _shards(folder: Path, index: str) -> list[Path]:
    listed = read_json(folder, index).get("weight_map")
    names = list(listed.values()) if isinstance(listed, dict) else []
    if not names or not all(isinstance(name, str) for name in names):
        raise ModelError(f"{folder / index} names no files of weights; fetch it again")
    for name in sorted(set(names)):
        # a name must not lead out of the folder; what a name there links to may lie elsewhere, as the hub's cache has it
        if Path(name).name != name or not (folder / name).is_file():
            raise ModelError(f"{folder} lacks {name}, which its index names; fetch it again")
    return [folder / name for name in sorted(set(names))]


def _no_pointer(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(len(_POINTER)) == _POINTER:
            raise ModelError(
                f"{path} is git's note of where the file is, and not the file; `git lfs pull` fetches it"
            )


def _safe(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        found: dict[str, Tensor] = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}); fetch it again") from None
    return found


def _pickled(path: Path) -> dict[str, Tensor]:
    import torch

    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a file of strangers: anything may come
        if type(error).__name__ == "UnpicklingError":
            raise ModelError(
                f"{path} holds more than weights, and its code is not run; ask for the checkpoint as {TENSORS}"
            ) from None
        said = str(error).strip().partition("\n")[0].partition(". ")[0] or type(error).__name__
        raise ModelError(f"{path} cannot be read ({said}); fetch it again") from None
    if not isinstance(found, Mapping):
        raise ModelError(f"{path} holds no tensors by name; ask for the checkpoint as {TENSORS}")
    return {str(name): tensor for name, tensor in found.items() if isinstance(tensor, torch.Tensor)}


def write_checkpoint(
    folder: Path, config: Mapping[str, Any], tensors: Mapping[str, Tensor]
) -> None:
    """Write ``config.json`` and ``model.safetensors`` into an existing folder.

    Raises:
        OSError: the operating system refuses.
    """
    from safetensors.torch import save

    text = json.dumps(config, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    (folder / CONFIG).write_text(text, encoding="utf-8")
    # the field's libraries ask the file by which of them it was made
    (folder / TENSORS).write_bytes(save(dict(tensors), metadata={"format": "pt"}))
