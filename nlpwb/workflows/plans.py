"""The plan of a comparison: which rows train and which test, what is wrong with them; kept, so that a repeated run reads no text.

An artifact of kind ``plan`` holds for each run the rows (``train-0.npy``, ``test-0.npy``, int64 indices), the true labels
(``truth-0.npy``, int32) and groups, and in its facts the labels, digests and warnings.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.cache.store import Artifact, Cache, Key
from nlpwb.data.corpus import Corpus, ReadOptions
from nlpwb.data.fingerprint import fingerprint, row_hash, text_hash
from nlpwb.data.health import check
from nlpwb.data.reading import read_corpus
from nlpwb.data.splits import Split, folds, holdout, subset
from nlpwb.errors import InputError, UsageError
from nlpwb.text.scripts import without_spaces

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PLAN_VERSION = 1
SMALL = 2000
FOLDS = 10
"""Below SMALL rows ten folds take the place of one split, whose fifth of the rows would separate nothing.

Ten folds, not five: the interval of Nadeau & Bengio (2003) grows with test rows over training rows, and shrinks with folds.
"""


@dataclass(frozen=True)
class Design:
    """How rows are divided. ``folds`` None and ``test`` None: chosen by the corpus's size."""

    source: str
    options: ReadOptions
    test: str | None = None
    test_options: ReadOptions | None = None
    test_size: float | None = None
    folds: int | None = None
    repeats: int = 1
    seed: int = 0
    drop_duplicates: bool = False
    budgets: tuple[int, ...] = ()


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
    """A plan as kept: its artifact and what the facts say. ``rows`` counts all documents that take part."""

    artifact: Artifact
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

    def truth(self, run: int) -> NDArray[np.int32]:
        """True label numbers of a run's test rows, int32 (n,)."""
        truth: NDArray[np.int32] = self._array("truth", run)
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


class Sources:
    """The corpora of a design, read when first asked for and then held."""

    def __init__(self, design: Design) -> None:
        self.design = design
        self._train: Corpus | None = None
        self._test: Corpus | None = None

    @property
    def train(self) -> Corpus:
        """The corpus, or its training file."""
        if self._train is None:
            self._train = read_corpus(self.design.source, self.design.options)
        return self._train

    @property
    def test(self) -> Corpus | None:
        """The test file, where there is one."""
        if self.design.test is None:
            return None
        if self._test is None:
            assert self.design.test_options is not None
            self._test = read_corpus(self.design.test, self.design.test_options)
        return self._test

    def fingerprints(self) -> list[str]:
        """What names the bytes and the reading of both; a pipe is read for it, a file is not."""
        found = [self._fingerprint(self.design.source, self.design.options)]
        if self.design.test is not None:
            assert self.design.test_options is not None
            found.append(self._fingerprint(self.design.test, self.design.test_options))
        return found

    def _fingerprint(self, source: str, options: ReadOptions) -> str:
        if source == "-":
            return self.train.fingerprint
        return fingerprint(source, options)


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
        note("reading the corpus and checking it")
        return _write_plan(folder, sources)

    artifact = cache.get_or_make(key, make)
    facts = artifact.facts
    return Plan(
        artifact=artifact,
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
    )


