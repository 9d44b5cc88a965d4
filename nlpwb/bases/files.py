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
            shards = read_json(folder, f"{name}{_INDEX}").get("weight_map", {})
            paths = [folder / shard for shard in sorted(set(shards.values()))]
            for path in paths:
                # a name in the index must not lead out of the folder
                if not path.is_file() or path.resolve().parent != folder.resolve():
                    raise ModelError(
                        f"{folder} lacks {path.name}, which its index names; fetch it again"
                    )
            return paths
    raise ModelError(f"{folder} holds no weights: neither {TENSORS} nor {_PICKLED} is there")


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
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
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
