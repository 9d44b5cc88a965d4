"""Checkpoints as folders: whole, in shards, of the old format; and what is no checkpoint, or half of one."""

from __future__ import annotations

import json
import pickle  # noqa: TID251  to show that a trap is one
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from nlpwb.bases.files import CONFIG, TENSORS, read_json, read_tensors, write_checkpoint
from nlpwb.errors import ModelError

WEIGHTS = {"a.weight": torch.arange(6.0).reshape(2, 3), "b.bias": torch.ones(4)}


def same(found: dict[str, torch.Tensor]) -> bool:
    return set(found) == set(WEIGHTS) and all(torch.equal(found[k], WEIGHTS[k]) for k in WEIGHTS)


def write_shards(folder: Path) -> list[str]:
    """Each tensor in a file of its own; returns the files' names."""
    index = {
        name: f"model-{number:05}-of-00002.safetensors"
        for number, name in enumerate(WEIGHTS, start=1)
    }
    for name, shard in index.items():
        save_file({name: WEIGHTS[name]}, folder / shard)
    (folder / f"{TENSORS}.index.json").write_text(json.dumps({"weight_map": index}))
    return list(index.values())


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
    shards = write_shards(tmp_path)
    assert same(read_tensors(tmp_path))
    (tmp_path / shards[1]).unlink()
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


def test_shards_of_the_hubs_cache_are_links(tmp_path: Path) -> None:
    """A snapshot there holds links to blobs, which lie elsewhere; that is no way out of the folder."""
    (tmp_path / "snapshot").mkdir()
    for number, shard in enumerate(write_shards(tmp_path / "snapshot")):
        path = tmp_path / "snapshot" / shard
        path.rename(tmp_path / f"blob{number}")
        path.symlink_to(tmp_path / f"blob{number}")
    assert same(read_tensors(tmp_path / "snapshot"))


@pytest.mark.parametrize(
    "index",
    [
        {},
        {"weight_map": {}},
        {"weight_map": ["a"]},
        {"weight_map": {"a": 5}},
        {"weight_map": {"a": ["b"]}},
    ],
)
def test_an_index_that_names_no_files(tmp_path: Path, index: object) -> None:
    (tmp_path / f"{TENSORS}.index.json").write_text(json.dumps(index))
    with pytest.raises(ModelError, match=r"index\.json names no files of weights"):
        read_tensors(tmp_path)


@pytest.mark.parametrize("inside", ["..", "", ".", "deeper/part.safetensors"])
def test_an_index_names_files_of_its_own_folder_alone(tmp_path: Path, inside: str) -> None:
    (tmp_path / "deeper").mkdir()
    save_file(WEIGHTS, tmp_path / "deeper" / "part.safetensors")
    index = {"weight_map": {"a.weight": inside}}
    (tmp_path / f"{TENSORS}.index.json").write_text(json.dumps(index))
    with pytest.raises(ModelError, match="which its index names"):
        read_tensors(tmp_path)


def test_an_absolute_path_in_an_index_is_refused(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    elsewhere = tmp_path / "secret.safetensors"
    save_file(WEIGHTS, elsewhere)
    index = {"weight_map": dict.fromkeys(WEIGHTS, str(elsewhere))}
    (tmp_path / "base" / f"{TENSORS}.index.json").write_text(json.dumps(index))
    with pytest.raises(ModelError, match="which its index names"):
        read_tensors(tmp_path / "base")


def test_shards_of_the_old_format(tmp_path: Path) -> None:
    index = {}
    for number, (name, tensor) in enumerate(WEIGHTS.items()):
        index[name] = f"pytorch_model-{number}.bin"
        torch.save({name: tensor}, tmp_path / index[name])
    (tmp_path / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": index}))
    assert same(read_tensors(tmp_path))


def test_the_safe_format_comes_first(tmp_path: Path) -> None:
    """Many folders hold both; the other is not even opened."""
    save_file(WEIGHTS, tmp_path / TENSORS)
    (tmp_path / "pytorch_model.bin").write_bytes(b"never read")
    assert same(read_tensors(tmp_path))


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


def test_a_file_of_code_alone_is_refused(tmp_path: Path) -> None:
    """The oldest format is a bare stream of commands; this one says: open(path, "w")."""
    trap = tmp_path / "sprung"
    path = str(trap).encode()
    commands = b"\x80\x02cio\nopen\nX" + len(path).to_bytes(4, "little") + path
    commands += b"X\x01\x00\x00\x00w\x86R."
    pickle.loads(commands).close()  # it is a trap
    assert trap.exists()
    trap.unlink()
    (tmp_path / "pytorch_model.bin").write_bytes(commands)
    with pytest.raises(ModelError, match=r"pytorch_model\.bin .*ask for .* as model\.safetensors"):
        read_tensors(tmp_path)
    assert not trap.exists()


@pytest.mark.parametrize("held", [[torch.ones(2)], torch.ones(2), 5])
def test_a_file_of_the_old_format_without_names(tmp_path: Path, held: object) -> None:
    torch.save(held, tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError, match="holds no tensors by name"):
        read_tensors(tmp_path)


@pytest.mark.parametrize("name", [TENSORS, "pytorch_model.bin"])
def test_a_note_of_git_in_the_place_of_a_file(tmp_path: Path, name: str) -> None:
    """What a clone without git-lfs leaves; it is neither damaged nor dangerous, and another command fetches it."""
    note = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 90868373\n"
    (tmp_path / name).write_text(note)
    with pytest.raises(ModelError, match="`git lfs pull` fetches it"):
        read_tensors(tmp_path)


@pytest.mark.parametrize("name", [TENSORS, "pytorch_model.bin"])
@pytest.mark.parametrize("keep", [0, 5, 90, -1])
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
