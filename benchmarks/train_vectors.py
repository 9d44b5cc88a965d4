"""Word vectors from a text file to a saved table, against other programs, in one run: seconds, memory, scaling, quality.

    python -m benchmarks.train_vectors [--epochs 5] [--runs 1] [--peers PYTHON] [--word2vec PROGRAM] [PART…]

The parts are skipgram, cbow, subword, scaling and memory. The corpus is wiki2014_en in the folder that NLPWB_SHARED_DATA names
(or ../shared/data), lower-cased, ``[a-z]+``, a paragraph a line; without it the rows say so. gensim is a dependency of ours; with
``--peers`` another interpreter is asked for fastText's own program, and ``--word2vec`` names the original program of Mikolov et
al., compiled by ``gcc -O3 -march=native``. Memory is that of all processes of a command together.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.measuring import Run, run
from benchmarks.rows import Row, print_rows

NLPWB = [sys.executable, "-m", "nlpwb"]
DATA = Path(os.environ.get("NLPWB_SHARED_DATA", "../shared/data"))
WIKI = DATA / "wiki2014_en" / "wiki2014.en.txt.gz"
BUCKETS = 2_000_000
SPECS = {
    "skipgram": "skipgram:",
    "cbow": "cbow:",
    "subword": f"fasttext:buckets={BUCKETS},",
}
LEAST = {"skipgram": 5.0, "cbow": 2.5, "subword": 3.0}


class Bench:
    """One corpus file, one scratch folder, one set of options."""

    def __init__(
        self, folder: Path, epochs: int, runs: int, peers: str | None, word2vec: str | None
    ) -> None:
        self.folder = folder
        self.epochs = epochs
        self.runs = runs
        self.peers = peers
        self.word2vec = word2vec
        self.corpus = folder / "corpus.txt"
        if not self.corpus.exists():
            write_corpus(self.corpus)

    def spec(self, model: str, *, epochs: int | None = None) -> str:
        options = "dim=100,window=5,negative=5,min_count=5,sample=1e-4,analyzer=whitespace"
        return f"{SPECS[model]}{options},epochs={epochs or self.epochs}"

    def ours(
        self,
        model: str,
        target: str,
        *,
        threads: int = 2,
        epochs: int | None = None,
        corpus: Path | None = None,
        memory: bool = False,
    ) -> Run:
        line = [*NLPWB, "words", "train", self.spec(model, epochs=epochs)]
        line += [str(corpus or self.corpus), "-o", str(self.folder / target), "--no-cache", "-q"]
        return run([*line, "--threads", str(threads)], memory=memory)

    def programs(self, model: str) -> list[str]:
        """The programs beside gensim that are at hand and train such a model."""
        found = ["fastText"] if self.peers else []
        return [*found, "word2vec"] if self.word2vec and model != "subword" else found

    def theirs(self, program: str, model: str, target: str) -> Run:
        if program == "word2vec":
            return self._original(model, target)
        python = sys.executable if program == "gensim" else str(self.peers)
        line = [python, "-m", "benchmarks.peer_word_vectors", program.lower(), model]
        line += [str(self.corpus), str(self.folder / target), "--buckets", str(BUCKETS)]
        return run([*line, "--epochs", str(self.epochs)], memory=False)

    def _original(self, model: str, target: str) -> Run:
        cbow = model == "cbow"
        options = {
            "train": self.corpus, "output": self.folder / target, "size": 100, "window": 5,
            "sample": 1e-4, "hs": 0, "negative": 5, "threads": 2, "iter": self.epochs,
            "min-count": 5, "cbow": int(cbow), "alpha": 0.05 if cbow else 0.025, "binary": 1,
        }  # fmt: skip
        line = [str(self.word2vec)]
        for name, value in options.items():
            line += [f"-{name}", str(value)]
        return run(line, memory=False)


def write_corpus(path: Path) -> None:
    """The corpus as every program reads it: a paragraph a line, lower-case letters alone."""
    with gzip.open(WIKI, "rt", encoding="utf-8") as source, path.open("w") as target:
        for line in source:
            words = re.findall("[a-z]+", line.lower())
            if words:
                target.write(" ".join(words) + "\n")


def against(bench: Bench, model: str) -> Iterator[Row]:
    """One model: whole processes, text file to saved vectors."""
    bench.ours(model, f"{model}.bin", epochs=1)  # compiles the loops
    pairs = []
    for _ in range(bench.runs):
        ours = bench.ours(model, f"{model}.bin").wall
        pairs.append((ours, bench.theirs("gensim", model, f"{model}-gensim.bin").wall))
    yield _ratio_row(f"{model}, {bench.epochs} epochs", "gensim", pairs, LEAST[model])
    for program in bench.programs(model):
        pairs = [
            (ours, bench.theirs(program, model, f"{model}-{program}.bin").wall) for ours, _ in pairs
        ]
        least = 5.0 if model == "skipgram" else None
        yield _ratio_row(f"{model}, {bench.epochs} epochs", program, pairs, least)
    yield from quality(bench, model)


def _ratio_row(what: str, peer: str, pairs: list[tuple[float, float]], least: float | None) -> Row:
    ratio = statistics.median(theirs / ours for ours, theirs in pairs)
    return Row(
        what,
        f"{statistics.median(ours for ours, _ in pairs):.1f} s",
        f"{peer} {statistics.median(theirs for _, theirs in pairs):.1f} s",
        f"{ratio:.2f} times faster",
        f"at least {least}" if least else "",
        least is None or ratio >= least,
    )


def quality(bench: Bench, model: str) -> Iterator[Row]:
    """Similarity and analogies of both files, judged by one command; met where ours is inside gensim's interval or above."""
    files = [str(bench.folder / f"{model}.bin"), str(bench.folder / f"{model}-gensim.bin")]
    line = [*NLPWB, "words", "evaluate", *files, "--format", "json", "-q"]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    scores = found["scores"] if isinstance(found, dict) else found
    for name in ("questions-words", "WordSim-353", "SimLex-999"):
        ours, theirs = (
            next(
                row
                for row in scores
                if row["set"] == name and row["part"] in ("all", "total") and row["vectors"] == file
            )
            for file in files
        )
        yield Row(
            f"{model}, {name}",
            f"{ours['score']:.4f}",
            f"gensim {theirs['score']:.4f} ({theirs['low']:.3f} to {theirs['high']:.3f})",
            f"{ours['score'] - theirs['score']:+.4f}",
            "inside its interval or above",
            ours["score"] >= theirs["low"],
        )


