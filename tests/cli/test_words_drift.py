"""``nlpwb words drift``: the planted word comes first, in every format, and mistakes get their sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Typed
from tests.cli.words_tables import planted


@pytest.fixture(autouse=True)
def _tables(typed: Typed, tmp_path: Path) -> None:
    planted(tmp_path)


def test_the_planted_word_moved_most(typed: Typed) -> None:
    """fruit5 has new neighbours only, all of them tools; the table says how stable the rest is."""
    done = typed("words", "drift", "a", "b", "-k", "5", "--show", "2", "--format", "table")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "a → b   36 of 36 shared words   5 neighbours"
    assert lines[1].startswith("neighbours kept (mean Jaccard): .")
    assert "95 % interval over words" in lines[1]
    first = lines[lines.index(next(line for line in lines if "Jaccard  cosine" in line)) + 1]
    word, jaccard, _, count_a, count_b, *neighbours = first.split()
    assert (word, jaccard, count_a, count_b) == ("fruit5", ".000", "63", "63")
    assert sum(name.startswith("tool") for name in neighbours) >= 2
    assert "Two trainings on one text show what is noise" in " ".join(lines)


def test_machine_formats_have_all_words_and_all_neighbours(typed: Typed) -> None:
    done = typed("words", "drift", "a", "b", "-k", "5")
    rows = [line.split("\t") for line in done.out.splitlines()]
    assert rows[0] == ["word", "jaccard", "cosine", "count_a", "count_b", "gained", "lost"]
    assert len(rows) == 37
    gained, lost = (json.loads(rows[1][column]) for column in (5, 6))
    assert (rows[1][0], len(gained), len(lost)) == ("fruit5", 5, 5)
    assert {name[:4] for name in gained} == {"tool"}
    assert {name[:4] for name in lost} == {"frui"}


@pytest.mark.parametrize("format", ["tsv", "csv", "jsonl"])
def test_the_figures_of_the_whole_are_said_beside_rows_of_words(typed: Typed, format: str) -> None:
    """These rows have no place for them."""
    line = ("words", "drift", "a", "b", "-k", "5")
    table = typed(*line, "--format", "table").out.splitlines()
    done = typed(*line, "--format", format, "-v")
    assert done.err.startswith("neighbours kept (mean Jaccard): .")
    assert done.err.split("   ")[0] == table[1].split("   ")[0]
    assert len(done.err.splitlines()) == 1


def test_json_has_the_figures_of_the_whole(typed: Typed) -> None:
    done = typed("words", "drift", "a", "b", "-k", "5", "--format", "json")
    found = json.loads(done.out)
    assert (found["shared"], found["judged"], found["k"]) == (36, 36, 5)
    mean = sum(word["jaccard"] for word in found["words"]) / 36
    assert found["jaccard"] == pytest.approx(mean)
    assert found["low"] < found["jaccard"] < found["high"]
    assert found == json.loads(typed("words", "drift", "a", "b", "-k", "5", "--format", "json").out)


def test_a_table_against_itself_has_not_moved(typed: Typed) -> None:
    found = json.loads(typed("words", "drift", "a", "a", "--format", "json").out)
    assert (found["jaccard"], found["low"], found["high"]) == (1.0, 1.0, 1.0)
    assert found["cosine"] == pytest.approx(1)


def test_words_can_be_named_in_any_case_and_in_a_file(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("tool1\n\ncity2\n", encoding="utf-8")
    for words, judged in (("Fruit5,CITY2", {"fruit5", "city2"}), ("@list.txt", {"tool1", "city2"})):
        done = typed("words", "drift", "a", "b", "--words", words, "--format", "jsonl")
        assert {json.loads(line)["word"] for line in done.out.splitlines()} == judged


def test_unknown_words_of_a_file_are_left_out_and_named(typed: Typed, tmp_path: Path) -> None:
    """As by cluster and plot: one word of a list of hundreds must not end the command."""
    line = "words drift a b --min-count 101 --words @list.txt --format jsonl"
    (tmp_path / "list.txt").write_text("qqq\ntool9\nfruit0\n", encoding="utf-8")
    done = typed(*line.split())
    assert [json.loads(row)["word"] for row in done.out.splitlines()] == ["fruit0"]
    assert "nlpwb: left out, because a does not know them: qqq\n" in done.err
    assert "left out, because they are not in both a and b 101 times or more: tool9\n" in done.err
    (tmp_path / "list.txt").write_text("qqq\n", encoding="utf-8")
    done = typed(*line.split())
    assert (done.code, done.out) == (1, "")
    assert "--words @list.txt: none of its words is in both a and b 101 times or more" in done.err


def test_the_order_can_be_that_of_cosines(typed: Typed) -> None:
    done = typed("words", "drift", "a", "b", "--by", "cosine", "--format", "jsonl")
    cosines = [json.loads(line)["cosine"] for line in done.out.splitlines()]
    assert cosines == sorted(cosines)


def test_rare_words_are_left_out_where_it_is_asked(typed: Typed) -> None:
    """Counts are 1001, 501, 334, 251, 201, 167, 143, 126, 112, 101, 91 …"""
    done = typed("words", "drift", "a", "b", "--min-count", "101", "--format", "json")
    assert json.loads(done.out)["shared"] == 10


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("a b --words fruti5", 1, "a has no vector for 'fruti5' among its 36 words; did you mean fruit5, fruit0 or fruit1?"),
        ("a few", 1, "a and few share 3 words, and 10 are needed; compare vectors of one language, spelled alike"),
        (
            "a b --min-count 500",
            1,
            "a and b share 2 words that occur 500 times or more, and 10 are needed; lower --min-count",
        ),
        (
            "a b --min-count 101 --words tool9",
            1,
            "the word 'tool9' is not in both a and b 101 times or more; leave it out of --words",
        ),
        ("a b --words tool1 --top 5", 2, "--words and --top contradict each other; give one"),
        ("a b --words ,", 1, "--words ,: there is no word in it; name one at least"),
        ("a b --words @none.txt", 1, "--words @none.txt: no such file or directory; name a file with a word a line"),
        ("a b --by size", 2, "--by 'size' is not known; did you mean cosine?"),
        ("a b -k 0", 2, "-k must be at least 1, got 0"),
        ("a b --out no/x.tsv", 1, "--out no/x.tsv: the folder no does not exist; make it first"),
    ],
)  # fmt: skip
def test_mistakes_get_their_sentence(typed: Typed, line: str, code: int, sentence: str) -> None:
    done = typed("words", "drift", *line.split())
    assert (done.code, done.out) == (code, "")
    assert done.err.splitlines()[-1] == f"nlpwb: {sentence}"


def test_a_missing_file_is_named(typed: Typed) -> None:
    done = typed("words", "drift", "a", "nowhere")
    assert done.code == 1
    assert done.err.startswith("nlpwb: nowhere")
    assert len(done.err.splitlines()) == 1
