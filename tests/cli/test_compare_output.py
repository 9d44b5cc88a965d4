"""``nlpwb compare``, to the letter: one comparison whose figures one can compute by head, in every format."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from pathlib import Path

import pytest

from .conftest import Typed

FIELDS = [
    "method", "budget", "score", "low", "high", "letters", "delta", "delta_low", "delta_high",
    "fit_seconds", "docs_per_second", "peak_mib", "bytes", "trained_share", "ship_bytes", "dimensions", "oov_rate", "seed_sd",
    "chosen", "searched", "error",
]  # fmt: skip
COSTS = ("fit_seconds", "docs_per_second", "peak_mib", "bytes")
METHODS = ("-m", "majority", "-m", "onehot")


def wilson(right: int, n: int) -> tuple[float, float]:
    """Wilson (1927), JASA 22: the interval whose ends would have ``right`` of ``n`` at 1.96 standard errors."""
    z = 1.959963984540054
    middle = (right + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(right * (n - right) / n + z * z / 4)
    return middle - half, middle + half


def compared(typed: Typed, shop: Path, *more: str) -> str:
    corpus = (str(shop / "train.csv"), "--test", str(shop / "test.csv"))
    ended = typed("compare", *corpus, *METHODS, *more)
    assert (ended.code, ended.err) == (0, "")
    return ended.out


def expected() -> list[dict[str, object]]:
    """onehot is right 12 times of 12, majority 6 times: a difference of -1/2 on 6 documents that all speak for onehot."""
    nothing = dict.fromkeys(FIELDS)
    low, _ = wilson(12, 12)
    onehot = {"method": "onehot", "score": 1.0, "low": low, "high": 1.0, "letters": "a"}
    onehot |= {"dimensions": 13, "oov_rate": 0.5}
    low, high = wilson(6, 12)
    majority = {"method": "majority", "score": 0.5, "low": low, "high": high, "letters": "b"}
    return [nothing | onehot, nothing | majority | {"delta": -0.5}]


def check_rows(rows: list[dict[str, object]]) -> None:
    """The rows are the expected ones; what they cost is there and nothing else is known of it."""
    for row, known in zip(rows, expected(), strict=True):
        assert list(row) == FIELDS
        for field in FIELDS:
            if field in COSTS:
                assert isinstance(row[field], (int, float))
                assert float(str(row[field])) >= 0
            elif field in (
                "delta_low",
                "delta_high",
            ):  # how these are made is tested with statistics
                assert (row[field] is None) == (known["delta"] is None)
            else:
                assert row[field] == (pytest.approx(known[field]) if known[field] else known[field])


def test_json_holds_protocol_results_pairs_and_answer(typed: Typed, shop: Path) -> None:
    document = json.loads(compared(typed, shop, "--format", "json"))
    assert list(document) == [
        "protocol", "results", "curve", "pairs", "answer", "warnings", "notes",
    ]  # fmt: skip
    protocol = document["protocol"]
    assert (protocol["train_rows"], protocol["test_rows"], protocol["split"]) == (21, 12, "file")
    assert (protocol["labels"], protocol["metric"]) == (["no", "yes"], "accuracy")
    check_rows(document["results"])
    (pair,) = document["pairs"]
    assert (pair["a"], pair["b"], pair["delta"]) == ("majority", "onehot", -0.5)
    assert pair["p"] == pair["p_holm"] == 2 * 0.5**6  # exact McNemar: six of six coins fall alike
    assert document["answer"]["best"] == document["answer"]["cheapest"] == "onehot"
    assert document["answer"]["tied"] == []
    assert document["warnings"] == [
        "12 rows are of labels with fewer than 10 rows (100.0 %): 'no', 'yes'"
    ]
    assert "label column: label (guessed)" in document["notes"]


def test_json_lines_are_the_results(typed: Typed, shop: Path) -> None:
    check_rows(
        [json.loads(line) for line in compared(typed, shop, "--format", "jsonl").splitlines()]
    )


@pytest.mark.parametrize(("format", "comma"), [("tsv", "\t"), ("auto", "\t"), ("csv", ",")])
def test_tsv_and_csv_have_the_same_fields_unrounded(
    typed: Typed, shop: Path, format: str, comma: str
) -> None:
    """auto is TSV, since this is no terminal."""
    out = compared(typed, shop, "--format", format)
    assert out.splitlines()[0] == comma.join(FIELDS)
    rows: list[dict[str, object]] = []
    for row in csv.DictReader(io.StringIO(out), delimiter=comma):
        rows.append({k: _number(v) for k, v in row.items()})
    check_rows(rows)


def _number(text: str) -> object:
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def masked(out: str) -> str:
    """A table without what differs between machines, and without the widths that depend on it."""
    out = re.sub(r"\d\.\d\d s\b", "FIT", out)
    out = re.sub(r"\b\d+ MiB", "PEAK", out)
    out = re.sub(r"\b\d\.\d kB", "SIZE", out)
    out = re.sub(r"(?<=FIT)( +|(?: \| ))[\d,]+", r"\1SPEED", out)
    return re.sub(r" {2,}", "  ", out)


TABLE = """\
train.csv  21 training + 12 test documents  2 labels  accuracy  seed 0

  method  accuracy  95 % interval  ≈  Δ best  fit  docs/s  peak  size  dims  OOV
  onehot  1.0000  .758 to 1.000  a  FIT  SPEED  PEAK  SIZE  13  50.0 %
  majority  .5000  .254 to .746  b  −50.0 (−75.5 to −10.2)  FIT  SPEED  PEAK  SIZE  –  –

