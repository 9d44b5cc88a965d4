"""To which axis a context draws a word."""

from __future__ import annotations

import numpy as np
import pytest

from nlpwb.errors import InputError, UsageError
from nlpwb.workflows.contexts.encoding import in_context
from nlpwb.workflows.contexts.finding import find_in_texts
from nlpwb.workflows.contexts.leaning import check_frame, lean
from nlpwb.workflows.contexts.records import cosines_of
from nlpwb.workflows.pretrained.opening import Base, open_base
from nlpwb.workflows.words.leaning import Axis
from tests.workflows.contexts.made import BANKS
from tests.workflows.pretrained.bases import write_base

MONEY, RIVER = Axis("money", ("money", "pay")), Axis("river", ("river", "bank", "flows"))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    folder = tmp_path_factory.mktemp("base")
    return open_base(write_base(folder, [*BANKS, "this is . that"]))


def framed(base: Base, words: tuple[str, ...], frame: str) -> np.ndarray:
    """The vectors of words in a frame, layer 2."""
    rows = []
    for word in words:
        places = find_in_texts(word, [frame.replace("{}", word)])
        rows.append(in_context(base, word, places, [(2,)]).vectors[0, 0])
    return np.stack(rows)


def test_a_lean_is_the_mean_cosine_beyond_that_of_the_word_alone(base: Base) -> None:
    """Cosines to the words in the frame; the word itself is no word of an axis; the margin is what parts the two."""
    contexts = in_context(base, "bank", find_in_texts("bank", BANKS), [(2,)])
    found = lean(base, contexts, [MONEY, RIVER], frame="that is {}", least=0.0)
    assert found.left_out == ("river",)
    assert found.axes[1].words == ("river", "flows")
    anchors = framed(base, ("money", "pay", "river", "flows"), "that is {}")
    alone = framed(base, ("bank",), "that is {}")
    cosines = cosines_of(np.concatenate([anchors, alone, contexts.vectors[0]]))
    money, river = cosines[4:, :2].mean(axis=1), cosines[4:, 2:4].mean(axis=1)
    np.testing.assert_allclose(found.alone, [money[0], river[0]], atol=1e-6)
    for row, one in enumerate(found.leans, start=1):
        np.testing.assert_allclose(one.cosines, [money[row], river[row]], atol=1e-6)
        drawn = np.array([money[row] - money[0], river[row] - river[0]])
        np.testing.assert_allclose(one.drawn, drawn, atol=1e-6)
        assert one.margin == pytest.approx(abs(drawn[0] - drawn[1]), abs=1e-6)
        assert one.axis == ["money", "river"][int(drawn.argmax())]


def test_a_difference_below_the_least_is_no_lean(base: Base) -> None:
    contexts = in_context(base, "bank", find_in_texts("bank", BANKS), [(2,)])
    found = lean(base, contexts, [MONEY, RIVER], least=3.0)
    assert [one.axis for one in found.leans] == [None] * 3
    assert all(one.margin is not None for one in found.leans)


def test_of_three_axes_the_margin_is_to_the_second(base: Base) -> None:
    contexts = in_context(base, "bank", find_in_texts("bank", BANKS), [(2,)])
    axes = [MONEY, RIVER, Axis("she", ("she", "went"))]
    for one in lean(base, contexts, axes, least=0.0).leans:
        first, second, _ = sorted(one.drawn, reverse=True)
        assert one.margin == pytest.approx(first - second)
        assert one.axis == axes[one.drawn.index(first)].name


def test_one_axis_has_cosines_and_no_lean(base: Base) -> None:
    contexts = in_context(base, "bank", find_in_texts("bank", BANKS), [(2,)])
    for one in lean(base, contexts, [MONEY]).leans:
        assert (one.axis, one.margin, len(one.cosines)) == (None, None, 1)


def test_the_word_in_the_frame_leans_to_nothing(base: Base) -> None:
    """What is compared with itself differs by nothing."""
    places = find_in_texts("bank", ["this is bank."])
    contexts = in_context(base, "bank", places, [(1, 2)])
    (one,) = lean(base, contexts, [MONEY, RIVER]).leans
    np.testing.assert_allclose(one.drawn, 0, atol=1e-6)
    assert one.axis is None


def test_an_axis_of_the_word_alone_is_refused(base: Base) -> None:
    contexts = in_context(base, "bank", find_in_texts("bank", BANKS), [(2,)])
    with pytest.raises(InputError) as error:
        lean(base, contexts, [MONEY, Axis("same", ("Bank",))])
    assert str(error.value) == (
        "--axis same has no word but bank itself, which is near in any sense; add others"
    )


@pytest.mark.parametrize("frame", ["this is", "{} and {}", ""])
def test_a_frame_has_one_place(frame: str) -> None:
    with pytest.raises(UsageError, match=r"needs one {} for a word, as in 'this is {}\.'"):
        check_frame(frame)
