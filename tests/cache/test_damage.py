"""What is not as it was written is never handed out: set aside, said, made anew."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest

from nlpwb.cache.store import Cache, inspect

from .helpers import content, key, put, writer


def flip(path: Path, place: int, bit: int = 0) -> None:
    """Turn one bit of a file."""
    data = bytearray(path.read_bytes())
    data[place] ^= 1 << bit
    path.write_bytes(data)


def edit(folder: Path, change) -> None:
    """Change a manifest, its checksum left as it was."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(change(manifest)))


DAMAGES = {
    "a flipped byte": (
        lambda folder: flip(folder / "content.txt", 3),
        "content.txt is not what was written",
    ),
    "a file cut short": (
        lambda folder: (folder / "content.txt").write_text("some"),
        "content.txt is not what was written",
    ),
    "a file that grew": (
        lambda folder: (folder / "content.txt").open("a").write("!"),
        "content.txt is not what was written",
    ),
    "a missing file": (
        lambda folder: (folder / "content.txt").unlink(),
        "content.txt is missing",
    ),
    "a truncated manifest": (
        lambda folder: (folder / "manifest.json").write_text('{"format": 1, "ki'),
        "its manifest cannot be read",
    ),
    "an empty manifest": (
        lambda folder: (folder / "manifest.json").write_text(""),
        "its manifest cannot be read",
    ),
    "a manifest of bytes": (
        lambda folder: (folder / "manifest.json").write_bytes(b"\xff\xfe\x00"),
        "its manifest cannot be read",
    ),
    "a missing manifest": (
        lambda folder: (folder / "manifest.json").unlink(),
        "its manifest cannot be read",
    ),
    "a manifest that is a list": (
        lambda folder: edit(folder, lambda manifest: [manifest]),
        "its manifest cannot be read",
    ),
    "files that are a number": (
        lambda folder: edit(folder, lambda manifest: manifest | {"files": 3}),
        "its manifest cannot be read",
    ),
    "a file without a size": (
        lambda folder: edit(folder, lambda manifest: manifest | {"files": {"content.txt": {}}}),
        "its manifest is not what was written",
    ),
    "another figure among the facts": (
        lambda folder: edit(folder, lambda manifest: manifest | {"facts": {"summary": "9"}}),
        "its manifest is not what was written",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_set_aside_said_and_made_anew(tmp_path, damage):
    spoil, fault = DAMAGES[damage]
    said: list[str] = []
    cache = Cache(tmp_path, warn=said.append)
    folder = put(cache, "a").path
    spoil(folder)
    made = cache.get_or_make(key("a"), writer("made anew"))
    assert content(made) == "made anew"
    (aside,) = (tmp_path / "damaged").iterdir()
    assert said == [
        f"the cached thing {key('a').digest[:12]} is damaged ({fault}); "
        f"set aside in {aside} and computed anew"
    ]
    assert content(cache.get_or_make(key("a"), writer("a third time"))) == "made anew"
    assert len(said) == 1


def test_get_too_sets_damage_aside(tmp_path):
    said: list[str] = []
    cache = Cache(tmp_path, warn=said.append)
    flip(put(cache, "a").path / "content.txt", 0)
    assert cache.get(key("a")) is None
    assert not cache.folder(key("a")).exists()
    assert len(said) == 1
    assert cache.get(key("a")) is None
    assert len(said) == 1, "said again although it is gone"


def test_the_folder_of_another_key_is_not_taken_for_this_one(tmp_path):
    cache = Cache(tmp_path)
    shutil.copytree(put(cache, "b").path, cache.folder(key("a")))
    assert cache.get(key("a")) is None
    assert cache.get(key("b")) is not None


def test_no_flipped_bit_anywhere_goes_unnoticed(tmp_path):
    """Files and manifest alike: after any flip an artifact has a fault, or says exactly what it said."""
    made = put(Cache(tmp_path), "a")
    for file in made.path.iterdir():
        for place in range(file.stat().st_size):
            bit = place % 8
            flip(file, place, bit)
            manifest, fault = inspect(made.path)
            # white space of the JSON may turn into other white space: the same manifest
            assert fault or manifest == made.manifest, f"bit {bit} of byte {place} of {file.name}"
            flip(file, place, bit)
    assert inspect(made.path) == (made.manifest, "")


def test_readers_that_meet_the_same_damage_at_once_make_it_once(tmp_path):
    """The second must not set aside what the first has just made."""
    said: list[str] = []
    flip(put(Cache(tmp_path), "a").path / "content.txt", 0)
    made: list[str] = []
    found: list[str] = []
    gate = threading.Barrier(8)

    def make(folder: Path):
        made.append("x")
        return writer("made anew")(folder)

    def reader():
        cache = Cache(tmp_path, warn=said.append)
        gate.wait()
        found.append(content(cache.get_or_make(key("a"), make)))

    threads = [threading.Thread(target=reader) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["made anew"] * 8
    assert len(made) == len(said) == 1


def test_a_sound_artifact_has_no_fault(tmp_path):
    made = put(Cache(tmp_path), "a")
    manifest, fault = inspect(made.path)
    assert fault == ""
    assert manifest == made.manifest
