"""``nlpwb words evaluate``: every format, files against each other, gates, and what is said of a mistake.

All scores here are 1, so that no figure depends on a random stream.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from nlpwb.vectors.folder import write_folder
from nlpwb.vectors.table import WordVectors

from .conftest import Typed

LINE = "words evaluate arc --similarity people.tsv --analogies own.txt --geometry 0"
# Wilson's lower end at 42 of 42 is 42 / (42 + 1.96²).
LOWER = 42 / (42 + 1.959963984540054**2)
FIELDS = [
    "set", "part", "vectors", "kind", "score", "low", "high", "words_low", "words_high", "letters", "delta", "delta_low",
    "delta_high", "used", "total", "score_of_all", "why",
]  # fmt: skip


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Vectors of 40 words on an arc and of seven pairs that differ by one offset; 35 scored pairs, 42 questions and one more.

    w0 is the nearer to w1, w2 … the smaller their number, which is what people say of 35 pairs; a36th has an unknown word.
    b3 − a3 + a5 is b5 exactly.
    """
    angles = np.linspace(0, np.pi / 2, 40)
    arc = np.zeros((54, 10))
    arc[:40, 8], arc[:40, 9] = np.cos(angles), np.sin(angles)
    arc[40:47, :7] = np.eye(7)
    arc[47:, :7] = np.eye(7)
    arc[47:, 7] = 0.5
    words = [f"w{n}" for n in range(40)] + [f"{x}{n}" for x in "ab" for n in range(7)]
    table = WordVectors(words, arc.astype(np.float32))
    write_folder(tmp_path / "arc", table, {})
    write_folder(tmp_path / "arc2", table, {})
    few = WordVectors(words[:11], table.vectors[:11])
    write_folder(tmp_path / "few", few, {})
    pairs = [f"w0\tw{n}\t{-n}" for n in range(1, 36)] + ["w0\tunknown\t-99"]
    (tmp_path / "people.tsv").write_text("\n".join(pairs), encoding="utf-8")
    asked = [f"a{i} b{i} a{j} b{j}" for i, j in permutations(range(7), 2)]
    questions = [": pairs", *asked, "a0 b0 a1 unknown"]
    (tmp_path / "own.txt").write_text("\n".join(questions), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_table_for_people(typed: Typed, work: Path) -> None:
    """The 36th pair is the least similar, and at cosine 0 it is: 1 again. The 43rd question counts as wrong: 42 of 43."""
    ended = typed(*LINE.split(), "--format", "table")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == (
        "arc   54 words   10 dimensions   seed 0\n"
        "\n"
        "  set      score   95 % interval      over words  covered  of     all\n"
        "  people  1.0000  1.000 to 1.000                       35  36  1.0000\n"
        "  own     1.0000   .916 to 1.000  1.000 to 1.000       42  43   .9767\n"
        "\n"
        "Analogies: accuracy of 3CosAdd among the first 30,000 words of a file (--restrict-vocab changes it).\n"
        "The 95 % interval is Wilson's, over questions; they share words, and over words is the interval for\n"
        "questions of other pairs of words.\n"
        "Similarity: Spearman's correlation with people's scores, bootstrap over pairs; all words of a file.\n"
        "Covered: every word has a vector, and score is theirs; all: the others count as cosine 0, or wrong.\n"
    )


def rows(vectors: str = "arc") -> list[dict[str, object]]:
    """The rows that every machine format has for one file."""
    empty = dict.fromkeys(FIELDS)
    own = {"vectors": vectors, "part": "all", "score": 1.0, "high": 1.0}
    people = {"set": "people", "kind": "similarity", "low": 1.0, "used": 35, "total": 36}
    asked = {"set": "own", "kind": "analogies", "low": LOWER, "used": 42, "total": 43}
    words = {"words_low": 1.0, "words_high": 1.0, "score_of_all": 42 / 43}
    return [{**empty, **own, **people, "score_of_all": 1.0}, {**empty, **own, **asked, **words}]


def same(found: dict[str, object], expected: dict[str, object]) -> bool:
    """Equal fields in equal order, numbers up to rounding."""
    return list(found) == list(expected) and all(
        found[key] == pytest.approx(value) if isinstance(value, float) else found[key] == value
        for key, value in expected.items()
    )


def test_json_lines(typed: Typed, work: Path) -> None:
    ended = typed(*LINE.split(), "--format", "jsonl")
    found = [json.loads(line) for line in ended.out.splitlines()]
    assert all(same(a, {**b, "letters": ""}) for a, b in zip(found, rows(), strict=True))


@pytest.mark.parametrize(("format", "comma"), [("tsv", "\t"), ("csv", ",")])
def test_separated_values(format: str, comma: str, typed: Typed, work: Path) -> None:
    """Full precision, nothing for what is missing; in a pipe TSV is what one gets."""
    ended = typed(*LINE.split(), *([] if format == "tsv" else ["--format", format]))
    head, *lines = (line.split(comma) for line in ended.out.splitlines())
    assert head == FIELDS
    for line, row in zip(lines, rows(), strict=True):
        for text, value in zip(line, row.values(), strict=True):
            if isinstance(value, float):
                assert float(text) == pytest.approx(value)
            else:
                assert text == ("" if value is None else str(value))


def test_json_has_the_protocol_too(typed: Typed, work: Path) -> None:
    found = json.loads(typed(*LINE.split(), "--format", "json").out)
    assert list(found) == [
        "files", "scores", "pairs", "method", "analogy_words", "similarity_words", "subwords", "seed",
    ]  # fmt: skip
    assert found["files"] == [{"vectors": "arc", "words": 54, "dimensions": 10, "geometry": None}]
    assert [row["score"] for row in found["scores"]] == [1, 1]
    assert (found["method"], found["analogy_words"], found["similarity_words"]) == (
        "3cosadd",
        30000,
        None,
    )


def test_markdown(typed: Typed, work: Path) -> None:
    out = typed(*LINE.split(), "--format", "md").out
    assert "| set | score | 95 % interval | over words | covered | of | all |\n" in out
    assert "| own | 1.0000 | .916 to 1.000 | 1.000 to 1.000 | 42 | 43 | .9767 |" in out


def test_files_against_each_other(typed: Typed, work: Path) -> None:
    """The same vectors twice: one letter, no difference; the pairs with their p-values are in JSON."""
    line = LINE.replace("arc", "arc arc2").split()
    out = typed(*line, "--format", "table").out
    assert out.startswith("2 files of word vectors   seed 0\n")
    assert "  people  arc      1.0000  1.000 to 1.000                  a" in out
    # seven pairs of words are too few to compare by, however many questions are made of them
    assert "! arc2 on own: too little is covered by it and by arc to compare the two" in out
    assert "Files that share a letter cannot be told apart on a set" in out
    pairs = json.loads(typed(*line, "--format", "json").out)["pairs"]
    assert [(p["a"], p["b"], p["set"], p["n"], p["delta"], p["p"]) for p in pairs] == [
        ("arc", "arc2", "people", 35, 0, 1),
    ]


def test_a_set_that_is_hardly_covered_has_no_figure_and_it_is_said(
    typed: Typed, work: Path
) -> None:
    """Ten words of the file are in the set: ten pairs."""
    line = "words evaluate few --similarity people.tsv --format table --geometry 0"
    ended = typed(*line.split())
    assert ended.code == 0
    assert "  people      –              –       10  36    –\n" in ended.out
    assert "! few on people: 10 of 36 pairs are covered, and a score needs 30.\n" in ended.out


def test_sections_and_restriction(typed: Typed, work: Path) -> None:
    """The table's first 50 words lack four of the seven b: of 42 questions those between three pairs are left, 6."""
    line = "words evaluate arc --analogies own.txt --geometry 0 --restrict-vocab 50 --sections"
    found = json.loads(typed(*line.split(), "--format", "json").out)
    assert [(row["part"], row["used"]) for row in found["scores"]] == [("all", 6), ("pairs", 6)]
    assert (found["analogy_words"], found["similarity_words"]) == (50, 50)
    everything = json.loads(typed(*line.replace("50", "0").split(), "--format", "json").out)
    assert everything["analogy_words"] is None
    assert everything["scores"][0]["used"] == 42


def test_multiplied_cosines_are_chosen_and_said(typed: Typed, work: Path) -> None:
    out = typed(*LINE.split(), "--method", "3cosmul", "--format", "table").out
    assert "accuracy of 3CosMul among" in out


def test_geometry_has_a_table_and_rows_of_its_own(typed: Typed, work: Path, tmp_path: Path) -> None:
    """A ring of 40 words: no hubs, and all cosines sum to zero but for those with oneself: −1 / 39."""
    angles = 2 * np.pi * np.arange(40) / 40
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    write_folder(tmp_path / "ring", WordVectors([f"w{n}" for n in range(40)], ring), {})
    line = "words evaluate ring --similarity people.tsv"
    out = typed(*line.split(), "--format", "table").out
    assert (
        "  words  isotropy  mean cosine  hubness N_10  anti-hubs  greatest hub  near\n"
        "     40     1.000       −0.026          .000      0.0 %  w0              10\n"
    ) in out
    found = [json.loads(row) for row in typed(*line.split(), "--format", "jsonl").out.splitlines()]
    assert [(row["part"], row["used"], row["total"]) for row in found if row["kind"] == "geometry"] == [
        (name, 40, 40) for name in ("isotropy", "mean-cosine", "hubness", "antihubs")
    ]  # fmt: skip


def test_geometry_that_is_asked_for_needs_no_set(typed: Typed, work: Path, tmp_path: Path) -> None:
    """Vectors in a language without a set still have a shape; who did not ask for it wanted scores, and is told."""
    rows = np.random.default_rng(0).normal(size=(50, 5)).astype(np.float32)
    write_folder(tmp_path / "x", WordVectors([f"qq{n}" for n in range(50)], rows), {})
    line = "words evaluate x --similarity people.tsv"
    ended = typed(*line.split())
    assert ended.code == 1
    assert "x has no vector for any word of people" in ended.err
    ended = typed(*line.split(), "--geometry", "50", "--format", "table")
    assert ended.code == 0
    assert "isotropy" in ended.out


@pytest.mark.parametrize(("least", "code"), [(".9", 0), (".95", 3)])
def test_a_gate_is_judged_on_the_lower_end(least: str, code: int, typed: Typed, work: Path) -> None:
    """The interval of own begins at .9162; the table is printed either way."""
    ended = typed(*LINE.split(), "--fail-under", f"own={least}")
    assert ended.code == code
    assert ended.out.startswith("set\tpart")
    said = "nlpwb: --fail-under own=0.95 is missed: arc has 0.9162 at its lower end; other vectors may do better\n"
    assert ended.err == (said if code else "")


def test_a_gate_is_missed_where_there_is_no_figure(typed: Typed, work: Path) -> None:
    ended = typed(*shlex.split("words evaluate few --similarity people.tsv --fail-under people=0"))
    assert ended.code == 3
    assert "is missed: 10 of 36 pairs are covered, and a score needs 30; other" in ended.err


COLUMNS = "a line has two words and a score, with tabs, commas or spaces between them"
GATE = "a set and a value between -1 and 1 are due, such as WordSim-353=.6"
FORM = "the form is that of word2vec, such as Athens Greece Oslo Norway"
NO_WORD = "--similarity FILE takes a set in the language of the vectors"
MISTAKES = [
    ("none", 1, None),
    ("arc --similarity peple.tsv", 1, "peple.tsv: no such file or folder; did you mean people.tsv?"),
    ("arc --similarity gensim:simlex", 1, "there is no built-in data set gensim:simlex; did you mean gensim:simlex999?"),
    ("arc --similarity one.tsv", 1, f"one.tsv, line 2: 1 of 3 columns; {COLUMNS}"),
    ("arc --similarity nan.tsv", 1, "nan.tsv, line 2: the score 'NaN' is no finite number; mend the line or leave it out"),
    ("arc --similarity far.tsv", 1, f"arc has no vector for any word of far; {NO_WORD}"),
    ("arc few --similarity far.tsv", 1, f"none of the files has a vector for any word of far; {NO_WORD}"),
    ("arc --analogies own.txt --section pears", 2, "--section 'pears': own has no such section; did you mean pairs?"),
    ("arc --analogies bad.txt", 1, f"bad.txt, line 2: a question has four words, this line 3; {FORM}"),
    ("arc --method 3cosad", 2, "--method '3cosad' is not known; did you mean 3cosadd?"),
    ("arc --fail-under .6", 2, f"--fail-under '.6': {GATE}"),
    ("arc --fail-under WordSim-353=6", 2, f"--fail-under 'WordSim-353=6': {GATE}"),
    ("arc --fail-under WordSim353=.6", 2, "--fail-under WordSim353: no such set is judged; did you mean WordSim-353?"),
    (
        "arc --similarity people.tsv --similarity people.tsv", 2,
        "two sets are called people; name each once, or rename a file",
    ),
    ("arc --format tvs", 2, "--format 'tvs' is not known; did you mean tsv?"),
]  # fmt: skip
FILES = {
    "one.tsv": "cat\ndog\n",
    "nan.tsv": "cat\tdog\t1\ncup\tsky\tNaN\n",
    "far.tsv": "cat\tdog\t1\ncup\tsky\t2\n",
    "bad.txt": ": one\na b c\n",
}


@pytest.mark.parametrize(("words", "code", "sentence"), MISTAKES)
def test_a_mistake_gets_one_sentence(
    words: str, code: int, sentence: str | None, typed: Typed, work: Path
) -> None:
    """The sentence for vectors that are not there (None) is their reader's."""
    for name, content in FILES.items():
        (work / name).write_text(content, encoding="utf-8")
    ended = typed("words", "evaluate", *shlex.split(words))
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.count("\n") == 1
    if sentence is not None:
        assert ended.err == f"nlpwb: {sentence}\n"


def test_it_loads_numpy_and_scipy_and_nothing_heavier(work: Path) -> None:
    """The built-in sets come from gensim's folder, and gensim itself must not come with them."""
    program = (
        "import sys; from nlpwb.cli.main import run; "
        "code = run(['words', 'evaluate', 'arc', '--similarity', 'people.tsv', '-q']); "
        "from nlpwb.data.wordsets import builtin_analogies; builtin_analogies(); "
        "print(code, sorted({'gensim', 'sklearn', 'torch', 'numba', 'matplotlib', 'rich'} & set(sys.modules)))"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=work,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "0 []"
