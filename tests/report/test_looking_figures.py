"""Figures of attention, of traces and of positions: all inside the paper, the same bytes each time, in both themes."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from nlpwb.errors import InputError, UsageError
from nlpwb.report.attention_figure import MOST, draw_attention
from nlpwb.report.attention_files import check_output, write_output
from nlpwb.report.drawing import drawn
from nlpwb.report.positions import draw_positions, plot_positions
from nlpwb.report.themes import DARK, LIGHT
from nlpwb.report.trace_figure import MOST as MOST_COLUMNS
from nlpwb.report.trace_figure import draw_trace
from nlpwb.report.trace_files import plot_trace
from nlpwb.workflows.looking.looked import Answers, Sides
from nlpwb.workflows.looking.positions import KINDS, positions
from nlpwb.workflows.looking.trace import Trace, TraceStep

from .looking import attended, read, shown

LONG = tuple(f"word{n}" for n in range(70))


def inside(figure: Figure) -> None:
    """Every text of a figure lies on its paper."""
    width, height = figure.get_size_inches() * figure.dpi
    figure.canvas.draw()
    texts = [*figure.texts]
    for axes in figure.axes:
        texts += [*axes.texts, *axes.get_xticklabels(), *axes.get_yticklabels()]
        texts += [axes.xaxis.label, axes.yaxis.label, axes.title]
    for text in texts:
        if text.get_text() and text.get_visible():
            box = text.get_window_extent()
            assert -1 <= box.x0 < box.x1 <= width + 1, text.get_text()
            assert -1 <= box.y0 < box.y1 <= height + 1, text.get_text()


@pytest.mark.parametrize(
    ("words", "layer", "head"),
    [
        (("money", "bank", "grows"), None, None),
        (("one",), None, None),
        (("a", "word-that-does-not-end-at-all", "漢字", "$x_1$"), "all", "all"),
        (LONG[:20], "all", "all"),
        (LONG, None, None),
    ],
)
def test_a_map_lies_on_its_paper(words: tuple[str, ...], layer: str, head: str) -> None:
    found = [shown(attended(words), layer=layer, head=head)]
    inside(drawn(lambda: draw_attention(found, LIGHT), theme=LIGHT))


def test_a_cell_is_a_weight_and_has_its_number() -> None:
    figure = drawn(lambda: draw_attention([shown(attended())], DARK), theme=DARK)
    panel = figure.axes[0]
    np.testing.assert_allclose(panel.images[0].get_array()[1], [0.25, 0.7, 0.05], atol=1e-6)  # type: ignore[index]
    assert [text.get_text() for text in panel.texts] == [
        ".50", ".50", ".25", ".70", ".05", "1.00",
    ]  # fmt: skip


def test_of_a_long_text_the_strongest_places_are_drawn_and_it_is_said(tmp_path: Path) -> None:
    found = [shown(attended(LONG))]
    figure = drawn(lambda: draw_attention(found, LIGHT), theme=LIGHT)
    assert figure.axes[0].images[0].get_array().shape == (MOST, MOST)  # type: ignore[union-attr]
    assert any(f"{MOST} of 70" in text.get_text() for text in figure.texts)
    said = write_output(found, str(tmp_path / "a.png"), theme="light")
    assert said.endswith(f"the {MOST} places with the strongest edges")


def test_maps_are_the_same_bytes_each_time_and_sound_svg(tmp_path: Path) -> None:
    places = [tmp_path / "a.svg", tmp_path / "b.svg"]
    for place in places:
        write_output([shown(attended())], str(place), theme="light")
    assert places[0].read_bytes() == places[1].read_bytes()
    assert "bank" in "".join(ElementTree.parse(places[0]).getroot().itertext())


def test_other_endings_and_places_are_refused() -> None:
    with pytest.raises(
        UsageError, match=r"-o a\.gif: the ending says the format, \.png, \.svg or \.html"
    ):
        check_output("a.gif")
    with pytest.raises(InputError, match="the folder no-such-folder does not exist"):
        check_output("no-such-folder/a.html")


def a_trace(blocks: int) -> Trace:
    generator = np.random.default_rng(0)
    sides = Sides(read(("money", "bank", "grows")))

    def step(name: str, *shape: int) -> TraceStep:
        return TraceStep(name, shape, "float32", generator.normal(size=shape))

    scores = step("block1.attention.scores", 2, 3, 3)
    assert scores.values is not None
    scores.values[:, 0, 1:] = -np.inf
    steps = [
        TraceStep("text", (16,), "text", texts=("money bank grows",)),
        TraceStep("tokens", (3,), "text", texts=sides.source.tokens),
        TraceStep("ids", (3,), "int64", np.arange(3.0), columns=sides.source.tokens),
        step("embedding", 3, 8),
        scores,
        *(step(f"block{number}.feed_forward_sum", 3, 8) for number in range(1, blocks + 1)),
        step("pooled", 8),
        TraceStep(
            "probabilities", (2,), "float64", np.array([0.25, 0.75]), columns=("bad", "good")
        ),
    ]
    answers = Answers(("bad", "good"), (0.25, 0.75), "probability")
    return Trace("model", "transformer", "money bank grows", sides, answers, tuple(steps))


@pytest.mark.parametrize("blocks", [1, 3, 12])
def test_a_trace_lies_on_its_paper(blocks: int, tmp_path: Path) -> None:
    figure = drawn(lambda: draw_trace(a_trace(blocks), DARK), theme=DARK)
    inside(figure)
    said = [text.get_text() for text in figure.texts]
    assert {"input", "output", "block1", f"block{blocks}"} <= set(said)
    left_out = any("in the middle left out" in line for line in said)
    assert left_out == (blocks + 2 > MOST_COLUMNS)
    assert plot_trace(a_trace(blocks), str(tmp_path / "t.png"), theme="light").endswith("steps")


def strip_of(step: TraceStep) -> tuple[np.ndarray, tuple[float, float], list[str]]:
    """The picture of the last step of a trace, the ends of its colours, and all texts of the figure."""
    made = a_trace(1)
    found = dataclasses.replace(made, steps=(*made.steps[:-1], step))
    figure = drawn(lambda: draw_trace(found, LIGHT), theme=LIGHT)
    inside(figure)
    (image,) = figure.axes[-1].images
    array = np.ma.getdata(image.get_array())
    return array, image.get_clim(), [text.get_text() for text in figure.texts]


@pytest.mark.parametrize("size", [2, 20, 322])
def test_even_probabilities_are_no_blank_strip(size: int) -> None:
    """Colours from 0 to 1 left the strip of a vocabulary white; the range says how large the numbers are."""
    values = np.full(size, 1 / size)
    _, ends, said = strip_of(TraceStep("probabilities", (size,), "float64", values))
    assert ends == (0, 1 / size)
    assert f"all {1 / size:.2g}" in said


def test_the_likeliest_of_a_vocabulary_is_drawn() -> None:
    """30,000 columns are more than there are pixels; the one that counts fell between them."""
    values = np.full(30_000, 1e-6)
    values[12_345] = 0.3
    array, ends, said = strip_of(TraceStep("probabilities", (30_000,), "float64", values))
    assert array.shape[1] < 200
    assert array.max() == ends[1] == 0.3
    assert "1e-06 to 0.3" in said


def test_signed_numbers_are_even_handed_and_say_their_range() -> None:
    """Zero stays the colour of the paper, and of numbers that share a pixel the one farthest from it is drawn."""
    values = np.tile([-2.5, 1.5, 0.0, 0.5], 250)
    array, ends, said = strip_of(TraceStep("pooled", (1000,), "float32", values))
    assert ends == (-2.5, 2.5)
    assert set(np.unique(array)) == {-2.5}
    assert "−2.5 to 1.5" in said


def test_forbidden_scores_are_no_numbers() -> None:
    """Means of minus infinity would be shown as such, and shade everything else away."""
    mean, deviation, norm = a_trace(1).step("block1.attention.scores").statistics()
    assert mean is not None
    assert deviation is not None
    assert norm is not None
    assert np.isfinite([mean, deviation, norm]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_positions_lie_on_their_paper(kind: str, tmp_path: Path) -> None:
    found = positions(kind, length=40, dim=16, heads=6)
    figure = drawn(lambda: draw_positions(found, LIGHT), theme=LIGHT)
    inside(figure)
    assert figure.axes[0].images[0].get_array().shape == found.encoding.shape  # type: ignore[union-attr]
    plot_positions(found, str(tmp_path / "p.svg"), theme="dark")
    with pytest.raises(UsageError, match=r"\.png or \.svg"):
        plot_positions(found, "p.html", theme="dark")
