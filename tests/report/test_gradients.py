"""The figure of gradients by distance: shares of the first, named lines, what is too small to see."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from nlpwb.errors import UsageError
from nlpwb.report.drawing import drawn
from nlpwb.report.gradients import draw_gradients, plot_gradients
from nlpwb.report.themes import LIGHT

FADING = [math.log(2.0) - 1.5 * distance for distance in range(40)]
LASTING = [math.log(0.5) - 0.01 * distance for distance in range(40)]


def test_every_line_is_a_share_of_its_own_first_and_ends_where_it_vanishes() -> None:
    figure = drawn(
        lambda: draw_gradients({"rnn": FADING, "lstm": LASTING}, title="t", theme=LIGHT),
        theme=LIGHT,
    )
    (axes,) = figure.axes
    fading, lasting = axes.lines
    assert fading.get_ydata()[0] == lasting.get_ydata()[0] == pytest.approx(1.0)
    assert lasting.get_ydata()[39] == pytest.approx(math.exp(-0.39))
    assert len(fading.get_ydata()) == 19  # exp(-1.5 × 18) is 2e-12, the next is below what is drawn
    assert [text.get_text() for text in axes.texts] == ["rnn", "lstm"]  # from the lowest upwards
    assert axes.get_yscale() == "log"


def test_a_gradient_of_zero_is_not_drawn() -> None:
    dead = [0.0, -2.0, -math.inf, -math.inf]
    figure = drawn(lambda: draw_gradients({"rnn": dead}, title="t", theme=LIGHT), theme=LIGHT)
    assert list(figure.axes[0].lines[0].get_xdata()) == [0, 1]


def test_the_ending_says_the_format(tmp_path: Path) -> None:
    plot_gradients({"rnn": FADING}, str(tmp_path / "g.svg"), title="t")
    assert "<svg" in (tmp_path / "g.svg").read_text()
    with pytest.raises(UsageError, match=r"-o g\.txt: the ending says the format"):
        plot_gradients({"rnn": FADING}, "g.txt", title="t")


def test_names_of_lines_that_end_together_stand_apart() -> None:
    curves = {"a": LASTING, "b": LASTING, "c": LASTING}
    figure = drawn(lambda: draw_gradients(curves, title="t", theme=LIGHT), theme=LIGHT)
    heights = [text.xyann[1] for text in figure.axes[0].texts]
    assert heights == [0, 10, 20]
