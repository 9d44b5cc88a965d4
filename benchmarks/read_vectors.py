"""Reading word vectors of other programs, against gensim, in one run.

    python -m benchmarks.read_vectors [--words 400000] [--dim 300] [--runs 3] [binary] [text]

Files of random vectors are made in a temporary folder: numbers with six decimals in the text, as most published files have. Each
read is a process of its own, ours and gensim's in turn; the seconds are those of the call alone, without imports. The files have
been read once before, so that the disk does not matter.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.rows import Row, print_rows

TARGETS = {"binary": 3.0, "text": 2.0}
CALL = """
import sys, time
who, kind, path = sys.argv[1:]
if who == "ours":
    from pathlib import Path
    from nlpwb.vectors.files import read_vectors
    read = lambda: read_vectors(Path(path)).vectors
else:
    from gensim.models import KeyedVectors
    read = lambda: KeyedVectors.load_word2vec_format(path, binary=kind == "binary").vectors
def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
before = peak()
start, start_cpu = time.perf_counter(), time.process_time()
table = read()
seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
print(seconds, cpu, (peak() - before) / 1024, table.nbytes / 2**20, float(table.sum(dtype="f8")))
"""


def make(folder: Path, words: int, dim: int, kinds: list[str]) -> None:
    """Write the files, a thousand words at a time; the text's numbers have six decimals, the binary file has the same ones."""
    rng = np.random.default_rng(0)
    files = {kind: (folder / kind).open("wb") for kind in kinds}
    for file in files.values():
        file.write(b"%d %d\n" % (words, dim))
    for start in range(0, words, 1000):
        count = min(1000, words - start)
        millionths = rng.normal(0, 300_000, (count, dim)).astype(np.int64)
        rows = (millionths / 1e6).astype(np.float32)
        texts = np.char.mod("%.6f", millionths / 1e6) if "text" in files else []
        for number in range(count):
            word = b"w%x" % ((start + number) * 2654435761 % 2**32)
            if "binary" in files:
                files["binary"].write(b"%b %b" % (word, rows[number].tobytes()))
            if "text" in files:
                files["text"].write(b"%b %b\n" % (word, " ".join(texts[number]).encode()))
    for file in files.values():
        file.close()


def call(who: str, kind: str, path: Path) -> list[float]:
    """Seconds, processor seconds, MiB that the call added to the peak, MiB of the table, and the sum of its numbers."""
    command = [sys.executable, "-c", CALL, who, kind, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [float(value) for value in done.stdout.split()]


def rows(words: int, dim: int, runs: int, kinds: list[str]) -> Iterator[Row]:
    """One line a kind: the call alone, ours and gensim's in turn."""
    with tempfile.TemporaryDirectory() as name:
        make(Path(name), words, dim, kinds)
        for kind in kinds:
            path = Path(name) / kind
            call("ours", kind, path)
            pairs = [(call("ours", kind, path), call("gensim", kind, path)) for _ in range(runs)]
            assert all(ours[4] == theirs[4] for ours, theirs in pairs), "the numbers differ"
            wall = statistics.median(theirs[0] / ours[0] for ours, theirs in pairs)
            cpu = statistics.median(theirs[1] / ours[1] for ours, theirs in pairs)
            middle = [
                [statistics.median(one[side][field] for one in pairs) for field in range(4)]
                for side in (0, 1)
            ]
            yield Row(
                f"read word2vec {kind}, {words:,} × {dim}",
                f"{middle[0][0]:.2f} s, +{middle[0][2]:.0f} MiB",
                f"gensim {middle[1][0]:.2f} s, +{middle[1][2]:.0f} MiB",
                f"{wall:.1f} times faster ({cpu:.1f} in processor time)",
                f"at least {TARGETS[kind]:.0f}",
                wall >= TARGETS[kind],
            )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", choices=[*TARGETS, []], help="all by default")
    parser.add_argument("--words", type=int, default=400_000)
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    kinds = options.kinds or list(TARGETS)
    return print_rows(rows(options.words, options.dim, options.runs, kinds))


if __name__ == "__main__":
    sys.exit(main())