Use onehot: on these 12 documents better than the other one. Differences of 57.8 points or more would show.
Methods that share a letter cannot be told apart (exact McNemar, Holm; Δ in points; intervals: Wilson).
! 12 rows are of labels with fewer than 10 rows (100.0 %): 'no', 'yes'
"""

MARKDOWN = """\
train.csv · 21 training + 12 test documents · 2 labels · accuracy · seed 0

| method | accuracy | 95 % interval | ≈ | Δ best | fit | docs/s | peak | size | dims | OOV |
| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| onehot | 1.0000 | .758 to 1.000 | a |  | FIT | SPEED | PEAK | SIZE | 13 | 50.0 % |
| majority | .5000 | .254 to .746 | b | −50.0 (−75.5 to −10.2) | FIT | SPEED | PEAK | SIZE | – | – |

Use onehot: on these 12 documents better than the other one. Differences of 57.8 points or more would show.

Methods that share a letter cannot be told apart (exact McNemar, Holm; Δ in points; intervals: Wilson).

! 12 rows are of labels with fewer than 10 rows (100.0 %): 'no', 'yes'
"""


def test_table(typed: Typed, shop: Path) -> None:
    typed.monkeypatch.setenv("COLUMNS", "120")
    assert masked(compared(typed, shop, "--format", "table")) == TABLE


def test_markdown(typed: Typed, shop: Path) -> None:
    assert masked(compared(typed, shop, "--format", "md")) == MARKDOWN


def test_out_is_written_whole_and_its_ending_says_the_format(
    typed: Typed, shop: Path, tmp_path: Path
) -> None:
    assert compared(typed, shop, "--out", "found.md") == ""
    assert masked((tmp_path / "found.md").read_text(encoding="utf-8")) == MARKDOWN
    assert compared(typed, shop, "--out", "found.json") == ""
    check_rows(json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["results"])


def test_errors_are_the_rows_on_which_methods_disagree(
    typed: Typed, shop: Path, tmp_path: Path
) -> None:
    """majority says yes to the six bad ones, lines 8 to 13 of the test file."""
    compared(typed, shop, "--errors", "errors.tsv", "-q")
    foods = ("kale", "leek", "mint", "nuts", "okra", "pear")
    assert (tmp_path / "errors.tsv").read_text(encoding="utf-8") == "".join(
        ["row\tlabel\tmajority\tonehot\ttext\n"]
        + [f"{row}\tno\tyes\tno\tbad {food}\n" for row, food in enumerate(foods, 8)]
    )


def test_standard_input_gives_the_same_rows_as_the_file(typed: Typed, shop: Path) -> None:
    """The training texts from a pipe, the test texts from a file."""
    ended = typed(
        "compare", "-", "--test", str(shop / "test.csv"), *METHODS, "--format", "json",
        stdin=(shop / "train.csv").read_bytes(),
    )  # fmt: skip
    document = json.loads(ended.out)
    check_rows(document["results"])
    assert document["protocol"]["corpus"] == "standard input"


def test_specs_come_from_a_file_with_comments(typed: Typed, shop: Path, tmp_path: Path) -> None:
    (tmp_path / "specs.txt").write_text("# both\nmajority\n\nonehot  # words\n", encoding="utf-8")
    corpus = (str(shop / "train.csv"), "--test", str(shop / "test.csv"))
    ended = typed("compare", *corpus, "-m", "@specs.txt", "--format", "jsonl")
    check_rows([json.loads(line) for line in ended.out.splitlines()])


def test_notes_come_with_v_and_leave_with_q(typed: Typed, shop: Path) -> None:
    """Into a pipe nothing is said beside the data, unless it is asked for."""
    corpus = (str(shop / "train.csv"), "--test", str(shop / "test.csv"))
    said = typed("compare", *corpus, *METHODS, "-v")
    assert "label column: label (guessed)" in said.err
    quiet = typed("compare", *corpus, *METHODS, "-q")
    assert (quiet.err, quiet.out) == ("", said.out)


def test_a_search_says_what_it_chose_for_whom(typed: Typed, shop: Path) -> None:
    """Under the table a line a method, in JSON words by option; majority has nothing to choose."""
    table = compared(typed, shop, "--search", "3", "--format", "table")
    said = table.partition("Options were searched on a fifth of the training rows, 3 trials for ")[
        2
    ]
    assert said
    assert "\n  majority: nothing better than as it stands\n" in said
    found = json.loads(compared(typed, shop, "--search", "3", "--format", "json"))
    assert found["protocol"]["search"] == "3 trials"
    by_name = {row["method"]: row["searched"] for row in found["results"]}
    assert by_name["majority"] == {}
    assert set(by_name["onehot"]) <= {"ngrams", "min_df", "C"}
