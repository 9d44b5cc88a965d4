"""Stop strings, whatever pieces a text comes in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.methods.decoding.stopping import Stopper


@given(
    st.lists(st.text("ab\n", max_size=4), max_size=8),
    st.lists(st.text("ab\n", min_size=1, max_size=3), min_size=1, max_size=3),
)
def test_the_text_ends_before_the_first_stop_string(pieces: list[str], stops: list[str]) -> None:
    """A stop string that comes in parts would be missed, or its beginning be printed."""
    stopper = Stopper(stops)
    written = ""
    for piece in pieces:
        written += stopper.push(piece)
        assert not any(stop in written for stop in stops)
    written += stopper.finish()
    whole = "".join(pieces)
    places = [place for stop in stops if (place := whole.find(stop)) >= 0]
    if stopper.stopped is None:
        assert written == whole
        assert not places
    else:
        assert whole.startswith(written + stopper.stopped)


def test_what_cannot_be_a_stop_string_comes_at_once() -> None:
    """A terminal would show a text later than it is known."""
    stopper = Stopper(["###"])
    assert [stopper.push(piece) for piece in ("a#", "b", "##", "x")] == ["a", "#b", "", "##x"]
    assert stopper.push("###more") == ""
    assert (stopper.stopped, stopper.push("y"), stopper.finish()) == ("###", "", "")


def test_an_empty_stop_string_is_refused() -> None:
    with pytest.raises(AssertionError):
        Stopper([""])
