"""Word vectors on a CUDA device: words per second and quality, beside the kernels on the processor.

    python -m benchmarks.gpu_word_vectors [--epochs 5] [--threads 2] [skipgram] [cbow]

Trains on wiki2014_en, found in the folder that NLPWB_SHARED_DATA names (or ../shared/data). Where there is no CUDA device it says
so, and prints no figures.
"""

from __future__ import annotations

import argparse
import gzip
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from nlpwb.methods.embeddings.encoding import EncodedCorpus, encode
from nlpwb.methods.embeddings.training import train_encoded
from nlpwb.specs import parse_spec
from nlpwb.text.words import words
from nlpwb.vectors.table import WordVectors

OPTIONS = "dim=100,window=5,negative=5,min_count=5,sample=1e-4"


def sentences(path: Path) -> Iterator[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield words(line)


def quality(vectors: WordVectors) -> str:
    """Analogies (the first 30,000 words), WordSim-353 and SimLex-999, as gensim judges them."""
    from gensim.models import KeyedVectors
    from gensim.test.utils import datapath

    table = KeyedVectors(vectors.dimensions)
    table.add_vectors(list(vectors.words), vectors.vectors)
    right, _ = table.evaluate_word_analogies(
        datapath("questions-words.txt"), restrict_vocab=30_000, case_insensitive=True
    )
    similarity = [
        table.evaluate_word_pairs(datapath(name))[1][0]
        for name in ("wordsim353.tsv", "simlex999.txt")
    ]
    return f"{100 * right:.1f} % | {similarity[0]:.3f} | {similarity[1]:.3f}"


def seconds(train: Callable[[], WordVectors]) -> tuple[WordVectors, float]:
    started = time.perf_counter()
    return train(), time.perf_counter() - started


def row(spec: str, corpus: EncodedCorpus, *, device: str, threads: int, epochs: int) -> str:
    config = parse_spec(spec).representation.config
    vectors, taken = seconds(
        lambda: train_encoded(corpus, config, seed=0, threads=threads, device=device)
    )
    speed = corpus.occurrences * epochs / taken
    return f"| {spec} | {device} | {taken:.1f} s | {speed:,.0f} | {quality(vectors)} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("methods", nargs="*", help="skipgram and cbow by default")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    import torch

    if not torch.cuda.is_available():
        print("no CUDA device is here: nothing was measured")
        return 0
    data = Path(os.environ.get("NLPWB_SHARED_DATA", "../shared/data"))
    path = data / "wiki2014_en" / "wiki2014.en.txt.gz"
    if not path.exists():
        print(f"{path} is absent: nothing was measured")
        return 0
    corpus = encode(sentences(path), min_count=5)
    print(
        f"{torch.cuda.get_device_name()}, {options.threads} threads, {corpus.occurrences:,} words\n"
    )
    print("| spec | device | time | words per second | analogies | WordSim-353 | SimLex-999 |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for method in options.methods or ["skipgram", "cbow"]:
        spec = f"{method}:{OPTIONS},epochs={options.epochs}"
        for device in ("cuda", "cpu"):
            line = row(spec, corpus, device=device, threads=options.threads, epochs=options.epochs)
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
