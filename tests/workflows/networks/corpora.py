"""Texts that a small network learns in a second, and the conditions to train it under."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpwb.specs import Part, parse_spec
from nlpwb.workflows.networks.classifier import NetworkClassifier
from nlpwb.workflows.networks.conditions import Conditions
from nlpwb.workflows.networks.fitting import fit_network

COMMON = ("the", "chair", "came", "with", "four", "legs", "and", "a", "seat")
TELLING = (("good", "solid", "lovely"), ("bad", "broken", "ugly"))


def reviews(n: int, *, seed: int = 0) -> tuple[list[str], NDArray[np.int64]]:
    """n texts of five to twelve words with two telling ones, and their labels, 0 and 1 in turn."""
    chance = random.Random(seed)
    texts = []
    for i in range(n):
        words = chance.choices(COMMON, k=chance.randint(3, 10)) + chance.choices(
            TELLING[i % 2], k=2
        )
        chance.shuffle(words)
        texts.append(" ".join(words))
    return texts, np.arange(n, dtype=np.int64) % 2


def part_of(spec: str) -> Part:
    return parse_spec(spec).representation


def fitted(spec: str, texts: list[str], targets: NDArray[Any], **more: Any) -> NetworkClassifier:
    """A network trained in one thread; ``more`` are conditions, or arguments of ``fit_network``."""
    arguments: dict[str, Any] = {"task": "classify", "outputs": 2, "seed": 0, "threads": 1}
    arguments |= {name: more.pop(name) for name in tuple(more) if name in arguments}
    conditions = Conditions(**{"device": "cpu", "precision": "float32", **more})
    return fit_network(part_of(spec), texts, targets, conditions=conditions, **arguments)


def weights(network: NetworkClassifier) -> dict[str, bytes]:
    """Every array of a network's state as bytes."""
    return {name: array.tobytes() for name, array in network.state().arrays.items()}


def write_reviews(path: Path, n: int, *, seed: int = 0) -> str:
    """A CSV file of reviews; returns its name."""
    texts, labels = reviews(n, seed=seed)
    rows = [f"{text},{('yes', 'no')[label]}" for text, label in zip(texts, labels, strict=True)]
    path.write_text("\n".join(["text,label", *rows, ""]), encoding="utf-8")
    return str(path)