def scaling(bench: Bench) -> Iterator[Row]:
    """Training alone, of one thread and of two: the corpus is encoded before."""
    cache = str(bench.folder / "cache")
    for model in ("skipgram", "cbow", "subword"):
        seconds: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(max(3, bench.runs)):
            for threads in (1, 2):
                line = [*NLPWB, "words", "train", bench.spec(model, epochs=1), str(bench.corpus)]
                line += ["-o", str(bench.folder / "scaling"), "--cache-dir", cache, "-q"]
                line += ["--threads", str(threads), "--format", "json"]
                done = subprocess.run(line, capture_output=True, text=True, check=True)
                seconds[threads].append(json.loads(done.stdout)[0]["seconds"])
        ratio = statistics.median(
            one / two for one, two in zip(seconds[1], seconds[2], strict=True)
        )
        yield Row(
            f"{model}, two threads",
            f"{statistics.median(seconds[2]):.1f} s",
            f"one thread {statistics.median(seconds[1]):.1f} s",
            f"{ratio:.2f} times faster",
            "at least 1.85",
            ratio >= 1.85,
        )


def memory(bench: Bench) -> Iterator[Row]:
    """Peak memory of the whole process, on the corpus and on the corpus ten times over."""
    ten = bench.folder / "ten.txt"
    with ten.open("wb") as file:
        for _ in range(10):
            file.write(bench.corpus.read_bytes())
    for name, corpus in (("once", bench.corpus), ("ten times over", ten)):
        peak = bench.ours("skipgram", "memory", epochs=1, corpus=corpus, memory=True).peak_mib
        manifest = json.loads((bench.folder / "memory" / "manifest.json").read_text())
        table = 2 * manifest["words"] * 100 * 4 / 2**20
        yield Row(
            f"peak memory, corpus {name}",
            f"{peak:.0f} MiB",
            f"2 × V × dim × 4 B = {table:.0f} MiB (V = {manifest['words']:,})",
            f"{peak - table:.0f} MiB above",
            "at most 300 MB above",
            (peak - table) * 2**20 <= 300e6,
        )
    ten.unlink()


PARTS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "skipgram": lambda bench: against(bench, "skipgram"),
    "cbow": lambda bench: against(bench, "cbow"),
    "subword": lambda bench: against(bench, "subword"),
    "scaling": scaling,
    "memory": memory,
}


def rows(
    parts: list[str],
    *,
    epochs: int,
    runs: int,
    peers: str | None = None,
    word2vec: str | None = None,
) -> Iterator[Row]:
    """The rows of some parts, or one that says that the corpus is absent."""
    if not WIKI.exists():
        yield Row("word vectors on wiki2014_en", "–", "–", f"skipped: {WIKI} is absent", "", True)
        return
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), epochs, runs, peers, word2vec)
        for part in parts:
            yield from PARTS[part](bench)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all by default")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--peers", help="an interpreter that can import fasttext")
    parser.add_argument("--word2vec", help="the original program, compiled")
    options = parser.parse_args()
    found = rows(
        options.parts or list(PARTS),
        epochs=options.epochs,
        runs=options.runs,
        peers=options.peers,
        word2vec=options.word2vec,
    )
    return print_rows(found)


if __name__ == "__main__":
    sys.exit(main())
