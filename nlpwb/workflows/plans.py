"""The plan of a comparison: which rows train and which test, what is wrong with them; kept, so that a repeated run reads no text.

An artifact of kind ``plan`` holds for each run the rows (``train-0.npy``, ``test-0.npy``, int64 indices), the true labels
(``truth-0.npy``: int32 numbers, bool sets, or float64 numbers) and groups, and in its facts the task, labels, digests, warnings.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.cache.store import Artifact, Cache, Key
from nlpwb.errors import UsageError
from nlpwb.tasks import Task
from nlpwb.workflows.design import Sources

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PLAN_VERSION = (
    4  # 2: budgets drawn anew for every fold; 3: with a task; 4: ranges of numbers as labels are
)


@dataclass(frozen=True)
class Run:
    """One division into training and test rows. ``budgets`` maps a number of training rows to the digest of those rows."""

    name: str
    train_digest: str
    test_digest: str
    train_rows: int
    test_rows: int
    budgets: dict[int, str]


@dataclass(frozen=True)
class Plan:
    """A plan as kept: its artifact and what the facts say.

    ``rows`` counts all documents that take part; ``labels`` is empty where numbers are predicted; ``pairs``: every document is
    two texts.
    """

    artifact: Artifact
    task: Task
    corpus: str
    test: str | None
    labels: tuple[str, ...]
    rows: int
    groups: int | None
    split: str
    folds: int | None
    repeats: int | None
    test_size: float | None
    runs: tuple[Run, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    pairs: bool = False

    def truth(self, run: int) -> NDArray[Any]:
        """What is true of a run's test rows: label numbers int32 (n,), sets bool (n, labels), or numbers float64 (n,)."""
        truth: NDArray[Any] = self._array("truth", run)
        return truth

    def test_groups(self, run: int) -> NDArray[np.int32] | None:
        """Group numbers of a run's test rows, int32 (n,), or None."""
        return None if self.groups is None else self._array("groups", run)

    def train_indices(self, run: int, budget: int | None = None) -> list[int]:
        """Rows of the corpus that a run trains on."""
        name = "train" if budget is None else f"budget-{budget}"
        indices: list[int] = self._array(name, run).tolist()
        return indices

    def test_indices(self, run: int) -> list[int]:
        """Rows that a run tests on: of the test file where there is one, else of the corpus."""
        indices: list[int] = self._array("test", run).tolist()
        return indices

    def _array(self, name: str, run: int) -> Any:
        import numpy as np

        return np.load(self.artifact.path / f"{name}-{run}.npy", allow_pickle=False)


def make_plan(cache: Cache, sources: Sources, *, note: Callable[[str], None]) -> Plan:
    """The plan of a design, from the cache where it is known.

    Raises:
        InputError: the corpus cannot be compared on; the sentence says why.
    """
    design = sources.design
    if design.source == "-" and design.test == "-":
        raise UsageError("standard input can be read once; give --test a file")
    identity = {
        name: value
        for name, value in dataclasses.asdict(design).items()
        if name not in ("source", "options", "test", "test_options")
    }
    key = Key(
        "plan",
        {
            "version": PLAN_VERSION,
            "fingerprints": sources.fingerprints(),
            "names": [Path(design.source).name, Path(design.test).name if design.test else None],
            "design": identity,
        },
    )

    def make(folder: Path) -> dict[str, Any]:
        from nlpwb.workflows.planning import write_plan

        note("reading the corpus and checking it")
        return write_plan(folder, sources)

    artifact = cache.get_or_make(key, make)
    facts = artifact.facts
    return Plan(
        artifact=artifact,
        task=facts["task"],
        corpus=facts["corpus"],
        test=facts["test"],
        labels=tuple(facts["labels"]),
        rows=facts["rows"],
        groups=facts["groups"],
        split=facts["split"],
        folds=facts["folds"],
        repeats=facts["repeats"],
        test_size=facts["test_size"],
        runs=tuple(
            Run(**{**run, "budgets": {int(n): digest for n, digest in run["budgets"].items()}})
            for run in facts["runs"]
        ),
        warnings=tuple(facts["warnings"]),
        notes=tuple(facts["notes"]),
        pairs=facts.get("pairs", False),
    )
