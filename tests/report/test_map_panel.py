"""Maps as figures: labels that can be read, what is said, and the same bytes each time."""

from __future__ import annotations

import dataclasses
import warnings
import xml.etree.ElementTree as ElementTree
from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from nlpwb.errors import InputError, UsageError
from nlpwb.report.drawing import drawn
from nlpwb.report.map_panel import DPI, Drawn, dot_radii, draw_map
from nlpwb.report.maps import check_map, write_map
from nlpwb.report.themes import DARK, LIGHT, Theme, contrast
from nlpwb.vectors.picture import Mark, Picture
from tests.report.pictures import document_map, word_map


def figure_of(picture: Picture, theme: Theme = LIGHT) -> Drawn:
    found: list[Drawn] = []

    def draw() -> Figure:
        found.append(draw_map(picture, theme))
        return found[0].figure

    drawn(draw, theme=theme)
    return found[0]


@pytest.mark.parametrize(
    "picture",
    [
        word_map(3),
        word_map(60),
        word_map(300, seed=2),
        word_map(40, heap=True),
        document_map(),
        document_map(labels=tuple(f"label {n}" for n in range(8))),
        document_map(labels=("a label whose name does not end " * 5, "no")),
    ],
    ids=["3", "60", "300", "heap", "documents", "8-labels", "long-label"],
)
def test_labels_overlap_no_other_and_stay_inside_the_figure(picture: Picture) -> None:
    made = figure_of(picture)
    width, height = made.figure.get_size_inches() * DPI
    made.figure.canvas.draw()  # the names of axes find their places
    (axes,) = made.figure.axes
    texts = [*made.figure.texts, *axes.texts, axes.xaxis.label, axes.yaxis.label]
    found = [(t.get_text(), t.get_window_extent()) for t in texts if t.get_text()]
    if picture.labels:
        assert len(axes.texts) + made.left_out == len(picture.marks)
    for text, box in found:
        assert 0 <= box.x0 < box.x1 <= width, text
        assert 0 <= box.y0 < box.y1 <= height, text
    for (one, a), (other, b) in combinations(found, 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        up = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across <= 1 or up <= 1, (one, other)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_every_text_can_be_read_on_its_paper(theme: Theme) -> None:
    for picture in (word_map(30, groups=8), document_map()):
        made = figure_of(picture, theme)
        (axes,) = made.figure.axes
        paper = to_hex(made.figure.get_facecolor())
        assert paper == to_hex(axes.get_facecolor())
        for text in (*made.figure.texts, *axes.texts, axes.xaxis.label, axes.yaxis.label):
            assert contrast(to_hex(text.get_color()), paper) >= 4.5, text.get_text()


def test_the_rarest_words_are_left_out_and_the_figure_says_how_many() -> None:
    """A heap of words of one length has room for few: the frequent ones are there, and the note counts the others."""
    picture = word_map(40, heap=True)
    marks = [dataclasses.replace(m, text=f"w{n:03}") for n, m in enumerate(picture.marks)]
    picture = dataclasses.replace(picture, marks=marks)
    made = figure_of(picture)
    (axes,) = made.figure.axes
    written = {text.get_text() for text in axes.texts}
    assert written == {mark.text for mark in picture.marks[: 40 - made.left_out]}
    notes = " ".join(text.get_text() for text in made.figure.texts)
    assert f"{made.left_out} labels" in notes
    assert "for want of room" in notes


def test_where_all_fit_nothing_is_said_of_it() -> None:
    made = figure_of(word_map(5))
    assert made.left_out == 0
    assert "room" not in " ".join(text.get_text() for text in made.figure.texts)


def test_the_legend_counts_documents_and_groups_are_named_where_they_stand() -> None:
    made = figure_of(document_map())
    words = [text.get_text() for text in made.figure.texts]
    assert words[:2] == ["reviews.csv", "60 documents · vectors of tfidf+svm"]
    assert {"yes (30)", "no (30)"} < set(words)
    (axes,) = made.figure.axes
    assert [text.get_text() for text in axes.texts] == ["yes", "no"]
    assert axes.get_xlabel() == "first component, 20 % of the variance"
    assert axes.get_ylabel() == "second component, 4 %"


def test_axes_that_mean_nothing_have_no_name_and_no_ticks() -> None:
    (axes,) = figure_of(word_map(10)).figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("", "")
    assert (list(axes.get_xticks()), list(axes.get_yticks())) == ([], [])


def test_a_unit_is_as_long_across_as_up() -> None:
    """Else a map would show groups where there is only a stretched axis."""
    (axes,) = figure_of(word_map(50)).figure.axes
    box = axes.get_window_extent()
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    assert box.width / (right - left) == pytest.approx(box.height / (high - low))


def test_frequent_words_have_larger_dots() -> None:
    marks = [Mark("a", 0, 0, count=n) for n in (10_000, 100, 1)]
    first, middle, last = dot_radii(marks)
    assert first > middle > last
    assert middle == pytest.approx((first + last) / 2)
    assert len(set(dot_radii([Mark("a", 0, 0), Mark("b", 1, 1)]))) == 1


def test_the_same_map_gives_the_same_bytes(tmp_path: Path) -> None:
    for ending in ("png", "svg", "html"):
        for name in ("a", "b"):
            write_map(word_map(60), str(tmp_path / f"{name}.{ending}"), theme="light", option="-o")
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()
    assert len(list(tmp_path.iterdir())) == 6


def test_an_svg_has_its_words_as_text(tmp_path: Path) -> None:
    """They can be searched, selected and edited; and a word may hold anything."""
    marks = [Mark("<b> & $x_1$", 0, 0), Mark("日本", 1, 1), Mark("plain", 2, 0.5)]
    picture = dataclasses.replace(word_map(3), marks=marks)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_map(picture, str(tmp_path / "a.svg"), theme="dark", option="-o")
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    texts = ["".join(e.itertext()) for e in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"<b> & $x_1$", "日本", "plain", "some/vectors"} <= {text.strip() for text in texts}
    assert "dc:date" not in (tmp_path / "a.svg").read_text(encoding="utf-8")


def test_what_is_said_of_a_map(tmp_path: Path) -> None:
    place = str(tmp_path / "a.png")
    assert write_map(word_map(5), place, theme="light", option="-o") == (
        f"{place}: 5 words, t-SNE, perplexity 30, seed 0"
    )
    assert "labels, those of the rarest words in each crowd, were left out for want of room" in (
        write_map(word_map(40, heap=True), place, theme="light", option="-o")
    )


def test_places_that_cannot_be_drawn_into_get_their_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        check_map("a.pdf", option="-o")
    assert str(caught.value) == "-o a.pdf: the ending says the format, .png, .svg or .html"
    with pytest.raises(InputError, match="does not exist; make it first"):
        check_map(str(tmp_path / "no" / "a.png"), option="--plot")
