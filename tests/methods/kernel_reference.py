"""What the compiled kernels compute, written out in numpy and plain integers: slow, and easy to check against the papers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

MASK = (1 << 64) - 1


class Random:
    """Knuth's MMIX generator; its high 31 bits."""

    def __init__(self, state: int) -> None:
        self.state = state

    def bits(self) -> int:
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & MASK
        return self.state >> 33


@dataclass
class Setting:
    """The tables and numbers that a kernel is given."""

    W: np.ndarray
    C: np.ndarray
    keep: np.ndarray
    threshold: np.ndarray
    alias: np.ndarray
    window: int
    negative: int
    rate: float
    rows: list[list[int]] = field(default_factory=list)
    paths: list[list[tuple[int, int]]] = field(default_factory=list)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def windows(
    ids: list[int], setting: Setting, random: Random
) -> Iterator[tuple[int, int, list[int]]]:
    """Every centre of the thinned sentences, its place, and the words of its window."""
    sentence: list[int] = []
    for word in ids:
        if word >= 0:
            if random.bits() < setting.keep[word]:
                sentence.append(word)
            continue
        for centre, middle in enumerate(sentence if len(sentence) > 1 else []):
            reach = setting.window - random.bits() % setting.window
            near = sentence[max(0, centre - reach) : centre]
            yield centre, middle, near + sentence[centre + 1 : centre + reach + 1]
        sentence = []


def noise(setting: Setting, random: Random) -> list[int]:
    drawn = []
    for _ in range(setting.negative):
        word = (random.bits() * len(setting.keep)) >> 31
        if random.bits() >= setting.threshold[word]:
            word = int(setting.alias[word])
        drawn.append(word)
    return drawn


def skipgram(ids: list[int], setting: Setting, state: int) -> None:
    """Equation 4 of Mikolov et al. (2013b), the window's words as a batch, noise drawn once for it."""
    random = Random(state)
    for _, centre, contexts in windows(ids, setting, random):
        drawn = noise(setting, random)
        outputs = [centre, *(word for word in drawn if word != centre)]
        W, C = setting.W[contexts].copy(), setting.C[outputs].copy()
        wanted = np.zeros(len(outputs))
        wanted[0] = 1
        G = setting.rate * (wanted - sigmoid(W @ C.T))
        np.add.at(setting.W, contexts, G @ C)
        np.add.at(setting.C, outputs, G.T @ W)


def cbow(ids: list[int], setting: Setting, state: int) -> None:
    """The mean of a window predicts its centre, against noise words of its own; all rows move after all were read."""
    random = Random(state)
    for _, centre, contexts in windows(ids, setting, random):
        outputs = [centre, *(word for word in noise(setting, random) if word != centre)]
        hidden, C = setting.W[contexts].mean(axis=0), setting.C[outputs].copy()
        wanted = np.zeros(len(outputs))
        wanted[0] = 1
        g = setting.rate * (wanted - sigmoid(C @ hidden))
        np.add.at(setting.C, outputs, np.outer(g, hidden))
        np.add.at(setting.W, contexts, np.broadcast_to(g @ C, (len(contexts), len(hidden))))


def subword_skipgram(ids: list[int], setting: Setting, state: int) -> None:
    """The mean of a word's rows predicts each word around it, each against noise of its own, all as one batch.

    Every other window of a sentence takes the noise of the one before it, target by target, and draws what is missing.
    """
    random = Random(state)
    drawn: list[list[int]] = []
    for place, centre, contexts in windows(ids, setting, random):
        rows = setting.rows[centre]
        hidden = setting.W[rows].mean(axis=0)
        drawn = drawn[: len(contexts)] if place % 2 == 1 else []
        drawn += [noise(setting, random) for _ in contexts[len(drawn) :]]
        pairs = []
        for target, words in zip(contexts, drawn, strict=True):
            pairs += [(target, 1.0)]
            pairs += [(word, 0.0) for word in words if word != target]
        outputs = [output for output, _ in pairs]
        C = setting.C[outputs].copy()
        g = setting.rate * (np.array([want for _, want in pairs]) - sigmoid(C @ hidden))
        np.add.at(setting.C, outputs, np.outer(g, hidden))
        np.add.at(setting.W, rows, np.broadcast_to(g @ C, (len(rows), len(hidden))))


def hidden_layer(ids: list[int], setting: Setting, state: int, *, cbow: bool) -> None:
    """The mean of input rows predicts a word: by noise words, or along its path where ``negative`` is 0."""
    random = Random(state)
    for _, centre, contexts in windows(ids, setting, random):
        sources = contexts if cbow else [centre]
        rows = [row for source in sources for row in setting.rows[source]]
        hidden = setting.W[rows].mean(axis=0)
        into_hidden = np.zeros_like(hidden)
        for target in [centre] if cbow else contexts:
            if setting.negative == 0:
                pairs = [(point, 1.0 - code) for point, code in setting.paths[target]]
            else:
                drawn = noise(setting, random)
                pairs = [(target, 1.0), *((word, 0.0) for word in drawn if word != target)]
            for start in range(0, len(pairs), 6):  # six at a time, then their rows move
                group = pairs[start : start + 6]
                outputs = [output for output, _ in group]
                C = setting.C[outputs].copy()
                g = setting.rate * (np.array([want for _, want in group]) - sigmoid(C @ hidden))
                into_hidden += g @ C
                np.add.at(setting.C, outputs, np.outer(g, hidden))
        np.add.at(setting.W, rows, np.broadcast_to(into_hidden, (len(rows), len(hidden))))
