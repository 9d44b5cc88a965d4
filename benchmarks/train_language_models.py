"""Training language models: tokens per second of ours against nanoGPT's loop and a plain LSTM's, in one run.

    python -m benchmarks.train_language_models [--runs 5] [--steps 10] [--threads 2] [--precision auto] [gpt] [lstm]

Both sides train networks of one size on the same row of random ids (what a token is does not change how long it takes), with the
same threads, without dropout: ours by nlpwb.training as it stands, in the precision that it chooses; theirs in float32, and the
transformer's under autocast, too. They take turns after one that is not counted, and the ratio is the median over the turns. One
process runs both, so that our way with freed memory (training/device.py) is theirs, too. Small shapes take ten times the steps.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch

from benchmarks import peer_language_models as peers
from benchmarks.peer_language_models import GptShape, LstmShape, Peer
from benchmarks.rows import Row, print_rows
from nlpwb.methods.recurrent.language import RecurrentLanguageNetwork
from nlpwb.methods.recurrent.language_config import LstmLmConfig, RecurrentLmConfig
from nlpwb.methods.transformer.gpt import GptNetwork
from nlpwb.methods.transformer.gpt_config import GptConfig
from nlpwb.training.device import choose_setting
from nlpwb.training.loop import train
from nlpwb.training.records import Begun, Ended
from nlpwb.training.sequence_losses import StreamLoss
from nlpwb.training.streams import StreamBatches
from nlpwb.workflows.networks.following import recipe_of

CHARACTERS, PIECES = 65, 8000
GPTS = {
    # as nanoGPT documents it for a processor
    "gpt, 4 × 128, 12 × 64 characters": (GptShape(4, 4, 128, 64, 12, CHARACTERS), 10),
    "gpt, 6 × 256, 32 × 128 of 8,000": (GptShape(6, 4, 256, 128, 32, PIECES), 1),
}
LSTMS = {
    "lstm-lm, 2 × 256, 32 × 64 characters": (
        LstmShape(2, 256, 128, 64, 32, CHARACTERS, tied=False),
        10,
    ),
    "lstm-lm, 800 and 400, 32 × 64 of 8,000": (
        LstmShape(2, 800, 400, 64, 32, PIECES, tied=True),
        1,
    ),
}
LEAST = 1.5
TOKENS = 1 << 20
"""Ids of the row: as many as tiny Shakespeare has characters."""


def row_of(vocabulary: int) -> np.ndarray:
    """Random ids, uint16 as nanoGPT keeps them."""
    return np.random.default_rng(0).integers(0, vocabulary, TOKENS).astype(np.uint16)


def ours(
    network: Callable[[], torch.nn.Module],
    config: GptConfig | RecurrentLmConfig,
    ids: np.ndarray,
    *,
    steps: int,
    threads: int,
    precision: str,
) -> float:
    """Tokens a second by our loop, from its first record to its last."""
    data = StreamBatches(
        ids,
        rows=config.batch,
        length=config.window,
        carried=config.carried,
        epochs=1,
        steps=steps,
    )
    tokens = sum(b.tokens for epoch in range(data.rounds) for b in data.batches(epoch))
    records = train(
        network(),
        data,
        StreamLoss(carried=config.carried),
        recipe_of(config, epochs=data.rounds),
        seed=0,
        setting=choose_setting("cpu", precision, threads),
    )
    started = time.perf_counter()
    for record in records:
        if isinstance(record, Begun):
            started = time.perf_counter()
        elif isinstance(record, Ended):
            return tokens / (time.perf_counter() - started)
    raise AssertionError("a training ends")


def theirs(peer: Peer, tokens: int, *, steps: int, threads: int) -> float:
    """Tokens a second of a peer whose steps read so many."""
    return steps * tokens / peer.seconds(steps, threads)


def compared(
    what: str, mine: Callable[[], float], others: dict[str, Callable[[], float]], runs: int
) -> Iterator[Row]:
    """All in turn, after a turn that is not counted; the first of the others is the one to beat."""
    speeds: dict[str, list[float]] = {name: [] for name in ("ours", *others)}
    for run in range(runs + 1):
        for name, take in {"ours": mine, **others}.items():
            speed = take()
            if run:
                speeds[name].append(speed)
    for place, name in enumerate(others):
        ratio = statistics.median(a / b for a, b in zip(speeds["ours"], speeds[name], strict=True))
        yield Row(
            f"train {what}",
            f"{statistics.median(speeds['ours']):,.0f} tokens/s",
            f"{name} {statistics.median(speeds[name]):,.0f}",
            f"{ratio:.2f} times faster",
            f"at least {LEAST}" if place == 0 else "",
            place > 0 or ratio >= LEAST,
        )


def gpts(runs: int, steps: int, threads: int, precision: str) -> Iterator[Row]:
    """The decoder-only transformer against nanoGPT's."""
    for what, (shape, often) in GPTS.items():
        config = GptConfig(
            dim=shape.dim,
            layers=shape.layers,
            heads=shape.heads,
            context=shape.context,
            batch=shape.batch,
            positions="learned",
            biases=False,
            dropout=0.0,
        )
        ids = row_of(shape.vocabulary)
        count = often * steps
        mine = functools.partial(
            ours,
            functools.partial(GptNetwork.build, config, vocabulary=shape.vocabulary),
            config,
            ids,
            steps=count,
            threads=threads,
            precision=precision,
        )
        others = {
            name: functools.partial(
                theirs,
                peers.gpt(shape, ids, half=half),
                shape.batch * shape.context,
                steps=count,
                threads=threads,
            )
            for name, half in (("nanoGPT's loop", False), ("the same in bf16", True))
        }
        yield from compared(what, mine, others, runs)


def lstms(runs: int, steps: int, threads: int, precision: str) -> Iterator[Row]:
    """The LSTM against torch's."""
    for what, (shape, often) in LSTMS.items():
        config: RecurrentLmConfig = LstmLmConfig(
            dim=shape.dim,
            hidden=shape.hidden,
            layers=shape.layers,
            tied=shape.tied,
            batch=shape.batch,
            length=shape.length,
            dropout=0.0,
        )
        ids = row_of(shape.vocabulary)
        count = often * steps
        mine = functools.partial(
            ours,
            functools.partial(RecurrentLanguageNetwork.build, config, vocabulary=shape.vocabulary),
            config,
            ids,
            steps=count,
            threads=threads,
            precision=precision,
        )
        other = functools.partial(
            theirs,
            peers.lstm(shape, ids, learning_rate=config.learning_rate, clip=config.clip),
            shape.batch * shape.length,
            steps=count,
            threads=threads,
        )
        yield from compared(what, mine, {"nn.LSTM": other}, runs)


WHAT = {"gpt": gpts, "lstm": lstms}


def rows(
    *,
    what: Sequence[str] = tuple(WHAT),
    runs: int = 5,
    steps: int = 10,
    threads: int = 2,
    precision: str = "auto",
) -> Iterator[Row]:
    """The rows of the speed table, each as soon as it is measured."""
    for name in what:
        yield from WHAT[name](runs, steps, threads, precision)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", nargs="*", choices=[*WHAT, []], help="all by default")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", default="auto")
    asked = vars(parser.parse_args())
    return print_rows(rows(**{**asked, "what": asked["what"] or tuple(WHAT)}))


if __name__ == "__main__":
    sys.exit(main())
