"""``nlpwb predict``, ``evaluate``, ``train`` and ``embed``, to the letter, in every format, from files and from stdin."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from .conftest import Typed

# bow+nb by hand: 11 yes and 10 no texts, 13 words; "good" is 11 of the 22 words of yes and none of the 20 of no, and one is
# added to each count. "kale" is unknown and says nothing.
GOOD = [11 / 21 * 12 / 35, 10 / 21 * 1 / 33]
YES = GOOD[0] / sum(GOOD)  # of "good kale"
BAD = [11 / 21 * 1 / 35, 10 / 21 * 11 / 33]
NO = BAD[1] / sum(BAD)  # of "bad kale"

TWO_LINES = "good kale\nbad kale\n"
SHARE = 11 / 21

PREDICTED = {
    "tsv": f"row\tlabel\tscore\n1\tyes\t{SHARE}\n2\tyes\t{SHARE}\n",
    "csv": f"row,label,score\n1,yes,{SHARE}\n2,yes,{SHARE}\n",
    "jsonl": f'{{"row": 1, "label": "yes", "score": {SHARE}}}\n'
    f'{{"row": 2, "label": "yes", "score": {SHARE}}}\n',
    "json": json.dumps([{"row": n, "label": "yes", "score": SHARE} for n in (1, 2)], indent=2)
    + "\n",
    "table": "  row  label   score\n    1  yes    0.5238\n    2  yes    0.5238\n",
    "md": "| row | label | score |\n| ---: | --- | ---: |\n| 1 | yes | 0.5238 |\n| 2 | yes | 0.5238 |\n",
}
PREDICTED["auto"] = PREDICTED["tsv"]


@pytest.mark.parametrize("format", sorted(PREDICTED))
def test_predict_in_every_format(typed: Typed, models: Path, format: str) -> None:
    """majority gives each text the share of yes among its 21 training texts."""
    ended = typed("predict", str(models / "majority"), "-", "--format", format, stdin=TWO_LINES)
    assert (ended.code, ended.out, ended.err) == (0, PREDICTED[format], "")


def test_predict_reads_standard_input_without_being_told(typed: Typed, models: Path) -> None:
    ended = typed("predict", str(models / "majority"), stdin=TWO_LINES)
    assert ended.out == PREDICTED["tsv"]


def test_predict_counts_the_rows_of_a_file_as_an_editor_does(typed: Typed, models: Path) -> None:
    """The header is line 1; the label column is not looked at."""
    ended = typed("predict", str(models / "svm"), str(models / "test.csv"), "--format", "jsonl")
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert [row["row"] for row in rows] == list(range(2, 14))
    assert [row["label"] for row in rows] == ["yes"] * 6 + ["no"] * 6


def test_predict_writes_to_a_file(typed: Typed, models: Path, tmp_path: Path) -> None:
    where = ["--out", "labels.csv"]
    ended = typed("predict", str(models / "majority"), "-", *where, stdin=TWO_LINES)
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert (tmp_path / "labels.csv").read_text(encoding="utf-8") == PREDICTED["csv"]


def test_probabilities_ranks_and_texts(typed: Typed, models: Path) -> None:
    options = ["--proba", "--top-k", "2", "--with-text", "--format", "jsonl"]
    ended = typed("predict", str(models / "nb"), "-", *options, stdin=TWO_LINES)
    expected = [
        (1, 1, "yes", YES, "good kale"),
        (1, 2, "no", 1 - YES, "good kale"),
        (2, 1, "no", NO, "bad kale"),
        (2, 2, "yes", 1 - NO, "bad kale"),
    ]
    rows = [json.loads(line) for line in ended.out.splitlines()]
    for row, (number, rank, label, score, text) in zip(rows, expected, strict=True):
        assert list(row) == ["row", "rank", "label", "score", "text"]
        assert (row["row"], row["rank"], row["label"], row["text"]) == (number, rank, label, text)
        assert row["score"] == pytest.approx(score, rel=1e-9)


def test_a_pipe_is_a_table_where_its_first_line_names_columns_or_the_user_does(
    typed: Typed, models: Path
) -> None:
    """Lines of prose with commas in them stay lines."""
    model = str(models / "svm")
    table = "id,body\n7,good kale\n8,bad kale\n"
    for words, data in ((("--text", "body"), table), ((), table.replace("body", "text"))):
        ended = typed("predict", model, "-", *words, stdin=data)
        assert [line.split("\t")[:2] for line in ended.out.splitlines()[1:]] == [
            ["2", "yes"],
            ["3", "no"],
        ]
    prose = "good, as ever\nbad, as ever\n"
    assert len(typed("predict", model, "-", stdin=prose).out.splitlines()) == 3
    lines = typed("predict", model, "-", "--input-format", "text", stdin=table)
    assert len(lines.out.splitlines()) == 4


EVALUATED = {
    "tsv": "label\tprecision\trecall\tf1\tsupport\tpredicted\n"
    f"no\t0.0\t0.0\t0.0\t6\t0\nyes\t0.5\t1.0\t{2 / 3}\t6\t12\n",
    "csv": "label,precision,recall,f1,support,predicted\n"
    f"no,0.0,0.0,0.0,6,0\nyes,0.5,1.0,{2 / 3},6,12\n",
    "jsonl": '{"label": "no", "precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 6, "predicted": 0}\n'
    f'{{"label": "yes", "precision": 0.5, "recall": 1.0, "f1": {2 / 3}, "support": 6, "predicted": 12}}\n',
    "table": "majority on test.csv: accuracy .5000, 95 % interval .2538 to .7462, 12 documents\n\n"
    "  label  precision  recall     f1  documents  predicted\n"
    "  no         .0000   .0000  .0000          6          0\n"
    "  yes        .5000  1.0000  .6667          6         12\n",
    "md": "majority on test.csv: accuracy .5000, 95 % interval .2538 to .7462, 12 documents\n\n"
    "| label | precision | recall | f1 | documents | predicted |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: |\n"
    "| no | .0000 | .0000 | .0000 | 6 | 0 |\n"
    "| yes | .5000 | 1.0000 | .6667 | 6 | 12 |\n",
}


@pytest.mark.parametrize("format", sorted(EVALUATED))
def test_evaluate_in_every_format(typed: Typed, models: Path, format: str) -> None:
    """majority says yes 12 times and is right 6 times; the interval is Wilson's."""
    ended = typed(
        "evaluate", str(models / "majority"), str(models / "test.csv"), "--format", format
    )
    assert (ended.code, ended.out, ended.err) == (0, EVALUATED[format], "")


