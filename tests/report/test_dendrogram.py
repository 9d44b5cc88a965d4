"""Trees of words: as a figure whose names stand at their leaves, and as text."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from nlpwb.errors import InputError, UsageError
from nlpwb.report.dendrogram import MOST, draw_dendrogram, plot_dendrogram
from nlpwb.report.drawing import DPI, drawn
from nlpwb.report.themes import DARK, LIGHT, Theme, contrast
from nlpwb.report.word_tree import LONGEST, word_tree
from nlpwb.vectors.clusters import cut, linkage, tree_of
from nlpwb.vectors.drift import unit_vectors
from tests.vectors.planted import grouped_table

TABLE = grouped_table()
MERGES = linkage(unit_vectors(TABLE, TABLE.words))
CLUSTERS = [number + 1 for number in cut(MERGES, 3).tolist()]


def figure_of(theme: Theme) -> Figure:
    return drawn(
        lambda: draw_dendrogram(TABLE.words, MERGES, CLUSTERS, title="some/vectors", theme=theme),
        theme=theme,
    )


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_every_word_stands_once_and_none_on_another(theme: Theme) -> None:
    figure = figure_of(theme)
    names = [text for text in figure.texts if text.get_text() in set(TABLE.words)]
    assert sorted(text.get_text() for text in names) == sorted(TABLE.words)
    boxes = [text.get_window_extent() for text in names]
    width, height = figure.get_size_inches() * DPI
    assert all(0 <= box.x0 < box.x1 <= width and 0 <= box.y0 < box.y1 <= height for box in boxes)
    assert all(lower.y1 <= upper.y0 + 1 for upper, lower in pairwise(boxes))
    paper = to_hex(figure.get_facecolor())
    for text in figure.texts:
        assert contrast(to_hex(text.get_color()), paper) >= 4.5


def test_planted_groups_have_a_colour_each_and_what_joins_them_has_none() -> None:
    figure = figure_of(LIGHT)
    of = {text.get_text(): to_hex(text.get_color()) for text in figure.texts}
    colours = {
        name: {of[word] for word in TABLE.words if word.startswith(name)}
        for name in ("fruit", "city", "tool")
    }
    assert all(len(found) == 1 for found in colours.values())
    assert len(set.union(*colours.values())) == 3
    lines = [to_hex(line.get_color()) for line in figure.axes[0].lines]
    assert lines.count(LIGHT.ink.lower()) == 2
    assert len(lines) == len(TABLE) - 1


def test_the_names_stand_at_their_leaves() -> None:
    """The first merge joins two words: its line ends at the heights of their names."""
    figure = figure_of(LIGHT)
    (axes,) = figure.axes
    left, right, distance, _ = MERGES[0].tolist()
    line = min(axes.lines, key=lambda line: abs(max(line.get_xdata()) - distance))
    heights = sorted({float(axes.transData.transform((0, y))[1]) for y in line.get_ydata()})
    boxes = {t.get_text(): t.get_window_extent() for t in figure.texts}
    middles = sorted(
        (boxes[TABLE.words[int(leaf)]].y0 + boxes[TABLE.words[int(leaf)]].y1) / 2
        for leaf in (left, right)
    )
    assert heights == pytest.approx(middles, abs=4)


def test_more_words_than_can_be_read_are_refused(tmp_path: Path) -> None:
    n = MOST + 1
    merges = linkage(np.random.default_rng(0).normal(size=(n, 4)).astype(np.float32))
    with pytest.raises(
        InputError, match=r"a dendrogram of 81 words cannot be read; take 80 at most"
    ):
        plot_dendrogram(
            [str(i) for i in range(n)],
            merges,
            [1] * n,
            title="",
            path=str(tmp_path / "a.png"),
            theme="light",
        )
    with pytest.raises(UsageError, match=r"the ending says the format, \.png or \.svg"):
        plot_dendrogram(["a"], merges, [1], title="", path="a.html", theme="light")
    assert list(tmp_path.iterdir()) == []


def test_words_of_any_length_and_any_characters_make_a_file(tmp_path: Path) -> None:
    """Control characters are no XML, half a surrogate pair no text, and 20,000 letters no label."""
    words = ["a\x1b[1mb\x00", "half \ud800", "w" * 20_000, "none\uffff", *TABLE.words[4:]]
    for ending in ("png", "svg"):
        place = str(tmp_path / f"odd.{ending}")
        plot_dendrogram(words, MERGES, CLUSTERS, title="t\x07", path=place, theme="light")
    root = ElementTree.parse(tmp_path / "odd.svg").getroot()
    texts = ["".join(found.itertext()) for found in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"a�[1mb�", "half �", "none�", "t�"} <= set(texts)
    (long,) = [text for text in texts if text.startswith("wwww")]
    assert re.fullmatch("w+…w+", long)


def test_a_tree_as_text_cuts_long_words() -> None:
    words = ["x" * 20_000, *TABLE.words[1:]]
    text = word_tree(tree_of(MERGES, bands=6), words, width=80, colour=False)
    (long,) = re.findall("x+…x+", text.replace("\n", ""))
    assert len(long) <= LONGEST


def test_the_same_tree_gives_the_same_bytes(tmp_path: Path) -> None:
    for ending in ("png", "svg"):
        for name in ("a", "b"):
            plot_dendrogram(
                TABLE.words,
                MERGES,
                CLUSTERS,
                title="some/vectors",
                path=str(tmp_path / f"{name}.{ending}"),
                theme="dark",
            )
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_the_tree_as_text_by_hand() -> None:
    """Words at 0, 10 and 90 degrees; a word of control characters cannot move the cursor."""
    angles = np.radians([0, 10, 90])
    units = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    tree = tree_of(linkage(units), bands=6)
    assert word_tree(tree, ["near", "n\x1b[1mear", "far"], width=60, colour=False) == (
        ".09  3 words\n├── far\n└── .98  near, n�[1mear\n"
    )


def test_the_tree_has_every_word_within_the_width() -> None:
    text = word_tree(tree_of(MERGES, bands=6), TABLE.words, width=50, colour=False)
    assert sorted(re.findall(r"[a-z]+\d+", text)) == sorted(TABLE.words)
    assert max(map(len, io.StringIO(text))) <= 51
    assert "\x1b[" in word_tree(tree_of(MERGES, bands=6), TABLE.words, width=50, colour=True)
