"""Checkpoints as folders: whole, in shards, of the old format; and what is no checkpoint, or half of one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from nlpwb.bases.files import CONFIG, TENSORS, read_json, read_tensors, write_checkpoint
from nlpwb.errors import ModelError

WEIGHTS = {"a.weight": torch.arange(6.0).reshape(2, 3), "b.bias": torch.ones(4)}


def same(found: dict[str, torch.Tensor]) -> bool:
    return set(found) == set(WEIGHTS) and all(torch.equal(found[k], WEIGHTS[k]) for k in WEIGHTS)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, {"model_type": "bert", "name": "Möwe"}, WEIGHTS)
    assert same(read_tensors(tmp_path))
    assert read_json(tmp_path, CONFIG) == {"model_type": "bert", "name": "Möwe"}


def test_half_precision_becomes_whole_and_counts_are_left_out(tmp_path: Path) -> None:
    """Some checkpoints hold their places as integers, which are no weights."""
    held = {name: tensor.to(torch.bfloat16) for name, tensor in WEIGHTS.items()}
    save_file({**held, "position_ids": torch.arange(5)}, tmp_path / TENSORS)
    assert same(read_tensors(tmp_path))


def test_shards_are_one(tmp_path: Path) -> None:
    index = {}
    for number, (name, tensor) in enumerate(WEIGHTS.items(), start=1):
        shard = f"model-{number:05}-of-00002.safetensors"
        save_file({name: tensor}, tmp_path / shard)
        index[name] = shard
    (tmp_path / f"{TENSORS}.index.json").write_text(json.dumps({"weight_map": index}))
    assert same(read_tensors(tmp_path))
    (tmp_path / index["b.bias"]).unlink()
    with pytest.raises(ModelError, match=r"lacks model-00002-of-00002\.safetensors"):
        read_tensors(tmp_path)


def test_an_index_does_not_lead_out_of_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "base"
    folder.mkdir()
    save_file(WEIGHTS, tmp_path / "elsewhere.safetensors")
    index = dict.fromkeys(WEIGHTS, "../elsewhere.safetensors")
    (folder / f"{TENSORS}.index.json").write_text(json.dumps({"weight_map": index}))
    with pytest.raises(ModelError, match="elsewhere"):
        read_tensors(folder)


def test_the_old_format_is_read_without_running_it(tmp_path: Path) -> None:
    torch.save(WEIGHTS, tmp_path / "pytorch_model.bin")
    assert same(read_tensors(tmp_path))


class Trap:
    """Writes a file when somebody reads it carelessly."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (self.path, "w")


def test_a_file_with_code_in_it_is_refused(tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    torch.save({**WEIGHTS, "c": Trap(str(trap))}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError, match="more than weights, and its code is not run"):
        read_tensors(tmp_path)
    assert not trap.exists()


@pytest.mark.parametrize("name", [TENSORS, "pytorch_model.bin"])
@pytest.mark.parametrize("keep", [0, 5, 90])
def test_a_file_that_is_cut_short(tmp_path: Path, name: str, keep: int) -> None:
    path = tmp_path / name
    if name == TENSORS:
        save_file(WEIGHTS, path)
    else:
        torch.save(WEIGHTS, path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ModelError) as caught:
        read_tensors(tmp_path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_weights(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no weights"):
        read_tensors(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[1]", "3"])
def test_a_configuration_that_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / CONFIG).write_text(content)
    with pytest.raises(ModelError, match=r"config\.json"):
        read_json(tmp_path, CONFIG)


def test_a_folder_without_a_configuration(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no checkpoint: it has no config\.json"):
        read_json(tmp_path, CONFIG)
