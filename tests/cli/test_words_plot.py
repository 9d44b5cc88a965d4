"""``nlpwb words plot``: coordinates in every format, pictures and the page, colours, mistakes."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from nlpwb.vectors.folder import write_folder
from nlpwb.vectors.table import WordVectors
from tests.cli.conftest import Typed
from tests.cli.words_tables import planted


@pytest.fixture(autouse=True)
def _tables(typed: Typed, tmp_path: Path) -> None:
    planted(tmp_path)


def test_without_a_file_the_coordinates_are_printed(typed: Typed) -> None:
    """People who plot elsewhere read these."""
    done = typed("words", "plot", "a", "--top", "9")
    rows = [line.split("\t") for line in done.out.splitlines()]
    assert rows[0] == ["word", "x", "y", "cluster", "count"]
    assert [(row[0], row[4]) for row in rows[1:4]] == [
        ("fruit0", "1001"),
        ("city0", "501"),
        ("tool0", "334"),
    ]
    assert {(row[0][:4], row[3]) for row in rows[1:]} == {
        ("frui", "1"),
        ("city", "2"),
        ("tool", "3"),
    }
    found = json.loads(typed("words", "plot", "a", "--top", "9", "--format", "json").out)
    assert [[word["word"], str(word["x"])] for word in found] == [row[:2] for row in rows[1:]]


def test_the_table_says_how_the_plane_was_made(typed: Typed) -> None:
    done = typed("words", "plot", "a", "--top", "9", "--format", "table")
    said = " ".join(done.out.split())
    assert re.search(r"9 words two principal components, \d\d % of the variance", said)
    assert "colours: 3 clusters in all 16 dimensions" in said
    assert "what is near here may be far apart" in said


def test_a_page_has_the_printed_coordinates(typed: Typed, tmp_path: Path) -> None:
    """And each word's neighbours among all words of the file, not only those of the map."""
    line = ("words", "plot", "a", "--words", "fruit1,tool2,city3", "--colour-by", "none")
    printed = json.loads(typed(*line, "--format", "json").out)
    assert typed(*line, "-o", "map.html").code == 0
    text = (tmp_path / "map.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])  # type: ignore[index]
    for mark, row in zip(data["marks"], printed, strict=True):
        assert (mark["text"], mark["count"], mark["group"]) == (row["word"], row["count"], None)
        assert (mark["x"], mark["y"]) == pytest.approx((row["x"], row["y"]), abs=1e-6)
        group = row["word"][:4]
        assert len(mark["near"]) == 10
        assert {name[:4] for name, _ in mark["near"]} == {group}
        assert row["word"] not in [name for name, _ in mark["near"]]


@pytest.mark.parametrize("ending", ["png", "svg", "html"])
@pytest.mark.parametrize("projection", ["pca", "tsne"])
def test_every_picture_can_be_made(
    typed: Typed, tmp_path: Path, ending: str, projection: str
) -> None:
    place = f"map.{ending}"
    done = typed("words", "plot", "a", "--around", "fruit1", "-k", "6", "-o", place,
                 "--projection", projection, "--theme", "dark", "-v")  # fmt: skip
    assert (done.code, done.out) == (0, "")
    assert (tmp_path / place).stat().st_size > 1000
    assert done.err.startswith(f"{place}: 7 words, ")
    assert ("perplexity 2" in done.err) == (projection == "tsne")


@pytest.mark.parametrize("asked", [("--out", "rows.tsv"), ("--format", "tsv")])
def test_a_picture_and_its_coordinates_in_one_run(
    typed: Typed, tmp_path: Path, asked: tuple[str, str]
) -> None:
    """A format or a file for rows that was named is not swallowed by -o."""
    line = ("words", "plot", "a", "--top", "9")
    rows = typed(*line).out
    done = typed(*line, "-o", "map.svg", *asked)
    assert done.code == 0
    assert (tmp_path / "map.svg").exists()
    printed = (tmp_path / "rows.tsv").read_text(encoding="utf-8") if "--out" in asked else done.out
    assert printed == rows


def test_the_number_of_clusters_is_asked_for_as_in_words_cluster(typed: Typed) -> None:
    """auto, which is the default, or a number."""
    line = ("words", "plot", "a", "--top", "9")
    assert typed(*line, "--clusters", "auto").out == typed(*line).out
    rows = [row.split("\t") for row in typed(*line, "--clusters", "2").out.splitlines()[1:]]
    assert {row[3] for row in rows} == {"1", "2"}


def test_a_word_of_control_characters_makes_a_picture(typed: Typed, tmp_path: Path) -> None:
    """An SVG with them would be no XML."""
    rows = np.array([[1, 0], [0, 1], [1, 1]], dtype=np.float32)
    write_folder(tmp_path / "odd", WordVectors(["x\x1b", "y\x01z", "w"], rows), {})
    assert typed("words", "plot", "odd", "--top", "3", "-o", "odd.svg").code == 0
    texts = [e.text for e in ElementTree.parse(tmp_path / "odd.svg").iter() if e.text]
    assert {"x�", "y�z", "w"} <= set(texts)


def test_words_are_coloured_by_the_axis_that_they_lean_to(typed: Typed, tmp_path: Path) -> None:
    """Two fruits, two tools and a stranger among a hundred words of no kind, which say what a usual cosine is."""
    draw = np.random.default_rng(0)
    kinds = {"fig": 0, "pear": 0, "date": 0, "saw": 1, "axe": 1, "file": 1, "stranger": 2}
    rows = [np.eye(30)[kind] + 0.02 * draw.normal(size=30) for kind in kinds.values()]
    rows += list(draw.normal(size=(100, 30)))
    words = [*kinds, *(f"w{n}" for n in range(100))]
    table = WordVectors(words, np.array(rows, dtype=np.float32))
    write_folder(tmp_path / "kinds", table, {})
    line = ("words", "plot", "kinds", "--words", "fig,pear,saw,axe,stranger",
            "--axis", "eat=date", "--axis", "use=file")  # fmt: skip
    found = [json.loads(line) for line in typed(*line, "--format", "jsonl").out.splitlines()]
    assert {row["word"]: row["axis"] for row in found} == {
        "fig": "eat",
        "pear": "eat",
        "saw": "use",
        "axe": "use",
        "stranger": None,
    }
    assert "cluster" not in found[0]
    done = typed(*line, "-o", "axes.svg", "-v")
    assert "colours: the axis each word leans to, 1 leans to none" in done.err
    assert ">eat (2)</text>" in (tmp_path / "axes.svg").read_text(encoding="utf-8")


def test_the_same_seed_gives_the_same_map(typed: Typed) -> None:
    line = ("words", "plot", "a", "--top", "20", "--projection", "tsne", "--seed", "5")
    assert typed(*line).out == typed(*line).out


def test_unknown_words_of_a_list_are_left_out_and_counted(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("fruit1\ntool1\nnobody\ncity1\n", encoding="utf-8")
    done = typed("words", "plot", "a", "--words", "@list.txt")
    assert done.err == "nlpwb: left out, because a does not know them: nobody\n"
    assert [line.split("\t")[0] for line in done.out.splitlines()[1:]] == [
        "fruit1",
        "tool1",
        "city1",
    ]


def test_a_file_without_counts_and_a_word_without_a_direction(typed: Typed, tmp_path: Path) -> None:
    rows = np.array([[1, 0], [0, 1], [1, 1], [0, 0]], dtype=np.float32)
    write_folder(tmp_path / "plain", WordVectors(["x", "y", "z", "nil"], rows), {})
    done = typed("words", "plot", "plain", "--top", "10", "--format", "jsonl")
    assert done.err == "nlpwb: left out, because their vectors are all zeros: nil\n"
    found = [json.loads(line) for line in done.out.splitlines()]
    assert [(row["word"], row["count"], row["cluster"]) for row in found] == [
        ("x", None, None),
        ("y", None, None),
        ("z", None, None),
    ]


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("a", 2, "say which words: --words king,queen,… or --top 300 (or --words @FILE)"),
        ("a --top 5 --around fruit1", 2, "--top and --around contradict each other; give one"),
        ("a --words fruit1,furit2,tool1", 1,
         "a has no vector for 'furit2' among its 36 words; "
         "did you mean fruit2, fruit0 or fruit1?"),
        ("a --around qqq", 1, "a has no vector for 'qqq' among its 36 words; no word is spelled like it"),
        ("a --top 2", 1, "2 words are too few, 3 are needed; name more in --words, or take --top 300"),
        ("a --words fruit1", 1, "1 word is too few, 3 are needed; name more in --words, or take --top 300"),
        ("a --top 9 -o map.pdf", 2, "-o map.pdf: the ending says the format, .png, .svg or .html"),
        ("a --top 9 -o no/map.png", 1, "-o no/map.png: the folder no does not exist; make it first"),
        ("a --top 9 --projection umap", 2, "--projection 'umap' is not known; there are: pca, tsne"),
        ("a --top 9 --theme drak", 2, "--theme 'drak' is not known; did you mean dark?"),
        ("a --top 9 --clusters 9", 2, "--clusters must be auto or a whole number from 2 to 8, got 9"),
        ("a --top 9 --clusters many", 2, "--clusters must be auto or a whole number from 2 to 8, got many"),
        ("a --top 9 -k 5", 2, "-k 5 counts the neighbours of --around WORD; add it, or leave -k out"),
        ("nowhere --top 6000", 1, "--top 6000: a map of more than 5,000 words is a cloud; take 5,000 at most"),
        ("a --top 5 --clusters 5", 1, "--clusters 5: there are 5 words; ask for 4 at most"),
        ("a --top 9 --colour-by none --clusters 3", 2, "--clusters has no effect without --colour-by cluster; leave one out"),
        ("a --top 9 --axis fruit", 2, "--axis fruit names no words; write --axis NAME=WORD,WORD as in fruit=banana,orange"),
        ("a --top 9 --axis x=fruit1", 2, "--axis is given once; words lean to one of two axes at least"),
        ("a --top 9 --axis x=fruit1 --axis x=tool1", 2, "--axis x is given twice; put its words into one"),
        ("a --top 9 --axis x=fruit1 --axis y=toool1", 1,
         "--axis y: a has no vector for 'toool1' among its 36 words; "
         "did you mean tool1, tool10 or tool11?"),
        ("a --top 9 --colour-by axis", 2,
         "--colour-by axis needs --axis NAME=word,word, twice at least, "
         "and --axis needs --colour-by axis"),
    ],
)  # fmt: skip
def test_mistakes_get_their_sentence(typed: Typed, line: str, code: int, sentence: str) -> None:
    done = typed("words", "plot", *line.split())
    assert (done.code, done.out) == (code, "")
    assert done.err.splitlines()[-1] == f"nlpwb: {sentence}"
