"""What the training loop costs, as a share of a step of one millisecond, and as a ratio on a small network.

    python -m benchmarks.training_loop [--runs 31] [--steps 300]

The bare loop has its batches in a list, and does nothing but forward, loss, backward and AdamW. Ours cuts and pads the batches,
follows a schedule, reads the losses, writes records. The two take turns. With a model of one weight what is left is the loop: the
difference of the two, in microseconds a step. Times are those of the processor, which a busy machine disturbs least.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.rows import Row, print_rows
from nlpwb.training.batches import TextBatches
from nlpwb.training.device import Setting
from nlpwb.training.loop import train
from nlpwb.training.losses import cross_entropy, supervised
from nlpwb.training.optimizers import groups_of
from nlpwb.training.recipe import Recipe

DOCUMENTS, LONGEST, VOCABULARY = 32, 40, 1000


class Small(nn.Module):
    """Embeddings, two layers on their mean, logits."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, 64, padding_idx=0)
        self.inner = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU())
        self.output = nn.Linear(256, 2)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        mean = self.inner(self.embedding(ids)).sum(1) / lengths.unsqueeze(1)
        logits: Tensor = self.output(mean)
        return logits


class Nothing(nn.Module):
    """One weight: the cost of everything around a model."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, 2))

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        del ids
        return self.weight.expand(len(lengths), 2)


def source(steps: int) -> TextBatches:
    random = np.random.default_rng(0)
    lengths = random.integers(4, LONGEST, steps * DOCUMENTS)
    ids = random.integers(2, VOCABULARY, lengths.sum()).astype(np.int32)
    labels = random.integers(0, 2, len(lengths))
    return TextBatches(
        ids, lengths.cumsum(), labels, tokens=DOCUMENTS * LONGEST, documents=DOCUMENTS
    )


def bare(kind: type[nn.Module], steps: int) -> float:
    """Processor seconds of the bare loop."""
    torch.manual_seed(0)
    model, data = kind(), source(steps)
    batches = [(b.ids, b.lengths, b.targets) for b in data.batches(0)]
    groups = [{"params": group.parameters} for group in groups_of(model)]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, fused=True)
    started = time.process_time()
    for ids, lengths, targets in batches:
        optimizer.zero_grad()
        functional.cross_entropy(model(ids, lengths), targets).backward()
        optimizer.step()
    return time.process_time() - started


def ours(kind: type[nn.Module], steps: int) -> float:
    """Processor seconds of ours, from its first line to its last record."""
    torch.manual_seed(0)
    model, data = kind(), source(steps)
    recipe = Recipe(epochs=1, learning_rate=1e-3, clip=0.0)
    setting = Setting(torch.device("cpu"), "float32", 1)
    started = time.process_time()
    for _ in train(model, data, supervised(cross_entropy()), recipe, seed=0, setting=setting):
        pass
    return time.process_time() - started


def rows(*, runs: int, steps: int) -> Iterator[Row]:
    """What the loop adds to a step of nothing, and to one of a small network."""
    torch.set_num_threads(1)
    count = source(steps).steps(0)
    micros = {}
    for kind in (Nothing, Small):
        turns = [(bare(kind, steps), ours(kind, steps)) for _ in range(runs)]
        # the fastest turn is the least disturbed one
        micros[kind] = [1e6 * min(times) / count for times in zip(*turns, strict=True)]
    its, mine = micros[Nothing]
    yield Row(
        "a step around a model of one weight",
        f"{mine:.0f} µs",
        f"bare loop {its:.0f} µs",
        f"{(mine - its) / 1000:.1%} of a step of 1 ms",
        "at most 3 %",
        mine - its <= 30,
    )
    its, mine = micros[Small]
    yield Row(
        "a step of a small network",
        f"{mine / 1000:.2f} ms",
        f"bare loop {its / 1000:.2f} ms",
        f"{mine / its - 1:+.1%}",
        "",
        True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=31)
    parser.add_argument("--steps", type=int, default=300)
    options = parser.parse_args()
    return print_rows(rows(runs=options.runs, steps=options.steps))


if __name__ == "__main__":
    sys.exit(main())
