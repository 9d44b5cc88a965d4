"""Methods that write, of whom every answer is known: nothing is learned, so that figures can be computed by head."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nlpwb.cache.store import Artifact, Cache
from nlpwb.catalogue import CATALOGUE, Entry
from nlpwb.data.pairs import Pairs
from nlpwb.methods.protocol import State
from nlpwb.workflows.language.texts import Texts, pieces_of
from nlpwb.workflows.sequences.cells import SequenceCell


class StubModel:
    """Foretells every byte with the same number of bits, and with half of it where it sees more at once."""

    counted = False
    parameters = 12
    trained_context = 8

    def __init__(self, bits: float, *, lossless: bool = True, context: int | None = None) -> None:
        self.bits = bits
        self.tokens = SimpleNamespace(spec="char", vocabulary=50, lossless=lossless)
        self.network = SimpleNamespace(places=context)
        self.learned = SimpleNamespace(made=SimpleNamespace(earlier_seconds=100.0))

    def score(self, texts: Texts, *, threads: int, window: int | None = None) -> Any:
        """A token a byte."""
        sizes = np.array(texts.bytes_of)
        bits = self.bits if window is None else self.bits / 2
        return SimpleNamespace(nats=sizes * bits * math.log(2), tokens=sizes, bytes=sizes)

    def state(self) -> State:
        """Enough for a file to be written."""
        return State(arrays={"bits": np.array([self.bits])})


class StubTranslator:
    """Writes the source again."""

    parameters = 12

    def __init__(self) -> None:
        self.target_tokens = SimpleNamespace(spec="words", vocabulary=50, lossless=False)
        self.made = SimpleNamespace(earlier_seconds=0.0)

    def score(self, sources: list[str], targets: list[str], *, threads: int) -> Any:
        """One nat a character."""
        lengths = np.array([len(text) for text in targets])
        return SimpleNamespace(nats=lengths.astype(float), tokens=lengths)

    def state(self) -> State:
        """Enough for a file to be written."""
        return State(arrays={"nothing": np.zeros(1)})


def running(text: str, name: str = "text.txt") -> Texts:
    """A running text."""
    return Texts(pieces_of(text), True, name, "f" * 8, ())


def pairs(count: int, name: str = "pairs.tsv") -> Pairs:
    """Different pairs."""
    return Pairs(
        name=name,
        sources=[f"word number {i} is here" for i in range(count)],
        targets=[f"wort nummer {i} ist hier" for i in range(count)],
        rows=list(range(1, count + 1)),
        notes=(),
        skipped=0,
        fingerprint=f"pairs {count}",
    )


def language_entry(name: str) -> Entry:
    """A language model of the catalogue, with nothing that is heavy."""
    found = CATALOGUE["lstm-lm"]
    return Entry(
        name=name,
        role="method",
        family=found.family,
        summary="a stub",
        source="none",
        config=found.config,
        code="nlpwb.workflows.language.texts:Texts",
        needs_head=False,
        deterministic=False,
        writes="lm",
    )


@pytest.fixture
def cache(tmp_path: Any) -> Cache:
    return Cache(tmp_path / "cache")


def here(cells: Any, materials: Any, *, cache: Cache, threads: int, **_: Any) -> dict[str, str]:
    """``compute`` without processes: stubs do not travel."""
    failures = {}
    for cell in cells:
        if cache.get(cell.key) is not None:
            continue
        try:
            cell.make(cache, materials(cell), threads=threads)
        except Exception as error:
            failures[cell.key.digest] = str(error)
    return failures


def loaded(artifact: Artifact, name: str) -> Any:
    """An array of an artifact."""
    return np.load(artifact.path / f"{name}.npy")


def cell_of(spec: Any, task: Any = "lm", **more: Any) -> SequenceCell:
    """A cell of texts that are named by nothing."""
    return SequenceCell(task=task, spec=spec, seed=0, train="a", test="b", **more)
