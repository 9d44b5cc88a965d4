"""Fitted methods as files: what goes in comes out, bit by bit, and failures speak one language."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nlpwb.errors import ModelError
from nlpwb.methods.protocol import State
from nlpwb.workflows.storage import folder_bytes, load_states, save_states

NAMES = st.text("abc.0", min_size=1, max_size=4)
STATES = st.builds(
    State,
    arrays=st.dictionaries(
        NAMES,
        arrays.arrays(
            st.sampled_from([np.float64, np.float32, np.int64, np.int32, np.uint8, np.bool_]),
            arrays.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3),
        ),
        max_size=3,
    ),
    lists=st.dictionaries(NAMES, st.lists(st.text(), max_size=3), max_size=2),
    facts=st.dictionaries(NAMES, st.integers() | st.text(), max_size=2),
)


@settings(deadline=None, max_examples=50)
@given(st.lists(STATES, max_size=12))
def test_what_goes_in_comes_out(tmp_path_factory, states):
    """Twelve parts, so that the tenth is not taken for a piece of the first."""
    folder = tmp_path_factory.mktemp("state")
    facts = save_states(folder, states)
    found = load_states(folder, json.loads(json.dumps(facts)))
    assert len(found) == len(states)
    for before, after in zip(states, found, strict=True):
        assert after.lists == before.lists
        assert after.facts == before.facts
        assert set(after.arrays) == set(before.arrays)
        for name, array in before.arrays.items():
            assert after.arrays[name].dtype == array.dtype
            assert after.arrays[name].shape == array.shape
            assert after.arrays[name].tobytes() == array.tobytes()


def test_arrays_in_any_memory_order_come_back(tmp_path):
    """A transposed view is written by its values, not by its memory."""
    array = np.arange(6.0).reshape(2, 3).T
    save_states(tmp_path, [State(arrays={"a": array})])
    (found,) = load_states(tmp_path, [{}])
    np.testing.assert_array_equal(found.arrays["a"], array)


@pytest.mark.parametrize("name", ["model.safetensors", "vocabulary.json"])
def test_a_missing_file_is_named(tmp_path, name):
    save_states(tmp_path, [State()])
    (tmp_path / name).unlink()
    with pytest.raises(ModelError, match=f"has lost its file {name}; train it again"):
        load_states(tmp_path, [{}])


@pytest.mark.parametrize("name", ["model.safetensors", "vocabulary.json"])
def test_a_file_of_nonsense_is_told(tmp_path, name):
    save_states(tmp_path, [State()])
    (tmp_path / name).write_bytes(b"\xffnonsense")
    with pytest.raises(ModelError, match="cannot be read"):
        load_states(tmp_path, [{}])


def test_a_place_that_cannot_be_written_is_an_error_of_the_system(tmp_path):
    """The library that writes arrays has an exception of its own, which no caller would know."""
    with pytest.raises(FileNotFoundError):
        save_states(tmp_path / "missing", [State(arrays={"a": np.zeros(3)})])


def test_the_size_of_a_folder_is_that_of_all_its_files(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "one").write_bytes(b"123")
    (tmp_path / "deep" / "two").write_bytes(b"45")
    assert folder_bytes(tmp_path) == 5
