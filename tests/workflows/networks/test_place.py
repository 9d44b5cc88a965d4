"""The hidden folder beside a model that is being trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlpwb.errors import InputError, MethodError
from nlpwb.workflows.networks.place import alone_at


def test_it_leaves_when_all_went_well(tmp_path: Path) -> None:
    with alone_at(tmp_path / "model") as folder:
        assert folder == tmp_path / ".model.training"
        (folder / "something").write_text("x")
    assert list(tmp_path.iterdir()) == []


def test_it_stays_when_training_ended_before_its_time(tmp_path: Path) -> None:
    place = alone_at(tmp_path / "model")
    folder = place.__enter__()
    (folder / "something").write_text("x")
    place.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert [path.name for path in tmp_path.iterdir()] == [".model.training"]
    with alone_at(tmp_path / "model") as folder:
        assert (folder / "something").exists()


def test_it_leaves_when_the_method_failed(tmp_path: Path) -> None:
    """A loss that exploded would explode again from the same checkpoint."""
    with pytest.raises(MethodError), alone_at(tmp_path / "model"):
        raise MethodError("the loss is nan at step 3")
    assert list(tmp_path.iterdir()) == []


def test_one_at_a_time(tmp_path: Path) -> None:
    with alone_at(tmp_path / "model"):
        with (
            pytest.raises(InputError, match="another process is training this model"),
            alone_at(tmp_path / "model"),
        ):
            pass
        with alone_at(tmp_path / "other"):
            pass


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / ".model.training").write_text("a file")
    with (
        pytest.raises(InputError, match=r"-o .*model: file exists; choose another place"),
        alone_at(tmp_path / "model"),
    ):
        pass
