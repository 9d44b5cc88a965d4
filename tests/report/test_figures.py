"""Figures for papers: what is drawn, that labels can be read, and that a file is there whole or not at all."""

from __future__ import annotations

import dataclasses
import os
import struct
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ElementTree
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nlpwb.errors import InputError, UsageError
from nlpwb.records import Comparison, Result
from nlpwb.report.cost_panel import cost_points, seconds_of, staircase
from nlpwb.report.curve_panel import curves_of
from nlpwb.report.figures import WIDTH, draw, notes_of, plot_comparison, protocol_phrases
from tests.report.comparisons import LONG, comparison, many, protocol

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

KEPT = [
    Result("dear", score=0.9, low=0.88, high=0.92, letters="a", fit_seconds=100, docs_per_second=1000),
    Result("fair", score=0.89, low=0.87, high=0.91, letters="ab", fit_seconds=1, docs_per_second=1821),
    Result("poor", score=0.7, low=0.68, high=0.72, letters="c", fit_seconds=2, docs_per_second=1e9),
    Result("free", score=0.5, low=0.48, high=0.52, letters="d", fit_seconds=0, docs_per_second=None),
]  # fmt: skip


def texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """The words of a figure that are not ticks, with the pixels that they cover."""
    found = [(text.get_text(), text.get_window_extent()) for text in figure.texts]
    for axes in figure.axes:
        found += [(text.get_text(), text.get_window_extent()) for text in axes.texts]
    return found


def test_names_of_any_characters_make_a_file(tmp_path: Path) -> None:
    """Control characters are no XML, not even in a comment, and half a surrogate pair cannot be drawn."""
    plain = comparison([dataclasses.replace(KEPT[0], method="de\x1bar"), *KEPT[1:]])
    odd = dataclasses.replace(
        plain, protocol=dataclasses.replace(plain.protocol, corpus="a\x00b\ud800\uffff")
    )
    for ending in ("png", "svg"):
        plot_comparison(odd, str(tmp_path / f"odd.{ending}"))
    ElementTree.parse(tmp_path / "odd.svg")


def test_what_a_method_costs() -> None:
    """Fitting, and 1,821 test documents at 1,821 a second; nothing is drawn at zero on a logarithmic axis."""
    assert seconds_of(KEPT[1], 1821) == 2
    assert seconds_of(KEPT[3], 1821) == 1e-4


def test_who_is_strong_and_who_is_on_the_frontier() -> None:
    """`poor` costs as much as `fair`, to a microsecond, and is worse; `fair` shares a letter with the best."""
    points = cost_points(comparison(KEPT))
    assert [point.strong for point in points] == [True, True, False, False]
    assert [point.frontier for point in points] == [True, True, False, True]
    assert staircase(points, 1000.0) == [
        (1e-4, 0.5),
        (2, 0.5),
        (2, 0.89),
        (101.821, 0.89),
        (101.821, 0.9),
        (1000.0, 0.9),
    ]


def test_the_frontier_of_a_loss_goes_down() -> None:
    losses = [dataclasses.replace(r, score=1 - (r.score or 0)) for r in KEPT]
    points = cost_points(comparison(losses, metric="log-loss", higher_is_better=False))
    assert [point.frontier for point in points] == [True, True, False, True]


def test_curves_leave_out_what_failed_and_end_with_the_whole_training_part() -> None:
    curve = [
        dataclasses.replace(KEPT[0], budget=100, score=0.6, low=None, high=None),
        Result("fair", budget=100, error="why"),
        *KEPT[:2],
    ]
    found = {c.method: c for c in curves_of(comparison(KEPT[:2], curve=curve, budgets=[100]))}
    assert (found["dear"].rows, found["dear"].scores) == ((100, 6920), (0.6, 0.9))
    assert (found["dear"].lows, found["dear"].highs) == ((0.6, 0.88), (0.6, 0.92))
    assert found["fair"].rows == (6920,)


