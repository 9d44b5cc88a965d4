"""``nlpwb words cluster``: planted groups, by both methods and in every format; trees; mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Typed
from tests.cli.words_tables import planted


@pytest.fixture(autouse=True)
def _tables(typed: Typed, tmp_path: Path) -> None:
    planted(tmp_path)


@pytest.mark.parametrize("method", ["kmeans", "agglomerative"])
def test_the_planted_groups_are_found_without_their_number(typed: Typed, method: str) -> None:
    done = typed("words", "cluster", "a", "--method", method, "-v")
    assert done.code == 0
    rows = [line.split("\t") for line in done.out.splitlines()]
    assert rows[0] == ["word", "cluster", "cosine", "silhouette", "count"]
    groups = {(word[:4], cluster) for word, cluster, *_ in rows[1:]}
    assert len(rows) == 37
    assert sorted(cluster for _, cluster in groups) == ["1", "2", "3"]
    assert "3 clusters, by the mean silhouette of each number (2: 0." in done.err


def test_the_table_shows_clusters_with_the_words_in_their_middle(typed: Typed) -> None:
    done = typed("words", "cluster", "a", "--clusters", "3", "--format", "table")
    lines = done.out.splitlines()
    assert lines[0].startswith("a   36 words   3 clusters (kmeans)   mean silhouette .")
    assert lines[2].split()[:4] == ["cluster", "words", "cohesion", "silhouette"]
    found = [line for line in lines[3:] if line.split()[0].isdigit()]  # the others go on with words
    assert [line.split()[:2] for line in found] == [["1", "12"], ["2", "12"], ["3", "12"]]
    for line in found:
        names = line.split(maxsplit=4)[4].replace(",", "").split()
        assert len({name.rstrip("0123456789") for name in names}) == 1


def test_json_has_clusters_and_words(typed: Typed) -> None:
    done = typed("words", "cluster", "a", "--clusters", "3", "--format", "json")
    found = json.loads(done.out)
    assert (len(found["clusters"]), len(found["words"])) == (3, 36)
    first = found["clusters"][0]
    own = [word for word in found["words"] if word["cluster"] == 1]
    assert first["words"] == [word["word"] for word in own[:8]]
    assert first["cohesion"] == pytest.approx(sum(word["cosine"] for word in own) / first["size"])


def test_of_many_words_a_sample_says_how_many_clusters(
    typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else twenty thousand words would be clustered sixteen times over."""
    monkeypatch.setattr("nlpwb.workflows.words.clustering.SAMPLE", 30)
    done = typed("words", "cluster", "a", "-v")
    assert (
        "3 clusters, by the mean silhouette of each number, on 30 of the words (2: 0." in done.err
    )
    assert len(done.out.splitlines()) == 37


def test_the_same_seed_gives_the_same_clusters(typed: Typed) -> None:
    line = ("words", "cluster", "a", "--clusters", "5", "--seed", "7")
    assert typed(*line).out == typed(*line).out


def test_a_tree_in_the_terminal_and_a_list_in_a_pipe(typed: Typed) -> None:
    line = ("words", "cluster", "a", "--words", "fruit1,fruit2,tool1", "--method", "agglomerative")
    done = typed(*line, "--tree", "--format", "table")
    assert done.code == 0
    assert "├── tool1\n" in done.out
    assert done.out.rstrip().endswith("fruit1, fruit2")
    piped = typed(*line, "--tree")
    assert piped.out.startswith("word\tcluster\tcosine")


def test_json_has_the_tree_and_its_merges_where_it_is_asked(typed: Typed) -> None:
    """fruit1 and fruit2 are joined first, then tool1 with both: number 3, after the three words."""
    line = ("words", "cluster", "a", "--words", "fruit1,fruit2,tool1", "--clusters", "2",
            "--method", "agglomerative", "--format", "json")  # fmt: skip
    found = json.loads(typed(*line, "--tree").out)
    plain = json.loads(typed(*line).out)
    assert {name: found[name] for name in plain} == plain
    assert sorted(found.keys() - plain.keys()) == ["leaves", "merges", "tree"]
    assert found["leaves"] == ["fruit1", "fruit2", "tool1"]
    first, last = found["merges"]
    assert (sorted(first["joins"]), first["size"]) == ([0, 1], 2)
    assert (sorted(last["joins"]), last["size"]) == ([2, 3], 3)
    assert found["tree"]["words"] == ["tool1"]
    assert found["tree"]["cosine"] == pytest.approx(last["cosine"])
    (inner,) = found["tree"]["branches"]
    assert (sorted(inner["words"]), inner["size"], inner["branches"]) == (
        ["fruit1", "fruit2"],
        2,
        [],
    )


def test_too_many_words_for_a_dendrogram_are_refused_before_they_are_compared(
    typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else ten thousand words are clustered for minutes, and then refused."""
    monkeypatch.setattr("nlpwb.report.dendrogram.MOST", 20)

    def compared(*_: object) -> None:
        raise AssertionError("the words were compared")

    monkeypatch.setattr("nlpwb.vectors.clusters.linkage", compared)
    done = typed("words", "cluster", "a", "--method", "agglomerative", "-o", "tree.png")
    assert (done.code, done.err) == (
        1,
        "nlpwb: -o tree.png: a dendrogram of 36 words cannot be read; take 20 at most, "
        "or print the tree with --tree\n",
    )


def test_a_dendrogram_is_drawn(typed: Typed, tmp_path: Path) -> None:
    done = typed("words", "cluster", "a", "--method", "agglomerative", "-o", "tree.svg", "-v")
    assert done.code == 0
    assert ">fruit5</text>" in (tmp_path / "tree.svg").read_text(encoding="utf-8")
    assert "tree.svg: 36 words" in done.err


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("a --words fruit1,fruti2,tool1", 1,
         "a has no vector for 'fruti2' among its 36 words; "
         "did you mean fruit2, fruit0 or fruit1?"),
        ("a --words fruit1,tool1", 1, "2 words are too few, 3 are needed; name more in --words, or take --top 300"),
        ("a --words fruit1 --top 5", 2, "--words and --top contradict each other; give one"),
        ("a --clusters 36", 1,
         "--clusters 36: there are 36 words, and a cluster of each says nothing; "
         "ask for 35 at most, or name more words"),
        ("a --clusters 1", 2, "--clusters must be auto or a whole number from 2 on, got 1"),
        ("a --clusters many", 2, "--clusters must be auto or a whole number from 2 on, got many"),
        ("a --top 9 -k 5", 2, "-k 5 counts the neighbours of --around WORD; add it, or leave -k out"),
        ("a --method ward", 2, "--method 'ward' is not known; there are: agglomerative, kmeans"),
        ("a --tree", 2, "--tree: k-means makes no tree; add --method agglomerative"),
        ("a -o tree.png", 2, "-o tree.png: k-means makes no tree; add --method agglomerative"),
        ("a --method agglomerative -o tree.html", 2, "-o tree.html: the ending says the format, .png or .svg"),
        ("a --method agglomerative -o no/tree.png", 1, "-o no/tree.png: the folder no does not exist; make it first"),
    ],
)  # fmt: skip
def test_mistakes_get_their_sentence(typed: Typed, line: str, code: int, sentence: str) -> None:
    done = typed("words", "cluster", *line.split())
    assert (done.code, done.out) == (code, "")
    assert done.err.splitlines()[-1] == f"nlpwb: {sentence}"
