"""The plan of a comparison of language models or of translators: what trains and what tests; kept, so that texts are read once.

An artifact of kind ``sequence-plan`` holds facts; for pairs from one file also ``train.npy`` and ``test.npy``, their row numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nlpwb.cache.store import Artifact, Cache, Key
from nlpwb.workflows.sequences.sources import LanguageSources, SequenceTask, Sources

PLAN_VERSION = 2


@dataclass(frozen=True)
class SequencePlan:
    """A plan as kept.

    Args:
        task: ``lm`` or ``translate``.
        corpus: as it was named.
        test: the test file's name, None where the test part comes from the corpus.
        split: ``file``; ``end`` (the texts' last part, in order); ``holdout`` (pairs by lot).
        test_size: share of the test part, None with a test file.
        running: whether texts are one running text; None for pairs.
        train_rows: documents, lines of a running text, or pairs; ``test_rows`` likewise.
        train_bytes: UTF-8 bytes, None for pairs; ``test_bytes`` likewise.
        units: what the bootstrap draws: blocks of the test text, or test pairs.
        place: where the test part of texts begins, None where it does not.
        digests: of the texts of ``train`` and ``test``.
    """

    artifact: Artifact
    task: SequenceTask
    corpus: str
    test: str | None
    split: str
    test_size: float | None
    running: bool | None
    train_rows: int
    test_rows: int
    train_bytes: int | None
    test_bytes: int | None
    units: int
    place: int | None
    digests: dict[str, str]
    warnings: list[str]
    notes: list[str]

    def rows(self, part: str) -> list[int]:
        """The rows of a part of pairs that come from one file."""
        import numpy as np

        found: list[int] = np.load(self.artifact.path / f"{part}.npy", allow_pickle=False).tolist()
        return found


def make_plan(
    cache: Cache,
    sources: Sources,
    *,
    test_size: float | None,
    seed: int,
    note: Callable[[str], None],
) -> SequencePlan:
    """The plan for these sources, from the cache where it is known.

    Args:
        test_size: share of the test part; None: a tenth. Without meaning where there is a test file.

    Raises:
        InputError: the texts cannot be read, or cannot be divided; the sentence says why.
    """
    task = "lm" if isinstance(sources, LanguageSources) else "translate"
    facts = {
        "version": PLAN_VERSION,
        "task": task,
        "fingerprints": sources.fingerprints(),
        "name": sources.source if isinstance(sources, LanguageSources) else sources.train.name,
        "test_size": test_size,
        "seed": seed if task == "translate" else None,  # the end of a text is no draw
    }

    def make(folder: Any) -> dict[str, Any]:
        from nlpwb.workflows.sequences.planning import plan_pairs, plan_texts

        note("reading the texts and dividing them")
        if isinstance(sources, LanguageSources):
            return plan_texts(sources.train, sources.test, test_size=test_size)
        return plan_pairs(folder, sources.train, sources.test, test_size=test_size, seed=seed)

    artifact = cache.get_or_make(Key("sequence-plan", facts), make)
    found = {name: value for name, value in artifact.facts.items() if name != "summary"}
    return SequencePlan(artifact=artifact, **found)
