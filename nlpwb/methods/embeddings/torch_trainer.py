"""Skip-gram and CBOW with negative sampling in batches, for a device that computes many windows at once.

The objective is that of the kernels (Mikolov et al. 2013b, equation 4), with noise words drawn once a window, too. What
differs is that a batch of windows sees the same tables, and its steps are added up afterwards. A word that stands in many
windows of a batch would then take a step as many times too long; its step is therefore held to that of ``MOST_STEPS`` windows.

Letters of shapes: B windows of a batch, K places of a window, N noise words, d dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from nlpwb.errors import UsageError
from nlpwb.methods.embeddings.config import CbowConfig, SkipgramConfig, WordVectorConfig
from nlpwb.methods.embeddings.formulas import keep_probability, noise_distribution
from nlpwb.vectors.table import WordVectors

if TYPE_CHECKING:
    from nlpwb.methods.embeddings.encoding import EncodedCorpus
    from nlpwb.methods.embeddings.trainer import Progress

END_RATE = 1e-4
MOST_STEPS = 32.0
"""Steps of one row that a batch may add up. A step of a logistic loss overshoots at rate x steps x |v|² / 4 > 2, and vectors
reach lengths of 2 to 4."""
_BLOCK = 1 << 20
_LEAST_BATCH, _MOST_BATCH = 256, {"cpu": 2048, "cuda": 8192}


@dataclass(frozen=True, eq=False)
class Windows:
    """``centres`` int64 (B,), and their ``contexts`` int64 (B, K) with -1 where a window is shorter, or there is none.

    Nothing is cut to size: that would make the device wait for the host at every step.
    """

    centres: Tensor
    contexts: Tensor


def train_on_device(
    corpus: EncodedCorpus,
    config: WordVectorConfig,
    *,
    seed: int,
    device: str,
    progress: Progress | None = None,
) -> WordVectors:
    """Train all words' vectors on a torch device (``cuda``, ``cpu``, ``mps``).

    On the CPU a seed gives the same vectors again; on a GPU, additions meet in an order of its own and only the quality repeats.

    Raises:
        UsageError: the method or the output layer has no batched form, another engine is to train, or the device is not there.
    """
    check_device(config, device)
    random = torch.Generator(device).manual_seed(seed)
    size, dim = len(corpus.words), config.dim
    W = (torch.rand(size, dim, generator=random, device=device) - 0.5) / dim
    C = torch.zeros(size, dim, device=device)
    precise = torch.float32 if torch.device(device).type == "mps" else torch.float64
    keep = torch.from_numpy(keep_probability(corpus.counts, config.sample)).to(device, precise)
    cumulated = np.cumsum(noise_distribution(corpus.counts))
    noise = torch.from_numpy(cumulated).to(device, precise)
    batch = batch_size(corpus.occurrences, device)
    step = cbow_step if isinstance(config, CbowConfig) else skipgram_step
    total = len(corpus.ids) * config.epochs
    done = 0
    for epoch in range(config.epochs):
        loss = torch.zeros(2, dtype=precise, device=device)
        for block in corpus.blocks(_BLOCK):
            ids = torch.from_numpy(block.astype(np.int64)).to(device)
            ids = thinned(ids, keep, random)
            for share, windows in windows_of(ids, config.window, batch, random):
                rate = config.learning_rate
                rate -= (rate - END_RATE) * min(1.0, (done + share * len(block)) / total)
                drawn = torch.rand(
                    len(windows.centres), config.negative, generator=random, device=device
                )
                outputs = torch.searchsorted(noise, drawn.to(precise)).clamp_(max=size - 1)
                loss += step(W, C, windows, outputs, rate)
            done += len(block)
            if progress is not None:
                lost, pairs = loss.tolist()
                progress(epoch, done / total, lost / max(1.0, pairs))
    return WordVectors(
        words=list(corpus.words), vectors=W.cpu().numpy().copy(), counts=corpus.counts
    )


def check_device(config: WordVectorConfig, device: str) -> None:
    """Refuse what cannot be trained in batches, or not here.

    Raises:
        UsageError: with the way out.
    """
    if not isinstance(config, SkipgramConfig | CbowConfig) or config.hs:
        raise UsageError(
            f"--device {device} trains skipgram and cbow with negative sampling alone; leave --device out"
        )
    if config.engine != "nlpwb":
        raise UsageError(
            f"--device {device} and engine={config.engine} contradict each other: {config.engine} trains "
            "on the processor alone; leave one of them out"
        )
    kind = torch.device(device).type
    there: dict[str, Callable[[], bool]] = {
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
    }
    if kind in there and not there[kind]():
        raise UsageError(f"--device {device}: there is no such device here; leave --device out")


def batch_size(occurrences: int, device: str) -> int:
    """Windows that take a step together: few in a small corpus, so that there are enough steps."""
    most = _MOST_BATCH.get(torch.device(device).type, _MOST_BATCH["cuda"])
    return int(np.clip(occurrences // 1000, _LEAST_BATCH, most))


def thinned(ids: Tensor, keep: Tensor, random: torch.Generator) -> Tensor:
    """A block without the occurrences that subsampling drops; the ends of sentences stay."""
    chance = torch.rand(len(ids), generator=random, device=ids.device)
    return ids[(ids < 0) | (chance < keep[ids.clamp(min=0)])]


def windows_of(
    ids: Tensor, window: int, batch: int, random: torch.Generator
) -> Iterator[tuple[float, Windows]]:
    """Windows of random reach (1 to ``window``) around every word of a block, in random order, with the share that is done."""
    places = torch.nonzero(ids >= 0).squeeze(1)
    sentence = torch.cumsum(ids < 0, dim=0)
    offsets = torch.cat([torch.arange(-window, 0), torch.arange(1, window + 1)]).to(ids.device)
    order = torch.randperm(len(places), generator=random, device=ids.device)
    places = places[order]
    for start in range(0, len(places), batch):
        centres = places[start : start + batch]
        reach = torch.randint(1, window + 1, (len(centres), 1), generator=random, device=ids.device)
        around = centres[:, None] + offsets
        inside = around.clamp(0, len(ids) - 1)
        held = (
            (around == inside)
            & (offsets.abs() <= reach)
            & (sentence[inside] == sentence[centres][:, None])
        )
        # the end of a sentence counts to the next one: it is -1 itself
        contexts = torch.where(held, ids[inside], -1)
        yield start / len(places), Windows(ids[centres], contexts)


def skipgram_step(W: Tensor, C: Tensor, windows: Windows, noise: Tensor, rate: float) -> Tensor:
    """Every context word predicts the centre against noise (B, N); moves W and C; summed loss and true pairs, (2,)."""
    contexts, held, targets, mask, true = _laid_out(windows, noise)
    rows, outputs = W[contexts], C[targets]  # (B, K, d), (B, 1 + N, d)
    scores = rows @ outputs.transpose(1, 2)  # (B, K, 1 + N)
    errors = (true - torch.sigmoid(scores)) * mask[:, None] * held[:, :, None]
    into_rows, into_outputs = errors @ outputs, errors.transpose(1, 2) @ rows
    steps = held.sum(dim=1, keepdim=True).expand(targets.shape)
    _add(W, contexts, into_rows, held, rate)
    _add(C, targets, into_outputs, steps, rate)
    return _loss(errors, held)


def cbow_step(W: Tensor, C: Tensor, windows: Windows, noise: Tensor, rate: float) -> Tensor:
    """The mean of a window predicts its centre against noise (B, N); moves W and C; summed loss and true pairs, (2,)."""
    contexts, held, targets, mask, true = _laid_out(windows, noise)
    number = held.sum(dim=1, keepdim=True)
    some = (number > 0).to(W.dtype)
    hidden = (W[contexts] * held[:, :, None]).sum(dim=1) / number.clamp(min=1)  # (B, d)
    outputs = C[targets]  # (B, 1 + N, d)
    scores = (outputs @ hidden[:, :, None]).squeeze(2)  # (B, 1 + N)
    errors = (true - torch.sigmoid(scores)) * mask * some
    into_hidden = (
        errors[:, None] @ outputs
    )  # (B, 1, d): each word of the window takes the whole step
    into_outputs = errors[:, :, None] * hidden[:, None]
    _add(W, contexts, into_hidden * held[:, :, None], held, rate)
    _add(C, targets, into_outputs, some.expand(targets.shape), rate)
    return _loss(errors, some)


def _laid_out(windows: Windows, noise: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Contexts to look up and which are held (B, K); targets, the centre first, and which count (B, 1 + N); truth (1 + N,)."""
    centres = windows.centres[:, None]
    held = (windows.contexts >= 0).to(torch.float32)
    contexts = torch.where(windows.contexts >= 0, windows.contexts, centres)
    targets = torch.cat([centres, noise], dim=1)
    mask = (targets != centres).to(torch.float32)  # noise that is the centre itself is left out
    mask[:, 0] = 1.0
    true = torch.zeros(targets.shape[1], device=targets.device)
    true[0] = 1.0
    return contexts, held, targets, mask, true


def _loss(errors: Tensor, pairs: Tensor) -> Tensor:
    """The objective of true pairs with their noise words, as the kernels count it, and the number of true pairs.

    An error is 1 - the chance of what is true, up to its sign; where nothing counts it is 0, and so is the loss.
    """
    lost = -(1 - errors.abs()).clamp(min=1e-6).log().sum()
    return torch.stack([lost, pairs.sum()])


def _add(table: Tensor, rows: Tensor, moves: Tensor, steps: Tensor, rate: float) -> None:
    """Add ``rate`` x moves (B, n, d) to rows (B, n) of a table.

    ``steps`` (B, n) says how many steps a move adds up; a row with more than MOST_STEPS has its moves scaled down.
    """
    rows = rows.reshape(-1)
    taken = torch.zeros(len(table), device=table.device).index_add_(0, rows, steps.reshape(-1))
    scale = rate * MOST_STEPS / taken.clamp(min=MOST_STEPS)
    table.index_add_(0, rows, moves.flatten(0, 1) * scale[rows][:, None])
