"""ULMFiT against the same network from scratch, at few labels: IMDB's reviews, a language model of Wikipedia's English.

    python -m benchmarks.ulmfit [FOLDER] [--labels 100] [--draws 5] [--test 1000] [--threads 2] …

1. A language model learns general text: the first bytes of Wikipedia's English (wiki2014_en).
2. It is tuned on training texts of IMDB without labels, once.
3. For each draw of labels (half of them positive) it is taught to label, ``finetune:base=LM,strategy=gradual``; and the same
   network with random weights learns the same labels, ``strategy=full``.
4. Both label the same texts of IMDB's test part.

Printed: both accuracies of each draw, their mean difference, and its 95 % interval over draws and documents. The variance of the
mean difference is the sum of that between draws and that between documents, as if these were independent (t with draws - 1
degrees of freedom), which is wide rather than narrow. Exit code 1 where the interval is not above 0.

What was done stays in FOLDER: stopped at any moment, the same command goes on. IMDB and Wikipedia are found in the folder that
NLPWB_SHARED_DATA names (or ../shared/data).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import math
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from nlpwb.cache.store import Cache, Key
from nlpwb.catalogue import load
from nlpwb.data.corpus import ReadOptions
from nlpwb.specs import parse_spec, spell
from nlpwb.workflows.classifier import fit_classifier
from nlpwb.workflows.folders import MANIFEST
from nlpwb.workflows.language.model import LanguageModel, load_language_model, save_language_model
from nlpwb.workflows.language.training import train_language_model
from nlpwb.workflows.networks.conditions import Conditions

DATA = Path(os.environ.get("NLPWB_SHARED_DATA", "../shared/data"))
GENERAL, TARGET = "general.txt", "target.csv"
LABELS = ("0", "1")


@dataclass(frozen=True)
class Reviews:
    """Texts with their labels, "0" or "1"."""

    texts: list[str]
    labels: list[str]

    def some(self, rows: Sequence[int]) -> Reviews:
        return Reviews([self.texts[row] for row in rows], [self.labels[row] for row in rows])


def reviews(part: str, *, limit: int, seed: int) -> Reviews:
    """So many reviews of a part of IMDB, drawn at random; line breaks are spaces."""
    with gzip.open(DATA / "imdb" / f"{part}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    chosen = random.Random(seed).sample(rows, min(limit, len(rows)))
    texts = [row["text"].replace("<br />", " ") for row in chosen]
    return Reviews(texts, [row["label"] for row in chosen])


def balanced(found: Reviews, count: int, *, seed: int) -> Reviews:
    """``count`` of them, half of each label."""
    chance = random.Random(seed)
    rows: list[int] = []
    for label in LABELS:
        own = [n for n, one in enumerate(found.labels) if one == label]
        rows += chance.sample(own, count // len(LABELS))
    chance.shuffle(rows)
    return found.some(rows)


def write_texts(folder: Path, target: Reviews, *, megabytes: float) -> None:
    """The general text, and the target's without labels."""
    with gzip.open(DATA / "wiki2014_en" / "wiki2014.en.txt.gz", "rb") as general:
        (folder / GENERAL).write_bytes(general.read(int(megabytes * 1e6)).rpartition(b"\n")[0])
    with (folder / TARGET).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text"])
        rows.writerows([text] for text in target.texts)


def general_model(
    folder: Path, spec: str, *, cache: Cache, threads: int, made: bool = True
) -> Path:
    """The language model of the general text, or one of the same shape with random weights."""
    place = folder / ("general" if made else "random")
    part = parse_spec(spec).representation
    if (place / MANIFEST).is_file():
        return place
    if made:
        train_language_model(
            part,
            str(folder / GENERAL),
            ReadOptions(),
            place,
            seed=0,
            threads=threads,
            conditions=Conditions(cache=cache, note=say),
        )
        return place
    tokens = load_language_model(folder / "general").tokens
    torch.manual_seed(1)
    network = load(part.entry.code).build(part.config, vocabulary=tokens.vocabulary)
    save_language_model(place, LanguageModel(part, tokens, network), {"seconds": 0.0})
    return place


