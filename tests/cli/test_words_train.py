"""``nlpwb words train`` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nlpwb.vectors.files import read_vectors
from tests.cli.conftest import Typed

TEXT = "the cat sat on the mat\nthe dog sat on the log\n" * 8
SPEC = "skipgram:dim=4,min_count=1,epochs=2"
FIELDS = "vectors method documents tokens occurrences words dimensions epochs resumed loss seconds words_per_second bytes"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NLPWB_CACHE", str(tmp_path / "cache"))
    (tmp_path / "in.txt").write_text(TEXT)
    return tmp_path


def test_every_format_has_the_same_fields(here: Path, typed: Typed) -> None:
    rows = {}
    for form in ("json", "jsonl", "tsv", "csv"):
        ended = typed("words", "train", SPEC, "in.txt", "-o", "v", "--format", form)
        assert ended.code == 0, ended.err
        size = sum(path.stat().st_size for path in (here / "v").iterdir())
        if form in ("json", "jsonl"):
            row = json.loads(ended.out)
            rows[form] = row[0] if form == "json" else row
        else:
            head, values = ended.out.splitlines()
            mark = "\t" if form == "tsv" else ","
            rows[form] = dict(zip(head.split(mark), next(_cells(values, mark)), strict=True))
        assert int(rows[form]["bytes"]) == size  # each run writes its own seconds into the folder
    for row in rows.values():
        assert " ".join(row) == FIELDS
    made = rows["json"]
    assert made["vectors"] == "v"
    assert made["method"] == SPEC
    assert (made["documents"], made["tokens"], made["words"]) == (16, 96, 7)
    assert made["dimensions"] == 4


def _cells(line: str, mark: str):  # type: ignore[no-untyped-def]
    import csv

    return csv.reader([line], delimiter=mark)


def test_the_table_at_80_columns(here: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ended = typed("words", "train", SPEC, "in.txt", "-o", "v", "--format", "table")
    lines = ended.out.splitlines()
    assert lines[0].split() == [
        "written", "to", "method", "documents", "tokens", "words", "dim", "loss", "trained", "in",
    ] or lines[0].startswith("  written to")  # fmt: skip
    assert all(len(line) <= 80 for line in lines)
    assert "7" in ended.out


def test_a_pipe_is_trained_like_a_file(here: Path, typed: Typed) -> None:
    typed("words", "train", SPEC, "in.txt", "-o", "a", "--deterministic")
    ended = typed("words", "train", SPEC, "-", "-o", "b", "--deterministic", stdin=TEXT)
    assert ended.code == 0, ended.err
    one, other = read_vectors(here / "a"), read_vectors(here / "b")
    np.testing.assert_array_equal(one.vectors, other.vectors)
    assert list(one.words) == list(other.words)


@pytest.mark.parametrize("name", ["v.bin", "v.vec", "v.txt", "v.vec.gz"])
def test_a_file_is_written_by_its_ending(name: str, here: Path, typed: Typed) -> None:
    ended = typed("words", "train", SPEC, "in.txt", "-o", name, "--deterministic")
    assert ended.code == 0, ended.err
    typed("words", "train", SPEC, "in.txt", "-o", "folder", "--deterministic")
    one, other = read_vectors(here / name), read_vectors(here / "folder")
    assert list(one.words) == list(other.words)
    np.testing.assert_array_equal(np.asarray(one.vectors), np.asarray(other.vectors))


BAD = [
    (
        f"{SPEC} in.txt -o v --deterministic --threads 2",
        2,
        "--deterministic trains in one thread, and --threads 2 asks for more; give one of the two",
    ),
    (
        "tfidf in.txt -o v",
        2,
        "tfidf: tfidf trains no word vectors; take skipgram, cbow, fasttext, glove, ppmi",
    ),
    (
        "skipgram+svm in.txt -o v",
        2,
        "skipgram+svm: word vectors have no use for +svm; leave it out",
    ),
    (
        "skipgram:dimm=3 in.txt -o v",
        2,
        "skipgram has no option 'dimm': did you mean dim? (`nlpwb methods skipgram` lists them)",
    ),
    (
        "skipgram:min_count=99 in.txt -o v",
        1,
        "no word of the documents occurs min_count=99 times (the most frequent, 'the': 32); "
        "lower min_count",
    ),
    (f"{SPEC} absent.csv -o v", 1, "absent.csv: no such file or folder; check the path"),
    (f"{SPEC} in.txt -o no/v", 1, "-o no/v: the folder no does not exist; make it first"),
    (f"{SPEC} in.txt -o no/v.bin", 1, "-o no/v.bin: the folder no does not exist; make it first"),
    (f"{SPEC} in.txt -o in.txt", 1, "-o in.txt: this is the corpus itself; choose another name"),
    (f"{SPEC} in.txt -o v --device tpu", 2, "--device 'tpu' is not known; did you mean cpu?"),
    (
        f"{SPEC} in.txt -o v --deterministic --device cuda",
        2,
        "--deterministic trains on a processor, and sums on cuda come in any order; leave one of the two out",
    ),
    (
        "skipgram:pooling=sif in.txt -o v",
        2,
        "skipgram:pooling=sif: pooling makes vectors of documents, and words train makes those of words; "
        "leave it out",
    ),
    (
        f"{SPEC} in.txt -o v --seed 99999999999",
        2,
        "--seed must be between 0 and 2147483648, got 99999999999",
    ),
    (f"{SPEC} in.txt", 2, None),
]


@pytest.mark.parametrize(("words", "code", "sentence"), BAD)
def test_bad_input_gets_its_sentence(
    words: str, code: int, sentence: str | None, here: Path, typed: Typed
) -> None:
    ended = typed("words", "train", *words.split())
    assert ended.code == code, ended.err
    assert ended.out == ""
    if sentence is not None:
        assert ended.err == f"nlpwb: {sentence}\n"
    assert "bug" not in ended.err
    assert (here / "in.txt").read_text() == TEXT
    assert not (here / "v").exists()
