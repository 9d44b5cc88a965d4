"""Do intervals and tests over blocks of running text keep their promise? False claims and missed truths, by simulation.

    python -m benchmarks.ratio_calibration [--runs 1000] [--text FILE] [--blocks 2000]

First on rows of units whose neighbours have a known correlation, whose truth is known: how often a 95 % interval holds it, and
how often two methods that do not differ are said to. Then on a real text: two simple models (frequencies of words, and of
letters given the letter before) learn from its first half; every stretch of n blocks of its second half is a test text, and
the truth is the figure of the whole half. Their difference is moved to nought first, so that every claim is false. Beside each
figure stands what it is where units are drawn one by one. An honest 95 % interval holds the truth in 95 % of the runs, a test
at .05 claims in 5 %.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlpwb.data.corpus import ReadOptions
from nlpwb.evaluation.ratios import compare_figures, interval_of, ratio
from nlpwb.workflows.language.blocks import BLOCK_BYTES
from nlpwb.workflows.language.texts import read_texts

Floats = NDArray[np.float64]

WIKI = "wiki2014_en/wiki2014.en.txt.gz"
REPLICATES = 400
TOSSES = 499


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--text", type=Path)
    parser.add_argument("--blocks", type=int, default=2000, help="of the text's second half")
    asked = parser.parse_args()
    print("rows of units of a known correlation between neighbours")
    print("units  correlation  block  in the interval (one by one)  false claims (one by one)")
    for n in (30, 100, 400, 1000):
        for keeps in (0.0, 0.3, 0.6, 0.9):
            rows = known_rows(n, keeps, asked.runs)
            print(f"{n:5}  {keeps:11.1f}  {line(rows, truth=2.0)}", flush=True)
    text = asked.text or Path(os.environ.get("NLPWB_SHARED_DATA", "../shared/data")) / WIKI
    if not text.is_file():
        print(f"{text} is absent: no real text")
        return
    words, letters = real_units(text, asked.blocks)
    print(f"\n{text.name}: blocks of its second half, {len(words):,} in all")
    print("units  block  in the interval (one by one)  false claims (one by one)")
    whole = float(ratio(words.sum(axis=0)))
    level = words - letters
    shift = np.outer(words[:, 1], [level[:, 0].sum() / words[:, 1].sum(), 0.0])
    for n in (30, 100, 400):
        rows = stretches(words, letters + shift, n, min(asked.runs, len(words) - n))
        print(f"{n:5}  {line(rows, truth=whole)}", flush=True)


def known_rows(n: int, keeps: float, runs: int) -> Iterator[tuple[Floats, Floats]]:
    """Units (n, 2) of a method whose ratio is 2 in truth, and of one that is 2 in every unit."""
    rng = np.random.default_rng([n, round(100 * keeps)])
    other = np.stack([np.full(n, 2000.0), np.full(n, 1000.0)], axis=-1)
    for _ in range(runs):
        noise = rng.standard_normal(n + 200)
        values = np.zeros(n + 200)
        for t in range(1, n + 200):
            values[t] = keeps * values[t - 1] + noise[t]
        yield np.stack([1000 * (2 + 0.3 * values[200:]), other[:, 1]], axis=-1), other


def stretches(one: Floats, other: Floats, n: int, runs: int) -> Iterator[tuple[Floats, Floats]]:
    """Both methods on stretches of n neighbours, evenly spread over the row."""
    for start in np.linspace(0, len(one) - n, runs).astype(int):
        yield one[start : start + n], other[start : start + n]


def line(rows: Iterator[tuple[Floats, Floats]], *, truth: float) -> str:
    """Shares of the runs in which the interval of the first holds the truth, and in which both are told apart."""
    held, claims, lengths, count = [0, 0], [0, 0], 0, 0
    for run, (one, other) in enumerate(rows):
        count += 1
        for way, running in enumerate((True, False)):
            found = interval_of(one[None], ratio, running=running, seed=run, replicates=REPLICATES)
            held[way] += found.low <= truth <= found.high
            lengths += found.block if running else 0
            (pair,) = compare_figures(
                [one[None], other[None]],
                ratio,
                running=running,
                seed=run,
                replicates=2,
                permutations=TOSSES,
            )
            claims[way] += pair.p < 0.05
    return (
        f"{lengths / count:5.1f}  {100 * held[0] / count:15.1f} % ({100 * held[1] / count:.1f} %)"
        f"  {100 * claims[0] / count:14.1f} % ({100 * claims[1] / count:.1f} %)"
    )


def real_units(path: Path, blocks: int) -> tuple[Floats, Floats]:
    """Bits and bytes (m, 2) of blocks of a text under the frequencies of words, and of letters given the letter before."""
    texts = read_texts(str(path), ReadOptions())
    pieces = []
    size = 0
    for piece in texts.pieces:
        pieces.append(piece)
        size += len(piece.encode())
        if size > 2 * blocks * BLOCK_BYTES:
            break
    middle = len(pieces) // 2
    learned, tested = pieces[:middle], pieces[middle:]
    words = Counter(word for piece in learned for word in re.findall(r"\w+|\W", piece))
    letters = Counter(pair for piece in learned for pair in itertools.pairwise(piece))
    before = Counter(letter for piece in learned for letter in piece)
    total, kinds = sum(words.values()), len(words)
    found: tuple[list[list[float]], list[list[float]]] = ([], [])
    bits, held = [0.0, 0.0], 0
    for piece in tested:
        of_words = [(words[w] + 1) / (total + kinds) for w in re.findall(r"\w+|\W", piece)]
        of_letters = [
            (letters[pair] + 1) / (before[pair[0]] + len(before))
            for pair in itertools.pairwise(piece)
        ]
        bits[0] -= float(np.log2(of_words).sum())
        bits[1] -= float(np.log2(of_letters).sum()) if of_letters else 0.0
        held += len(piece.encode())
        if held >= BLOCK_BYTES:
            for way in (0, 1):
                found[way].append([bits[way], held])
            bits, held = [0.0, 0.0], 0
    return np.array(found[0]), np.array(found[1])


if __name__ == "__main__":
    main()