def right(
    spec: str, trained: Reviews, tested: Reviews, *, seed: int, cache: Cache, threads: int
) -> NDArray[np.bool_]:
    """Which texts of the test part a spec labels rightly after it saw these, bool (n,); kept, as a cell of a comparison is."""
    parsed = parse_spec(spec)
    every = [trained.texts, trained.labels, tested.texts, tested.labels]
    digest = hashlib.sha256(repr(every).encode()).hexdigest()
    key = Key("ulmfit", {"spec": parsed.identity(), "seed": seed, "texts": digest})
    checkpoints = cache.root / "training" / f".{key.digest}"

    def make(folder: Path) -> dict[str, str]:
        checkpoints.mkdir(parents=True, exist_ok=True)
        classifier = fit_classifier(
            parsed,
            trained.texts,
            trained.labels,
            labels=LABELS,
            seed=seed,
            threads=threads,
            conditions=Conditions(cache=cache, checkpoints=checkpoints, note=say),
        )
        said = classifier.said(classifier.scores(tested.texts, threads=threads))
        found = np.asarray([LABELS[number] for number in said]) == np.asarray(tested.labels)
        np.save(folder / "right.npy", found)
        return {"summary": f"{spec}, seed {seed}"}

    held = cache.get_or_make(key, make)
    shutil.rmtree(checkpoints, ignore_errors=True)
    return np.asarray(np.load(held.path / "right.npy", allow_pickle=False), dtype=bool)


def interval(gains: NDArray[np.float64]) -> tuple[float, float, float]:
    """The mean of gains (draws, documents) and its 95 % interval over both."""
    from scipy.stats import t

    draws, documents = gains.shape
    mean = float(gains.mean())
    between_draws = gains.mean(axis=1).var(ddof=1) / draws
    between_documents = gains.mean(axis=0).var(ddof=1) / documents
    reach = float(t.ppf(0.975, draws - 1)) * math.sqrt(between_draws + between_documents)
    return mean, mean - reach, mean + reach


def say(line: str) -> None:
    """To the stream for talk."""
    print(line, file=sys.stderr, flush=True)


def run(asked: argparse.Namespace, folder: Path) -> int:
    """All of it; 1 where the interval is not above 0."""
    started = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    cache = Cache(folder / "cache")
    target = reviews("train", limit=asked.target, seed=0)
    tested = reviews("test", limit=asked.test, seed=0)
    write_texts(folder, target, megabytes=asked.general)
    network = f"lstm-lm:dim={asked.dim},hidden={asked.hidden},steps={asked.steps},patience=0"
    common = {"cache": cache, "threads": asked.threads}
    base = general_model(folder, network, **common)
    say(f"general model: {time.perf_counter() - started:.0f} s")
    plain = general_model(folder, network, made=False, **common)
    gradual = spell(
        "finetune",
        {
            "base": str(base),
            "strategy": "gradual",
            "unlabelled": str(folder / TARGET),
            "lm_epochs": str(asked.lm_epochs),
            **dict(word.split("=", 1) for word in asked.gradual),
        },
    )
    scratch = spell(
        "finetune",
        {
            "base": str(plain),
            "strategy": "full",
            **dict(word.split("=", 1) for word in asked.scratch),
        },
    )
    print("draw\tgradual\tscratch\tdifference", flush=True)
    gains = []
    for draw in range(asked.draws):
        trained = balanced(target, asked.labels, seed=draw)
        both = [right(spec, trained, tested, seed=draw, **common) for spec in (gradual, scratch)]
        gains.append(both[0].astype(float) - both[1])
        print(
            f"{draw + 1}\t{both[0].mean():.3f}\t{both[1].mean():.3f}\t{gains[-1].mean():+.3f}",
            flush=True,
        )
        say(f"draw {draw + 1}: {time.perf_counter() - started:.0f} s so far")
    mean, low, high = interval(np.array(gains))
    met = low > 0
    print(f"mean difference {mean:+.3f} [{low:+.3f}, {high:+.3f}], {asked.labels} labels, "
          f"{asked.draws} draws, {len(tested.texts):,} test texts: {'above 0' if met else 'NOT above 0'}")  # fmt: skip
    say(f"{time.perf_counter() - started:.0f} s in all")
    return 0 if met else 1


def main() -> int:
    """Read the options, and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, help="what was done stays there")
    parser.add_argument("--labels", type=int, default=100)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--test", type=int, default=1000, help="texts of the test part")
    parser.add_argument("--general", type=float, default=12.0, help="megabytes of Wikipedia")
    parser.add_argument("--steps", type=int, default=1500, help="of the general language model")
    parser.add_argument("--target", type=int, default=8000, help="texts of IMDB without labels")
    parser.add_argument("--lm-epochs", type=int, default=1, help="passes over them")
    parser.add_argument("--dim", type=int, default=200)
    parser.add_argument("--hidden", type=int, default=400)
    parser.add_argument("--gradual", nargs="*", default=[], metavar="OPTION=VALUE")
    parser.add_argument("--scratch", nargs="*", default=[], metavar="OPTION=VALUE")
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    if not (DATA / "imdb").is_dir():
        print(f"skipped: {DATA / 'imdb'} is absent")
        return 0
    if asked.folder is not None:
        return run(asked, asked.folder)
    with tempfile.TemporaryDirectory() as folder:
        return run(asked, Path(folder))


if __name__ == "__main__":
    raise SystemExit(main())
