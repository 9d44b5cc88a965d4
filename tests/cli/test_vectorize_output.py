"""``nlpwb vectorize``: matrix, vocabulary, labels and strongest terms, in every format, from files and stdin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import scipy.sparse as sp

from .conftest import Typed

TEXTS = "text,label\na good cake,yes\ngood good tea,yes\nbad tea,no\n"
VOCABULARY = ["bad", "cake", "good", "tea"]
COUNTS = [[0, 1, 1, 0], [0, 0, 2, 1], [1, 0, 0, 1]]

# yes: the mean over its two texts minus the count in the one of no
STRONGEST = [
    {"label": "no", "rank": 1, "term": "bad", "weight": 1.0, "documents": 1},
    {"label": "no", "rank": 2, "term": "tea", "weight": 0.5, "documents": 2},
    {"label": "yes", "rank": 1, "term": "good", "weight": 1.5, "documents": 2},
    {"label": "yes", "rank": 2, "term": "cake", "weight": 0.5, "documents": 1},
]
TERMS = {
    "tsv": "label\trank\tterm\tweight\tdocuments\n"
    "no\t1\tbad\t1.0\t1\nno\t2\ttea\t0.5\t2\nyes\t1\tgood\t1.5\t2\nyes\t2\tcake\t0.5\t1\n",
    "csv": "label,rank,term,weight,documents\nno,1,bad,1.0,1\nno,2,tea,0.5,2\nyes,1,good,1.5,2\nyes,2,cake,0.5,1\n",
    "json": json.dumps(STRONGEST, indent=2) + "\n",
    "jsonl": "".join(json.dumps(row) + "\n" for row in STRONGEST),
    "table": "  label  rank  term  weight  documents\n"
    "  no        1  bad   1.0000          1\n"
    "  no        2  tea   0.5000          2\n"
    "  yes       1  good  1.5000          2\n"
    "  yes       2  cake  0.5000          1\n",
    "md": "| label | rank | term | weight | documents |\n| --- | ---: | --- | ---: | ---: |\n"
    "| no | 1 | bad | 1.0000 | 1 |\n| no | 2 | tea | 0.5000 | 2 |\n"
    "| yes | 1 | good | 1.5000 | 2 |\n| yes | 2 | cake | 0.5000 | 1 |\n",
}


@pytest.mark.parametrize("format", sorted(TERMS))
def test_the_strongest_terms_in_every_format(typed: Typed, format: str) -> None:
    ended = typed("vectorize", "bow", "-", "--top", "2", "--format", format, stdin=TEXTS)
    assert (ended.code, ended.out, ended.err) == (0, TERMS[format], "")


@pytest.mark.parametrize("piped", [False, True], ids=["file", "stdin"])
def test_matrix_vocabulary_and_labels(typed: Typed, tmp_path: Path, piped: bool) -> None:
    (tmp_path / "three.csv").write_text(TEXTS, encoding="utf-8")
    ended = typed("vectorize", "bow", "-" if piped else "three.csv", "-o", "x.npz", stdin=TEXTS)
    bytes = (tmp_path / "x.npz").stat().st_size
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == (
        "matrix\tdocuments\tcolumns\tentries\tbytes\tvocabulary\tlabels\n"
        f"x.npz\t3\t4\t6\t{bytes}\tx.vocabulary.json\tx.labels.json\n"
    )
    assert sp.load_npz(tmp_path / "x.npz").toarray().tolist() == COUNTS
    assert json.loads((tmp_path / "x.vocabulary.json").read_text("utf-8")) == VOCABULARY
    assert json.loads((tmp_path / "x.labels.json").read_text("utf-8")) == ["yes", "yes", "no"]


def test_what_was_written_in_other_formats(typed: Typed) -> None:
    words = ("vectorize", "bow", "-", "-o", "x.npz", "--format")
    (row,) = json.loads(typed(*words, "json", stdin=TEXTS).out)
    assert row | {"bytes": 0} == {
        "matrix": "x.npz",
        "documents": 3,
        "columns": 4,
        "entries": 6,
        "bytes": 0,
        "vocabulary": "x.vocabulary.json",
        "labels": "x.labels.json",
    }
    title, line = typed(*words, "table", stdin=TEXTS).out.splitlines()
    assert title.split() == [
        "matrix",
        "documents",
        "columns",
        "entries",
        "size",
        "vocabulary",
        "labels",
    ]
    assert line.split()[:4] == ["x.npz", "3", "4", "6"]


def test_texts_without_labels_have_one_list_of_terms_and_no_label_file(
    typed: Typed, tmp_path: Path
) -> None:
    words = ("vectorize", "bow", "-", "--input-format", "text", "--top", "1", "-o", "x.npz")
    ended = typed(*words, stdin="tea tea\ncake\n")
    assert ended.out == "label\trank\tterm\tweight\tdocuments\nall\t1\ttea\t1.0\t1\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.npz", "x.vocabulary.json"]


def test_hashing_has_columns_and_no_vocabulary(typed: Typed, tmp_path: Path) -> None:
    ended = typed("vectorize", "hashing", "-", "-o", "x.npz", "--format", "json", stdin=TEXTS)
    assert json.loads(ended.out)[0]["vocabulary"] is None
    assert not (tmp_path / "x.vocabulary.json").exists()
