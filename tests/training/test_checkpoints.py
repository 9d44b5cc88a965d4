"""Checkpoints are whole, verified, and the newest good one is used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from nlpwb.errors import InputError
from nlpwb.training.checkpoints import FACTS, TENSORS, Checkpoints, Saved


def saved(step: int) -> Saved:
    tensors = {"model/w": torch.full((3,), float(step)), "generator/cpu": torch.arange(4).byte()}
    return Saved(step, tensors, {"loss": 0.1 + step, "best": None})


def checkpoints(folder: Path, **identity: Any) -> Checkpoints:
    return Checkpoints(folder, identity or {"seed": 0})


def loaded(kept: Checkpoints) -> tuple[Saved | None, list[str]]:
    notes: list[str] = []
    return kept.load(notes.append), notes


def folders(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_what_was_saved_is_read_to_the_bit(tmp_path: Path) -> None:
    kept = checkpoints(tmp_path)
    kept.save(saved(5))
    found, notes = loaded(kept)
    assert found is not None
    assert not notes
    assert (found.step, dict(found.facts)) == (5, {"loss": 5.1, "best": None})
    assert torch.equal(found.tensors["model/w"], torch.full((3,), 5.0))
    assert found.tensors["generator/cpu"].dtype == torch.uint8


def test_an_empty_folder_has_none(tmp_path: Path) -> None:
    assert loaded(checkpoints(tmp_path)) == (None, [])


def test_two_stay_and_nothing_else_is_touched(tmp_path: Path) -> None:
    (tmp_path / "training.jsonl").write_text("{}\n")
    kept = checkpoints(tmp_path)
    for step in (1, 2, 30):
        kept.save(saved(step))
    assert [name[-9:] for name in folders(tmp_path)] == ["000000002", "000000030"]
    assert (tmp_path / "training.jsonl").exists()


@pytest.mark.parametrize("name", [TENSORS, FACTS])
@pytest.mark.parametrize("place", [0, 40, -3])
def test_a_flipped_bit_sets_it_aside_and_the_older_one_serves(
    tmp_path: Path, name: str, place: int
) -> None:
    """Training from damaged weights would end in other weights, with no word said."""
    kept = checkpoints(tmp_path)
    kept.save(saved(1))
    kept.save(saved(2))
    newest = folders(tmp_path)[-1]
    flip(tmp_path / newest / name, place)
    found, notes = loaded(kept)
    assert found is not None
    assert found.step == 1
    assert len(notes) == 1
    assert newest in notes[0]
    assert "the one before it is used" in notes[0]
    assert f"damaged-1-{newest}" in folders(tmp_path)
    assert newest not in folders(tmp_path)


def test_a_missing_file_sets_it_aside(tmp_path: Path) -> None:
    kept = checkpoints(tmp_path)
    kept.save(saved(1))
    (tmp_path / folders(tmp_path)[0] / TENSORS).unlink()
    found, notes = loaded(kept)
    assert found is None
    assert "begins anew" in notes[0]


def test_another_training_s_checkpoint_is_not_gone_on_from(tmp_path: Path) -> None:
    """Another learning rate, the same folder: going on would be neither of the two trainings."""
    checkpoints(tmp_path, rate=0.1).save(saved(9))
    other = checkpoints(tmp_path, rate=0.2)
    found, notes = loaded(other)
    assert found is None
    assert "of another training" in notes[0]
    other.save(saved(1))
    assert len(folders(tmp_path)) == 1


def test_nothing_half_written_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: the old checkpoint stays, and no rest lies about."""
    kept = checkpoints(tmp_path)
    kept.save(saved(1))

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nlpwb.training.checkpoints.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        kept.save(saved(2))
    monkeypatch.undo()
    found, notes = loaded(kept)
    assert found is not None
    assert (found.step, notes) == (1, [])
    assert [path for path in tmp_path.iterdir() if "unfinished" in path.name] == []


def test_what_a_kill_left_is_removed(tmp_path: Path) -> None:
    rest = tmp_path / ".unfinished-123-checkpoint-x-000000004"
    rest.mkdir()
    with checkpoints(tmp_path).locked():
        assert not rest.exists()


def test_a_second_training_into_the_folder_is_refused(tmp_path: Path) -> None:
    """Two would overwrite each other's steps."""
    with (
        checkpoints(tmp_path / "new").locked(),
        pytest.raises(InputError, match="another training writes into"),
        checkpoints(tmp_path / "new").locked(),
    ):
        pass
    with checkpoints(tmp_path / "new").locked():
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(InputError, match="file/below"),
        checkpoints(tmp_path / "file" / "below").locked(),
    ):
        pass


def test_clear_removes_checkpoints_alone(tmp_path: Path) -> None:
    kept = checkpoints(tmp_path)
    kept.save(saved(1))
    (tmp_path / "notes.txt").write_text("mine")
    kept.clear()
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_newer_format_is_set_aside(tmp_path: Path) -> None:
    """It is whole, but what it means is not known here."""
    kept = checkpoints(tmp_path)
    kept.save(saved(1))
    path = tmp_path / folders(tmp_path)[0] / FACTS
    facts = json.loads(path.read_text())
    facts["format"] = 99
    path.write_text(json.dumps(facts))
    found, notes = loaded(kept)
    assert found is None
    assert len(notes) == 1
