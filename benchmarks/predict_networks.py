"""Networks at work: labels from a stream against the network's own forward time, and memory of an evaluation by its rows.

    python -m benchmarks.predict_networks [--documents 2000] [--runs 5] [--threads 2]

The texts are IMDB's, in the folder that NLPWB_SHARED_DATA names (or ../shared/data); without them the rows say so. An LSTM
(bidirectional, 256) is trained on some of them first. The stream is a pipe that a process of its own fills, a text a line: it is
read, cut into tokens, batched and labelled as ``nlpwb predict MODEL -`` does it. The forward time is that of the same batches,
made before.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import run
from benchmarks.rows import Row, print_rows

NLPWB = [sys.executable, "-m", "nlpwb"]
DATA = Path(os.environ.get("NLPWB_SHARED_DATA", "../shared/data")) / "imdb"
SPEC = "lstm:hidden=256,epochs=1,patience=0"
SMALL = "lstm:hidden=32,dim=32,bidirectional=no,max_tokens=100,epochs=1,patience=0"
"""For the memory of an evaluation, which needs many documents and no great network."""
ROWS = (25_000, 100_000)
"""Of an evaluation whose memory is watched; the file's documents are taken again from its start."""
_MEMORY_RUNS = 3
_MEMORY_MIB = 32.0
"""How much four times the rows may add: a score and a label each, and the noise of an allocator."""
_CHILD = """
import os, subprocess, sys, time
from pathlib import Path
from nlpwb.data.corpus import ReadOptions
from nlpwb.data.reading import open_corpus
from nlpwb.workflows.model_folder import load_model
from nlpwb.workflows.prediction import scored
from nlpwb.training.batches import TextBatches
from nlpwb.training.device import choose_setting
from nlpwb.training.prediction import DOCUMENTS, TOKENS, predict
from nlpwb.workflows.networks.classifier import WINDOWS

folder, texts, threads, runs = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
classifier = load_model(folder)
network = classifier.network
setting = choose_setting("auto", "float32", threads)
lines = Path(texts).read_text().splitlines()
made, at = [], 0
while at < len(lines):
    size = WINDOWS[min(len(made), len(WINDOWS) - 1)]
    made.append(network.encoder.encode(lines[at : at + size]))
    at += size

def forward():
    started = time.perf_counter()
    for one in made:
        predict(network.model, TextBatches(one.ids, one.ends, tokens=TOKENS, documents=DOCUMENTS), setting)
    return time.perf_counter() - started

def stream():
    # a process of its own, not a fork: that would leave every page of this one to be copied when it is next written
    kept, feeder = os.dup(0), subprocess.Popen(["cat", texts], stdout=subprocess.PIPE)
    os.dup2(feeder.stdout.fileno(), 0)
    feeder.stdout.close()
    sys.stdin = open(0, closefd=False)
    started = time.perf_counter()
    found = sum(len(batch) for batch, _ in scored(classifier, iter(open_corpus("-", ReadOptions())), threads=threads))
    seconds = time.perf_counter() - started
    os.dup2(kept, 0)
    os.close(kept)
    feeder.wait()
    assert found == len(lines), (found, len(lines))
    return seconds

forward()
for _ in range(runs):
    print(forward(), stream(), flush=True)
"""


def _reviews(path: Path, count: int) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from itertools.islice(csv.DictReader(file), count)


def _write_csv(path: Path, rows: Iterator[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["text", "label"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def rows(documents: int, runs: int, threads: int) -> Iterator[Row]:
    """The rows of the table, or one that says that the texts are absent."""
    if not (DATA / "test.csv.gz").exists():
        yield Row("networks at work", "–", "–", f"skipped: {DATA} is absent", "", True)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _write_csv(folder / "train.csv", _some_of_each(DATA / "train.csv.gz", 500))
        models = [folder / "lstm.model", folder / "small.model"]
        for spec, model in zip((SPEC, SMALL), models, strict=True):
            line = [*NLPWB, "train", spec, str(folder / "train.csv"), "-o", str(model)]
            run([*line, "--label", "label", "-q", "--no-cache"], memory=False)
        texts = folder / "texts.txt"
        with texts.open("w", encoding="utf-8") as file:
            for row in _reviews(DATA / "test.csv.gz", documents):
                file.write(" ".join(row["text"].split()) + "\n")
        yield _stream(models[0], texts, documents, runs=runs, threads=threads)
        yield _memory(models[1], folder, threads=threads)


def _some_of_each(path: Path, count: int) -> Iterator[dict[str, str]]:
    """The first rows of each label: the file may be sorted by label."""
    seen: dict[str, int] = {}
    for row in _reviews(path, sys.maxsize):
        seen[row["label"]] = seen.get(row["label"], 0) + 1
        if seen[row["label"]] <= count:
            yield row


def _stream(model: Path, texts: Path, documents: int, *, runs: int, threads: int) -> Row:
    line = [sys.executable, "-c", _CHILD, str(model), str(texts), str(threads), str(runs)]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    pairs = [tuple(map(float, row.split())) for row in done.stdout.splitlines()]
    ratio = statistics.median(stream / forward for forward, stream in pairs)
    return Row(
        f"labels for {documents:,} reviews from a pipe",
        f"{statistics.median(stream for _, stream in pairs):.2f} s",
        f"forward alone {statistics.median(forward for forward, _ in pairs):.2f} s",
        f"{ratio:.3f} times its time",
        "at most 1.1",
        ratio <= 1.1,
    )


def _memory(model: Path, folder: Path, *, threads: int) -> Row:
    peaks = []
    for count in ROWS:
        again = (_reviews(DATA / "test.csv.gz", sys.maxsize) for _ in itertools.count())
        file = folder / f"{count}.csv"
        _write_csv(file, itertools.islice(itertools.chain.from_iterable(again), count))
        line = [*NLPWB, "evaluate", str(model), str(file), "--label", "label", "-q"]
        line += ["--threads", str(threads)]
        peaks.append(statistics.median(run(line).peak_mib for _ in range(_MEMORY_RUNS)))
    few, many = peaks
    return Row(
        f"evaluate, {ROWS[1]:,} rows: peak memory",
        f"{many:.0f} MiB",
        f"{ROWS[0]:,} rows {few:.0f} MiB",
        f"{many - few:+.0f} MiB",
        "no growth",
        many - few <= _MEMORY_MIB,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    return print_rows(rows(options.documents, options.runs, options.threads))


if __name__ == "__main__":
    sys.exit(main())