def _write_plan(folder: Path, sources: Sources) -> dict[str, Any]:
    import numpy as np

    design, train, test = sources.design, sources.train, sources.test
    notes = [*train.notes, *(f"test file: {text}" for text in (test.notes if test else ()))]
    _check_labels(train, test, design)
    warnings: list[str] = []
    if test is not None:
        splits = [_file_split(train, test, design, notes)]
        split, k, repeats, test_size = "file", None, None, None
    else:
        assert train.labels is not None
        split, k, repeats, test_size = _division(design, train.labels)
        if split == "folds":
            assert k is not None
            splits = folds(train, k=k, repeats=design.repeats, seed=design.seed)
            if design.folds is None and design.test_size is None:
                notes.append(
                    f"{len(train):,} rows are few: {k} folds in place of one split "
                    "(--test-size 0.2 for one, --folds for another number)"
                )
        else:
            assert test_size is not None
            splits = [holdout(train, test_size=test_size, seed=design.seed)]
    assert train.labels is not None
    test_labels = test.labels if test is not None else train.labels
    assert test_labels is not None
    said: set[str] = set()
    for finding in check(train, test):
        if finding.severity == "error":
            raise InputError(f"{train.name}: {finding.message}; `nlpwb data check` shows the rows")
        # what is said of the training part need not be said of the test part again
        if finding.severity == "warning" and finding.code not in said:
            said.add(finding.code)
            warnings.append(finding.message)
    advice = without_spaces(train.texts)
    if advice is not None:
        warnings.append(advice.sentence)
    labels = sorted({*train.labels, *test_labels})
    number = {label: place for place, label in enumerate(labels)}
    groups = test.groups if test is not None else train.groups
    group_number = {group: place for place, group in enumerate(sorted(set(groups or ())))}
    budgets = _budgets(design, min(len(part.train) for part in splits), labels)
    train_hashes = _row_hashes(train)
    test_hashes = _row_hashes(test) if test is not None else train_hashes
    runs = []
    for i, part in enumerate(splits):
        np.save(folder / f"train-{i}.npy", np.array(part.train, dtype=np.int64))
        np.save(folder / f"test-{i}.npy", np.array(part.test, dtype=np.int64))
        truth = np.array([number[test_labels[row]] for row in part.test], dtype=np.int32)
        np.save(folder / f"truth-{i}.npy", truth)
        if groups is not None:
            of_rows = np.array([group_number[groups[row]] for row in part.test], dtype=np.int32)
            np.save(folder / f"groups-{i}.npy", of_rows)
        digests = {}
        for budget in budgets:
            rows = subset(part.train, train.labels, n=budget, seed=design.seed, texts=train.texts)
            np.save(folder / f"budget-{budget}-{i}.npy", np.array(rows, dtype=np.int64))
            digests[budget] = _digest(train_hashes, rows)
        runs.append(
            {
                "name": part.name,
                "train_digest": _digest(train_hashes, part.train),
                "test_digest": _digest(test_hashes, part.test),
                "train_rows": len(part.train),
                "test_rows": len(part.test),
                "budgets": digests,
            }
        )
    return {
        "summary": f"{train.name}, {split}, seed {design.seed}",
        "corpus": train.name,
        "test": test.name if test is not None else None,
        "labels": labels,
        "rows": len(train) + (len(splits[0].test) if test is not None else 0),
        "groups": len(group_number) if groups is not None else None,
        "split": split,
        "folds": k,
        "repeats": repeats,
        "test_size": test_size,
        "runs": runs,
        "warnings": warnings,
        "notes": notes,
    }


def _check_labels(train: Corpus, test: Corpus | None, design: Design) -> None:
    for corpus, option in ((train, "--label"), (test, "--test-label")):
        if corpus is None:
            continue
        if corpus.labels is None:
            raise InputError(
                f"{corpus.name} has no labels to compare methods by; name their column with "
                f"{option} COL, or give a labelled corpus"
            )
        if not any(text.strip() for text in corpus.texts):
            raise InputError(f"{corpus.name} holds no text at all; look at its text column")
    assert train.labels is not None
    if len(set(train.labels)) < 2:
        raise InputError(
            f"{train.name} has one label only, {train.labels[0]!r}; a comparison needs two or more"
        )
    if design.options.group is not None and test is not None and test.groups is None:
        raise InputError(f"{test.name} has no column {design.options.group!r} to group by")


def _division(
    design: Design, labels: Sequence[str]
) -> tuple[str, int | None, int | None, float | None]:
    """split, folds, repeats, test size: as asked for, or by the corpus's size."""
    if design.folds is not None:
        return "folds", design.folds, design.repeats, None
    if design.test_size is not None:
        return "holdout", None, None, design.test_size
    if len(labels) < SMALL:
        rarest = min(Counter(labels).values())
        return "folds", max(2, min(FOLDS, rarest)), design.repeats, None
    return "holdout", None, None, 0.2


def _file_split(train: Corpus, test: Corpus, design: Design, notes: list[str]) -> Split:
    """All of the corpus trains, all of the test file tests; with ``--drop-duplicates`` only what was not trained on."""
    tested = list(range(len(test)))
    if design.drop_duplicates:
        known = {text_hash(text) for text in train.texts}
        tested = [row for row in tested if text_hash(test.texts[row]) not in known]
        dropped = len(test) - len(tested)
        if not tested:
            raise InputError(
                f"every text of {test.name} also stands in {train.name}; nothing is left to test on"
            )
        notes.append(f"{dropped:,} test rows left out because their text is in the training part")
    return Split("test file", list(range(len(train))), tested)


def _budgets(design: Design, train_rows: int, labels: Sequence[str]) -> list[int]:
    """The budgets that can be drawn.

    Raises:
        UsageError: one is smaller than the number of labels, or all are larger than the training part.
    """
    for budget in design.budgets:
        if budget < len(labels):
            raise UsageError(
                f"--budget {budget} is less than one row for each of the {len(labels)} labels; "
                f"give {len(labels)} or more"
            )
    fitting = [budget for budget in design.budgets if budget < train_rows]
    if design.budgets and not fitting:
        raise UsageError(
            f"--budget: the training part has {train_rows:,} rows; give numbers below that"
        )
    return fitting


def _row_hashes(corpus: Corpus) -> list[bytes]:
    labels: Sequence[str | None] = corpus.labels or [None] * len(corpus)
    return [row_hash(text, label, None) for text, label in zip(corpus.texts, labels, strict=True)]


def _digest(hashes: Sequence[bytes], rows: Sequence[int]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(hashes[row])
    return digest.hexdigest()
