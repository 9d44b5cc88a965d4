"""Questions to a table of 400,000 × 300 vectors: one from a cold shell, and 10,000 in a batch.

    python -m benchmarks.query_vectors [--runs 5] [--words 400000] [--dimensions 300] [--queries 10000] [--folder FOLDER]

The vectors are random: the work is that of real ones, as nothing is skipped. The files are in the page cache after the first
run, which is not counted. Processor seconds stand beside wall seconds, for machines that are busy. gensim answers the same
question from its own mapped file, the fastest way that it has.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import Run, run, versus
from benchmarks.rows import Row, print_rows

NLPWB = [sys.executable, "-m", "nlpwb"]
TARGET = 0.6
# gensim's whole answer: its own file, arrays mapped.
GENSIM = """
import sys
from gensim.models import KeyedVectors
print(KeyedVectors.load(sys.argv[1], mmap="r").most_similar(sys.argv[2], topn=10))
"""


def make_folder(folder: Path, words: int, dimensions: int) -> Path:
    """A folder of ours and a file of gensim's with the same random vectors; kept where they are there."""
    target = folder / "vectors"
    if not target.exists():
        import numpy as np

        from nlpwb.vectors.folder import write_folder
        from nlpwb.vectors.table import WordVectors

        rng = np.random.default_rng(0)
        names = [f"{rng.integers(1 << 30):x}-{number}" for number in range(words)]
        table = rng.standard_normal((words, dimensions), dtype=np.float32)
        vectors = WordVectors(names, table, np.arange(words, 0, -1))
        write_folder(target, vectors, {"method": "random", "lowercase": True})
        script = (
            "import sys; from pathlib import Path; from gensim.models import KeyedVectors; "
            "from nlpwb.vectors.folder import read_folder; v = read_folder(Path(sys.argv[1])); "
            "k = KeyedVectors(v.dimensions); k.add_vectors(list(v.words), v.vectors); "
            "k.fill_norms(); k.save(sys.argv[2])"
        )
        command = [sys.executable, "-c", script, str(target), str(folder / "gensim.kv")]
        subprocess.run(command, check=True)
    return target


def rows(
    runs: int, *, words: int = 400_000, dimensions: int = 300, queries: int = 10_000,
    folder: Path | None = None,
) -> Iterator[Row]:  # fmt: skip
    """The lines of the table."""
    with tempfile.TemporaryDirectory() as scratch:
        place = folder or Path(scratch)
        target = make_folder(place, words, dimensions)
        listed = _words(target)
        one = [*NLPWB, "words", "neighbors", str(target), listed[words // 2]]
        gensim = [sys.executable, "-c", GENSIM, str(place / "gensim.kv"), listed[words // 2]]
        size = f"{words:,} × {dimensions}"
        pair = versus(one, gensim, runs=runs, memory=False)
        wall, processor = _median(pair.ours)
        yield Row(
            f"words neighbors, {size}, whole process",
            f"{wall:.2f} s (processor {processor:.2f} s)",
            "gensim, mapped {:.2f} s (processor {:.2f} s)".format(*_median(pair.theirs)),
            f"{pair.wall_ratio():.1f} times faster",
            f"at most {TARGET} s",
            wall <= TARGET,
        )
        lines = Path(scratch) / "queries.txt"
        lines.write_text("\n".join(listed[:: max(1, words // queries)][:queries]) + "\n")
        batch = ["bash", "-c", f"{' '.join(NLPWB)} words neighbors {target} - < {lines}"]
        done = run(batch)
        yield Row(
            f"words neighbors -, {queries:,} lines",
            f"{done.wall:.1f} s (processor {done.cpu:.1f} s), {queries / done.wall:,.0f} lines/s",
            "",
            f"peak {done.peak_mib:,.0f} MiB, the mapped table of "
            f"{words * dimensions * 4 / 2**20:,.0f} MiB among them",
            "",
            True,
        )


def _words(folder: Path) -> list[str]:
    import json

    listed: list[str] = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
    return listed


def _median(measured: list[Run]) -> tuple[float, float]:
    return (
        statistics.median(one.wall for one in measured),
        statistics.median(one.cpu for one in measured),
    )


def main() -> int:
    """Print the table; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--words", type=int, default=400_000)
    parser.add_argument("--dimensions", type=int, default=300)
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, help="Keep the vectors here.")
    chosen = parser.parse_args()
    return print_rows(
        rows(
            chosen.runs,
            words=chosen.words,
            dimensions=chosen.dimensions,
            queries=chosen.queries,
            folder=chosen.folder,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
