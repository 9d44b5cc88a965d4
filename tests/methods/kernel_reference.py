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


def sentences(ids: list[int], setting: Setting, random: Random) -> Iterator[list[int]]:
    """The sentences that end in -1, thinned; those of one word have no windows and are left out."""
    sentence: list[int] = []
    for word in ids:
        if word >= 0:
            if random.bits() < setting.keep[word]:
                sentence.append(word)
            continue
        if len(sentence) > 1:
            yield sentence
        sentence = []


def around(sentence: list[int], centre: int, reach: int) -> list[int]:
    return sentence[max(0, centre - reach) : centre] + sentence[centre + 1 : centre + reach + 1]


def windows(ids: list[int], setting: Setting, random: Random) -> Iterator[tuple[int, list[int]]]:
    """Every centre of the thinned sentences and the words of its window."""
    for sentence in sentences(ids, setting, random):
        for centre, middle in enumerate(sentence):
            reach = setting.window - random.bits() % setting.window
            yield middle, around(sentence, centre, reach)


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
    for centre, contexts in windows(ids, setting, random):
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
    for centre, contexts in windows(ids, setting, random):
        outputs = [centre, *(word for word in noise(setting, random) if word != centre)]
        hidden, C = setting.W[contexts].mean(axis=0), setting.C[outputs].copy()
        wanted = np.zeros(len(outputs))
        wanted[0] = 1
        g = setting.rate * (wanted - sigmoid(C @ hidden))
        np.add.at(setting.C, outputs, np.outer(g, hidden))
        np.add.at(setting.W, contexts, np.broadcast_to(g @ C, (len(contexts), len(hidden))))


def subword_skipgram(ids: list[int], setting: Setting, state: int) -> None:
    """The mean of a word's rows predicts each word around it; two neighbouring windows are one batch.

    They have one reach, and noise words that are drawn once for the first target of each, once for the second, and so on.
    """
    random = Random(state)
    for sentence in sentences(ids, setting, random):
        for first in range(0, len(sentence), 2):
            reach = setting.window - random.bits() % setting.window
            couple = [
                (setting.rows[sentence[centre]], around(sentence, centre, reach))
                for centre in range(first, min(first + 2, len(sentence)))
            ]
            drawn = [
                noise(setting, random) for _ in range(max(len(targets) for _, targets in couple))
            ]
            W, C = setting.W.copy(), setting.C.copy()
            for rows, targets in couple:
                pairs = []
                for target, words in zip(targets, drawn, strict=False):
                    pairs += [(target, 1.0)]
                    pairs += [(word, 0.0) for word in words if word != target]
                outputs = [output for output, _ in pairs]
                wanted = np.array([want for _, want in pairs])
                hidden = W[rows].mean(axis=0)
                g = setting.rate * (wanted - sigmoid(C[outputs] @ hidden))
                np.add.at(setting.C, outputs, np.outer(g, hidden))
                gradient = np.broadcast_to(g @ C[outputs], (len(rows), len(hidden)))
                np.add.at(setting.W, rows, gradient)


def hidden_layer(ids: list[int], setting: Setting, state: int, *, cbow: bool) -> None:
    """The mean of input rows predicts a word: by noise words, or along its path where ``negative`` is 0."""
    random = Random(state)
    for centre, contexts in windows(ids, setting, random):
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
