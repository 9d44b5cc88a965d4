"""The plan of a comparison without labels: what trains, what is held out and asked; kept, so that a repeated run reads no text.

An artifact of kind ``intrinsic-plan`` holds row numbers of the corpus (``train``, ``half-a``, ``half-b``, ``held-out``,
``queries``, int64), the group of every query where there are groups, and the reference words (``reference.json``).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.cache.store import Artifact, Cache, Key
from nlpwb.workflows.design import Sources

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PLAN_VERSION = 1


@dataclass(frozen=True)
class IntrinsicPlan:
    """A plan as kept. ``digests`` name the texts of ``train``, ``half-a``, ``half-b``, and what all are asked (``question``)."""

    artifact: Artifact
    corpus: str
    rows: int
    train_rows: int
    held_out_rows: int
    half_rows: list[int]
    test_size: float
    queries: int
    queries_cap: int
    unit: str
    least_units: int
    groups: int | None
    reference_words: int
    probe_words: int
    least_count: int
    digests: dict[str, str]
    warnings: list[str]
    notes: list[str]

    def indices(self, part: str) -> list[int]:
        """The rows of a part of the corpus."""
        found: list[int] = self._array(part).tolist()
        return found

    def reference(self) -> list[str]:
        """The reference words, the most frequent first."""
        path = self.artifact.path / "reference.json"
        found: list[str] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def query_groups(self) -> NDArray[np.int64] | None:
        """The group number of every query, int64 (n,), or None."""
        return None if self.groups is None else self._array("groups")

    def _array(self, name: str) -> Any:
        import numpy as np

        return np.load(self.artifact.path / f"{name}.npy", allow_pickle=False)


def make_plan(cache: Cache, sources: Sources, *, note: Callable[[str], None]) -> IntrinsicPlan:
    """The plan of a design (its corpus, held-out share and seed), from the cache where it is known.

    Raises:
        InputError: the corpus cannot be compared on; the sentence says why.
    """
    design = sources.design
    key = Key(
        "intrinsic-plan",
        {
            "version": PLAN_VERSION,
            "fingerprint": sources.fingerprints()[0],
            "name": Path(design.source).name,
            "test_size": design.test_size,
            "seed": design.seed,
        },
    )

    def make(folder: Path) -> dict[str, Any]:
        from nlpwb.workflows.intrinsic.planning import write_plan

        note("reading the corpus and checking it")
        return write_plan(folder, sources)

    artifact = cache.get_or_make(key, make)
    facts = {name: value for name, value in artifact.facts.items() if name != "summary"}
    return IntrinsicPlan(artifact=artifact, **facts)
