"""What the training loop costs: the same model on the same batches, by a bare loop in turn, as a ratio of processor time.

    python -m benchmarks.training_loop [--pairs 31] [--steps 300]

The bare loop has its batches in a list, and does nothing but forward, loss, backward and AdamW. Ours cuts and pads the batches,
follows a schedule, reads the losses, writes records. A step of this model takes about a millisecond.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

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


def source(steps: int) -> TextBatches:
    random = np.random.default_rng(0)
    lengths = random.integers(4, LONGEST, steps * DOCUMENTS)
    ids = random.integers(2, VOCABULARY, lengths.sum()).astype(np.int32)
    labels = random.integers(0, 2, len(lengths))
    return TextBatches(
        ids, lengths.cumsum(), labels, tokens=DOCUMENTS * LONGEST, documents=DOCUMENTS
    )


def bare(steps: int) -> float:
    """Processor seconds of the bare loop."""
    torch.manual_seed(0)
    model, data = Small(), source(steps)
    batches = [(b.ids, b.lengths, b.targets) for b in data.batches(0)]
    groups = [{"params": group.parameters} for group in groups_of(model)]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, fused=True)
    started = time.process_time()
    for ids, lengths, targets in batches:
        optimizer.zero_grad()
        functional.cross_entropy(model(ids, lengths), targets).backward()
        optimizer.step()
    return time.process_time() - started


def ours(steps: int) -> float:
    """Processor seconds of ours, from its first line to its last record."""
    torch.manual_seed(0)
    model, data = Small(), source(steps)
    recipe = Recipe(epochs=1, learning_rate=1e-3, clip=0.0)
    setting = Setting(torch.device("cpu"), "float32", 1)
    started = time.process_time()
    for _ in train(model, data, supervised(cross_entropy()), recipe, seed=0, setting=setting):
        pass
    return time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=31)
    parser.add_argument("--steps", type=int, default=300)
    options = parser.parse_args()
    torch.set_num_threads(1)
    bare(20), ours(20)
    pairs = [(bare(options.steps), ours(options.steps)) for _ in range(options.pairs)]
    count = source(options.steps).steps(0)
    ratio = statistics.median(mine / its for its, mine in pairs)
    millis = 1000 * statistics.median(its for its, _ in pairs) / count
    spread = sorted(mine / its - 1 for its, mine in pairs)
    print(
        f"a bare step {millis:.2f} ms; the loop costs {ratio - 1:.1%} of it "
        f"({spread[0]:.1%} to {spread[-1]:.1%} in {len(pairs)} pairs; at most 3 %)"
    )


if __name__ == "__main__":
    main()
