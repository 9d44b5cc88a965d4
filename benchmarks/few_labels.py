"""Few labels: contrastive tuning of MiniLM against its vectors as they are with a head, and against fine-tuning all of it.

    python -m benchmarks.few_labels [--labels 8,16,64] [--seeds 3] [--threads 2] [sst2] [trec6]

Each seed draws so many texts of every label from the training part; all three methods learn from the same ones, and are judged
on the whole test part. A figure is the mean accuracy over the seeds, with the deviation between them; the seconds are those of
a fit.

Needs the extra ``minilm``; the sets are found in the folder that NLPWB_SHARED_DATA names (or ../shared/data).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rows import Row, print_rows
from nlpwb.cache.store import Cache
from nlpwb.specs import parse_spec
from nlpwb.workflows.classifier import fit_classifier, warm_up
from nlpwb.workflows.networks.conditions import Conditions

DATA = Path(os.environ.get("NLPWB_SHARED_DATA", "../shared/data"))
SETS = {
    "sst2": ("SST-2", "train_sentences.tsv.gz", "test.tsv", "sentence"),
    "trec6": ("TREC-6", "train.tsv.gz", "test.tsv", "text"),
}
METHODS = {
    "contrastive": "finetune:base=minilm,strategy=contrastive",
    "frozen": "pretrained:base=minilm+logreg",
    "full": "finetune:base=minilm",
}
FEW = 16
"""Texts of a label up to which contrastive tuning should win."""

Labelled = tuple[list[str], list[str]]


def read(path: Path, column: str) -> Labelled:
    """Texts and labels of a file."""
    opened: Any = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [row[column] for row in rows], [row["label"] for row in rows]


def some(documents: Labelled, each: int, seed: int) -> Labelled:
    """So many random texts of every label."""
    texts, labels = documents
    random = np.random.default_rng(seed)
    names = np.array(labels)
    rows = [
        random.permutation(np.flatnonzero(names == name))[:each] for name in sorted(set(labels))
    ]
    chosen = np.concatenate(rows).tolist()
    return [texts[row] for row in chosen], [labels[row] for row in chosen]


def measure(
    spec: str, train: Labelled, test: Labelled, *, seed: int, threads: int, cache: Cache
) -> tuple[float, float]:
    """Accuracy on the test part, and seconds of the fit."""
    parsed = parse_spec(spec)
    warm_up(parsed)
    names = sorted(set(train[1]))
    started = time.perf_counter()
    classifier = fit_classifier(
        parsed,
        *train,
        labels=names,
        seed=seed,
        threads=threads,
        conditions=Conditions(cache=cache),
    )
    seconds = time.perf_counter() - started + classifier.spared_seconds()
    said = classifier.said(classifier.scores(test[0], threads=threads))
    right = [names[label] == truth for label, truth in zip(said.tolist(), test[1], strict=True)]
    return statistics.mean(right), seconds


def rows(sets: Sequence[str], *, labels: Sequence[int], seeds: int, threads: int) -> Iterator[Row]:
    """A row for each set and number of labels."""
    with tempfile.TemporaryDirectory() as folder:
        cache = Cache(Path(folder))
        for name in sets:
            title, train, test, column = SETS[name]
            if not (DATA / name).exists():
                yield Row(title, "–", "–", f"skipped: {DATA / name} is absent", "", True)
                continue
            every = read(DATA / name / train, column)
            judged = read(DATA / name / test, column)
            for each in labels:
                yield _row(
                    f"{title}, {each} texts of each label",
                    every,
                    judged,
                    each,
                    seeds=seeds,
                    threads=threads,
                    cache=cache,
                )


def _row(
    what: str,
    every: Labelled,
    judged: Labelled,
    each: int,
    *,
    seeds: int,
    threads: int,
    cache: Cache,
) -> Row:
    found: dict[str, list[tuple[float, float]]] = {
        method: [
            measure(spec, some(every, each, seed), judged, seed=seed, threads=threads, cache=cache)
            for seed in range(seeds)
        ]
        for method, spec in METHODS.items()
    }
    means = {name: statistics.mean(a for a, _ in runs) for name, runs in found.items()}
    gain = 100 * (means["contrastive"] - max(means["frozen"], means["full"]))
    few = each <= FEW
    return Row(
        what,
        _said(found["contrastive"]),
        "; ".join(f"{name} {_said(found[name])}" for name in ("frozen", "full")),
        f"{gain:+.1f} points to the better",
        "above 0" if few else "",
        gain > 0 or not few,
    )


def _said(runs: list[tuple[float, float]]) -> str:
    values = [value for value, _ in runs]
    mean = f"{statistics.mean(values):.3f}".lstrip("0")
    spread = f" ± {statistics.stdev(values):.3f}".replace("0.", ".") if len(values) > 1 else ""
    return f"{mean}{spread}, {statistics.mean(seconds for _, seconds in runs):.0f} s"


def main() -> int:
    """Print the rows; 1 where a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("sets", nargs="*", choices=[*SETS, []], help="which (default: both)")
    parser.add_argument("--labels", default="8,16,64")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    numbers = [int(word) for word in asked.labels.split(",")]
    return print_rows(
        rows(asked.sets or list(SETS), labels=numbers, seeds=asked.seeds, threads=asked.threads)
    )


if __name__ == "__main__":
    raise SystemExit(main())