def test_evaluate_in_json_holds_everything(typed: Typed, models: Path) -> None:
    ended = typed("evaluate", str(models / "nb"), str(models / "test.csv"), "--format", "json")
    document = json.loads(ended.out)
    assert list(document) == [
        "model", "method", "corpus", "documents", "task", "metric", "score", "low", "high",
        "per_label", "confusion", "figures", "oov_rate",
    ]  # fmt: skip
    assert (document["method"], document["documents"], document["score"]) == ("bow+nb", 12, 1.0)
    assert document["confusion"] == [[6, 0], [0, 6]]
    assert document["oov_rate"] == 0.5
    assert document["low"] == pytest.approx(12 / (12 + 1.959963984540054**2))


def test_evaluate_from_standard_input(typed: Typed, models: Path) -> None:
    data = (models / "test.csv").read_bytes()
    ended = typed("evaluate", str(models / "majority"), "-", "--format", "tsv", stdin=data)
    assert (ended.code, ended.out) == (0, EVALUATED["tsv"])


def test_confusion_names_true_and_said_labels(typed: Typed, models: Path) -> None:
    words = ("evaluate", str(models / "majority"), str(models / "test.csv"), "--confusion")
    assert typed(*words).out == "label\tsaid no\tsaid yes\nno\t0\t6\nyes\t0\t6\n"
    assert typed(*words, "--format", "table").out.splitlines()[2:] == [
        "  true label  said no  said yes",
        "  no                0         6",
        "  yes               0         6",
    ]


