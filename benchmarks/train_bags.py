"""``nbow`` with bigrams against fastText's own supervised program: accuracy, and seconds from labelled file to judged model.

    python -m benchmarks.train_bags --peers PYTHON [--seeds 3] [--threads 2]

The sets are SST-2, TREC-6, AG News (14.5k) and IMDB in the folder that NLPWB_SHARED_DATA names (or ../shared/data); without them
the rows say so. Both are whole processes; ours trains and evaluates by two commands. The peer reads our tokens, between blanks.
Accuracy is the median over seeds; fastText has one, and threads that race.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.rows import Row, print_rows
from nlpwb.data.corpus import ReadOptions
from nlpwb.data.reading import open_corpus
from nlpwb.text.words import wordpunct

NLPWB = [sys.executable, "-m", "nlpwb"]
DATA = Path(os.environ.get("NLPWB_SHARED_DATA", "../shared/data"))


@dataclass(frozen=True)
class Set:
    """A training and a test file, and the columns of each as options."""

    name: str
    train: str
    test: str
    least: float
    seconds: float
    columns: dict[str, str] = field(default_factory=dict)
    test_columns: dict[str, str] | None = None


SETS = (
    Set("SST-2", "sst2/train_sentences.tsv.gz", "sst2/test.tsv", 0.805, 60),
    Set("TREC-6", "trec6/train.tsv.gz", "trec6/test.tsv", 0.885, 60, {"label": "label"}),
    Set(
        "AG News", "ag_news/train_15k.csv.gz", "ag_news/test.csv.gz", 0.880, 60,
        test_columns={"text": "2,3", "label": "1"},
    ),
    Set("IMDB", "imdb/train.csv.gz", "imdb/test.csv.gz", 0.895, 180, {"label": "label"}),
)  # fmt: skip


def _options(columns: dict[str, str]) -> list[str]:
    return [word for name, column in columns.items() for word in (f"--{name}", column)]


def _ours(one: Set, folder: Path, *, seed: int, threads: int) -> tuple[float, float]:
    """Accuracy and seconds of ``train`` and ``evaluate``."""
    model = folder / f"{one.name}-{seed}.model"
    common = ["-q", "--threads", str(threads), "--seed", str(seed), "--format", "json"]
    train = [*NLPWB, "train", "nbow:ngrams=2", str(DATA / one.train), "-o", str(model)]
    columns = one.test_columns if one.test_columns is not None else one.columns
    test = [*NLPWB, "evaluate", str(model), str(DATA / one.test), *_options(columns)]
    started = time.perf_counter()
    subprocess.run(
        [*train, *_options(one.columns), *common, "--no-cache"], check=True, capture_output=True
    )
    done = subprocess.run([*test, *common], check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    return float(json.loads(done.stdout)["score"]), seconds


def _lines(file: str, columns: dict[str, str], target: Path) -> None:
    with target.open("w", encoding="utf-8") as out:
        for document in open_corpus(str(DATA / file), ReadOptions(**columns)):
            label = (document.label or "").replace(" ", "_")
            out.write(f"__label__{label} {' '.join(wordpunct(document.text, lowercase=True))}\n")


def _theirs(python: str, one: Set, folder: Path, *, threads: int) -> tuple[float, float]:
    files = [folder / f"{one.name}-{part}.txt" for part in ("train", "test")]
    _lines(one.train, one.columns, files[0])
    columns = one.test_columns if one.test_columns is not None else one.columns
    _lines(one.test, columns, files[1])
    line = [python, "-m", "benchmarks.peer_bags", *map(str, files), "--threads", str(threads)]
    started = time.perf_counter()
    done = subprocess.run(line, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1]), time.perf_counter() - started


def rows(*, seeds: int, threads: int, peers: str | None = None) -> Iterator[Row]:
    """A row for each set that is there."""
    for one in SETS:
        if not (DATA / one.train).exists():
            yield Row(f"nbow, {one.name}", "–", "–", f"skipped: {one.train} is absent", "", True)
            continue
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            mine = [_ours(one, folder, seed=seed, threads=threads) for seed in range(seeds)]
            accuracy = statistics.median(score for score, _ in mine)
            seconds = statistics.median(took for _, took in mine)
            peer, ratio = "", ""
            if peers is not None:
                other, took = _theirs(peers, one, folder, threads=threads)
                peer = f"fastText {other:.4f} in {took:.1f} s"
                ratio = f"{accuracy - other:+.4f}, {seconds / took:.2f} times its time"
        target = f"at least {one.least} in at most {one.seconds:.0f} s"
        met = accuracy >= one.least and seconds <= one.seconds
        yield Row(
            f"nbow:ngrams=2, {one.name}",
            f"{accuracy:.4f} in {seconds:.1f} s",
            peer,
            ratio,
            target,
            met,
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peers", help="an interpreter that can import fasttext")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    return print_rows(rows(seeds=options.seeds, threads=options.threads, peers=options.peers))


if __name__ == "__main__":
    sys.exit(main())