@pytest.mark.parametrize(
    "made",
    [
        many(1, seed=1),
        many(2, seed=1),
        many(9, seed=2, half=0.06),
        many(20, seed=3, budgets=(10, 100, 1000)),
        many(20, seed=4, half=0.1),
        comparison(
            [dataclasses.replace(r, fit_seconds=1, score=0.8) for r in many(12, seed=5).results]
        ),
    ],
    ids=["1", "2", "9", "20-curves", "20-wide", "heap"],
)
def test_labels_overlap_no_other_and_stay_inside_the_figure(made: Comparison) -> None:
    """Two to twenty methods, long specs among them, even all at one point."""
    figure = draw(made)
    width, height = figure.get_size_inches() * figure.dpi
    found = texts(figure)
    count = len(made.results)
    assert len(found) >= count * (2 if made.curve else 1)
    for text, box in found:
        assert 0 <= box.x0 < box.x1 <= width, text
        assert 0 <= box.y0 < box.y1 <= height, text
    for (one, a), (other, b) in combinations(found, 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        up = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across <= 1 or up <= 1, (one, other)  # a pixel of white rim may be shared


def test_the_figure_says_what_it_shows() -> None:
    made = many(3, seed=1, budgets=(10,))
    made = dataclasses.replace(
        made,
        results=[*made.results, Result("doc2vec", error="no memory")],
        curve=[*made.curve, Result("tfidf", budget=10, error="no words")],
    )
    words = [text for text, _ in texts(draw(made))]
    assert words[0] == "reviews.csv"
    assert words[1] == (
        "accuracy with 95 % intervals · 6,920 training + 1,821 test documents · 2 labels · seed 0"
    )
    assert "Quality against cost" in words
    assert "Learning curves" in words
    assert words.count("tfidf:ngrams=2-5,…+svm") == 2
    assert notes_of(made)[1:] == [
        "Failed and left out: doc2vec.",
        "Failed for some numbers of training documents: tfidf at 10.",
    ]
    first, second = draw(made).axes
    assert (first.get_xlabel(), first.get_ylabel()) == (
        "seconds to fit and to label the test part",
        "accuracy",
    )
    assert second.get_xlabel() == "training documents"
    assert [tick.get_text() for tick in second.get_xticklabels()] == ["10", "6,920"]


def test_the_protocol_of_folds_and_a_loss() -> None:
    made = protocol(split="folds", folds=10, repeats=2, metric="log-loss", seeds=[0, 1])
    assert protocol_phrases(made) == [
        "log loss with 95 % intervals",
        "6,920 documents, 10 folds × 2",
        "2 labels",
        "seeds 0 to 1",
    ]
    loss = comparison(KEPT, metric="log-loss", higher_is_better=False)
    assert draw(loss).axes[0].get_ylabel() == "log loss (lower is better)"


def test_one_panel_without_budgets_and_a_long_title_is_shortened() -> None:
    figure = draw(comparison(KEPT, corpus="folder/" * 30 + "train.csv"))
    assert len(figure.axes) == 1
    title, box = texts(figure)[0]
    assert title.startswith("folder/")
    assert title.endswith("train.csv")
    assert "…" in title
    assert box.x1 <= WIDTH * figure.dpi


def test_the_same_comparison_gives_the_same_bytes(tmp_path: Path) -> None:
    """A Makefile and a reviewer compare files."""
    made = many(6, seed=1, budgets=(10, 100))
    for ending in ("png", "svg"):
        for name in ("a", "b"):
            plot_comparison(made, str(tmp_path / f"{name}.{ending}"))
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "a.svg", "b.png", "b.svg"]


def test_a_png_has_160_dots_an_inch(tmp_path: Path) -> None:
    plot_comparison(comparison(KEPT), str(tmp_path / "a.PNG"))
    data = (tmp_path / "a.PNG").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", data[16:20])[0] == round(7.2 * 160)


def test_an_svg_is_well_formed_and_carries_no_date(tmp_path: Path) -> None:
    plot_comparison(comparison(KEPT, corpus="<b> & $x_1$"), str(tmp_path / "a.svg"))
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "dc:date" not in (tmp_path / "a.svg").read_text(encoding="utf-8")


def test_any_corpus_name_can_be_drawn(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A font without its letters must not fill the terminal with warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plot_comparison(comparison(KEPT, corpus="отзывы/评论.csv"), str(tmp_path / "a.png"))
    assert capfd.readouterr() == ("", "")


def test_a_place_that_cannot_be_written_gets_its_sentence(tmp_path: Path) -> None:
    made = comparison(KEPT)
    with pytest.raises(InputError) as caught:
        plot_comparison(made, str(tmp_path / "no" / "a.png"))
    assert str(caught.value) == (
        f"--plot {tmp_path}/no/a.png: the folder {tmp_path}/no does not exist; make it first"
    )
    (tmp_path / "a.svg").mkdir()
    with pytest.raises(InputError, match="this is a folder; name a file in it"):
        plot_comparison(made, str(tmp_path / "a.svg"))
    with pytest.raises(UsageError, match=r"the ending says the format, \.png or \.svg"):
        plot_comparison(made, str(tmp_path / "a.pdf"))


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write everywhere")
def test_a_folder_that_may_not_be_written_gets_its_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="permission denied; choose another place"):
        plot_comparison(comparison(KEPT), str(tmp_path / "a.png"))
    tmp_path.chmod(0o700)


def test_a_full_disk_leaves_the_old_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "a.png"
    place.write_bytes(b"before")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        with pytest.raises(InputError, match="no space left on device; choose another place"):
            plot_comparison(comparison(KEPT), str(place))
    assert place.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_nothing_to_draw_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no method has figures to draw"):
        plot_comparison(comparison([Result(LONG, error="why")]), str(tmp_path / "a.png"))
    assert list(tmp_path.iterdir()) == []


def test_drawing_leaves_the_state_of_matplotlib_alone(tmp_path: Path) -> None:
    """A script that imports the function has its own style; pyplot and its windows are not even loaded."""
    code = (
        "import sys, matplotlib\n"
        "matplotlib.rcParams['font.size'] = 33\n"
        "from nlpwb.report.figures import plot_comparison\n"
        "from tests.report.comparisons import many\n"
        f"plot_comparison(many(3, seed=1), {str(tmp_path / 'a.png')!r})\n"
        "assert matplotlib.rcParams['font.size'] == 33\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, check=False)
    assert done.returncode == 0