def test_a_label_may_be_called_label(typed: Typed, tmp_path: Path) -> None:
    """The confusion table keys its columns by labels, and one of them could hide the name of the row."""
    rows = "text,label\n" + "an a,label\nan o,other\n" * 3
    (tmp_path / "tags.csv").write_text(rows, encoding="utf-8")
    assert typed("train", "majority", "tags.csv", "-o", "tags").code == 0
    ended = typed("evaluate", "tags", "tags.csv", "--confusion", "--format", "jsonl")
    assert json.loads(ended.out.splitlines()[1]) == {
        "label": "other",
        "said label": 3,
        "said other": 0,
    }


@pytest.mark.parametrize(
    ("metric", "score"),
    [
        ("accuracy", 0.5),
        ("macro-f1", 1 / 3),  # no: 0, yes: 2/3
        ("weighted-f1", 1 / 3),
        ("mcc", 0.0),
        ("roc-auc", 0.5),
        ("log-loss", None),
    ],
)
def test_evaluate_by_every_metric(
    typed: Typed, models: Path, metric: str, score: float | None
) -> None:
    words = ("evaluate", str(models / "majority"), str(models / "test.csv"), "--metric", metric)
    document = json.loads(typed(*words, "--format", "json").out)
    if score is None:  # half of the texts get 11/21, the other half 10/21
        score = -(np.log(11 / 21) + np.log(10 / 21)) / 2
    assert (document["metric"], document["score"]) == (metric, pytest.approx(score))


TRAINED = ["model", "method", "documents", "labels", "dimensions", "fit_seconds", "bytes",
           "train_accuracy", "chosen"]  # fmt: skip


def test_train_says_what_it_made(typed: Typed, shop: Path) -> None:
    words = ("train", "majority", str(shop / "train.csv"), "-o", "model")
    (row,) = json.loads(typed(*words, "--format", "json").out)
    assert list(row) == TRAINED
    assert row | {"fit_seconds": 0, "bytes": 0} == {
        "model": "model",
        "method": "majority",
        "documents": 21,
        "labels": ["no", "yes"],
        "dimensions": None,
        "fit_seconds": 0,
        "bytes": 0,
        "train_accuracy": 11 / 21,
        "chosen": {},
    }
    header, values = (line.split("\t") for line in typed(*words).out.splitlines())
    assert header == TRAINED
    shown = dict(zip(header, values, strict=True))
    assert (shown["labels"], shown["train_accuracy"]) == ('["no", "yes"]', str(11 / 21))
    assert typed(*words, "--format", "jsonl").out.startswith(
        '{"model": "model", "method": "majority"'
    )
    title, line = typed(*words, "--format", "table").out.splitlines()
    assert title.split() == [
        "model",
        "method",
        "documents",
        "labels",
        "dims",
        "fit",
        "size",
        "right",
        "in",
        "training",
    ]
    assert line.split()[:6] == ["model", "majority", "21", "no,", "yes", "–"]
    assert line.endswith(" 52.4 %")
    assert typed(*words, "--format", "md").out.startswith("| model | method | documents | labels |")


def test_train_from_standard_input_makes_the_same_model(
    typed: Typed, shop: Path, tmp_path: Path
) -> None:
    data = (shop / "train.csv").read_bytes()
    assert typed("train", "bow+nb", "-", "-o", "pipe", stdin=data).code == 0
    assert typed("train", "bow+nb", str(shop / "train.csv"), "-o", "file").code == 0
    for name in ("model.safetensors", "vocabulary.json"):
        found = [path.read_bytes() for path in tmp_path.glob(f"*/{name}")]
        assert len(found) in (0, 2)
        assert len(set(found)) <= 1, name
    said = [typed("predict", model, "-", stdin=TWO_LINES).out for model in ("pipe", "file")]
    assert said[0] == said[1]


def test_embed_writes_the_matrix_that_the_head_sees(
    typed: Typed, models: Path, tmp_path: Path
) -> None:
    """Counts of the 13 words of the model in the order of its vocabulary; an unknown word has no column."""
    ended = typed(
        "embed", str(models / "nb"), "-", "-o", "e.npz", "--input-format", "text", stdin=TWO_LINES
    )
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    words = ["apple", "bad", "bread", "cheese", "dates", "eggs", "figs", "good", "grapes", "honey",
             "ice", "jam", "tea"]  # fmt: skip
    expected = [[int(word == said) for word in words] for said in ("good", "bad")]
    assert sp.load_npz(tmp_path / "e.npz").toarray().tolist() == expected
