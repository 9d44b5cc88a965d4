"""How a plan is made: the corpus is read, checked and divided, and what came out is written down."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlpwb.data.bundles import bundles
from nlpwb.data.corpus import Corpus, part_of
from nlpwb.data.findings import Part
from nlpwb.data.fingerprint import row_hash, text_hash
from nlpwb.data.health import check
from nlpwb.data.splits import Split, folds, holdout, subset
from nlpwb.data.strata import Strata, rarest
from nlpwb.data.targets import (
    check_varied,
    label_set,
    numbers_of,
    set_names,
)
from nlpwb.errors import InputError, UsageError
from nlpwb.tasks import Task
from nlpwb.text.scripts import without_spaces
from nlpwb.workflows.design import Design, Sources
from nlpwb.workflows.targets import strata_of, target_array, task_of

SMALL = 2000
FOLDS = 10
"""Below SMALL rows ten folds take the place of one split, whose fifth of the rows would separate nothing.

Ten folds, not five: the interval of Nadeau & Bengio (2003) grows with test rows over training rows, and shrinks with folds.
"""


LEAST_IN_FOLD = 10
"""Documents without which a fold has no correlation, or F1 of sets, to speak of."""
FEW_GROUPS = 150
"""Below this many groups folds, too: a fifth of them is fewer than the thirty that a bootstrap over groups needs."""


@dataclasses.dataclass(frozen=True)
class _Division:
    """How rows are divided: the splits, and the words for it that a protocol shows."""

    kind: str
    splits: list[Split]
    folds: int | None = None
    repeats: int | None = None
    test_size: float | None = None


def write_plan(folder: Path, sources: Sources) -> dict[str, Any]:
    """Write the rows of every run into a folder; returns the facts of the plan.

    Raises:
        InputError: the corpus cannot be compared on; the sentence says why.
        UsageError: the design has no meaning on this corpus.
    """
    design, train, test = sources.design, sources.train, sources.test
    notes = [*train.notes, *(f"test file: {text}" for text in (test.notes if test else ()))]
    _check_there(train, test, design)
    assert train.labels is not None
    task = task_of(design.task, train, notes.append)
    check_varied(task, train.labels, train.rows, name=train.name)
    strata = strata_of(task, train.labels)
    division = _divide(design, train, test, notes, strata)
    tested = part_of(test, division.splits[0].test) if test is not None else None
    labels = _all_labels(task, train, tested)
    warnings = _warnings(train, tested, task)
    fewest = min(len(split.train) for split in division.splits)
    budgets = _budgets(design, fewest, labels, notes, task)
    groups = (tested or train).groups
    drawn_by = train.labels if strata is None else rarest(strata)
    runs = _write_runs(
        folder, design, division.splits, train, test or train, task, labels, budgets, drawn_by
    )
    return {
        "summary": f"{train.name}, {division.kind}, seed {design.seed}",
        "task": task,
        "corpus": train.name,
        "test": test.name if test is not None else None,
        "labels": labels,
        "rows": len(train) + (len(tested) if tested is not None else 0),
        "groups": len(set(groups)) if groups is not None else None,
        "split": division.kind,
        "folds": division.folds,
        "repeats": division.repeats,
        "test_size": division.test_size,
        "runs": runs,
        "warnings": warnings,
        "notes": notes,
        "pairs": train.pairs,
    }


def _write_runs(
    folder: Path,
    design: Design,
    splits: Sequence[Split],
    train: Corpus,
    test: Corpus,
    task: Task,
    labels: Sequence[str],
    budgets: Sequence[int],
    drawn_by: Sequence[str],
) -> list[dict[str, Any]]:
    """Write the arrays of each split; ``test`` is the corpus that the test rows are rows of.

    ``drawn_by`` names for each training document the stratum by which the rows of a budget are drawn.
    """
    import numpy as np

    assert test.labels is not None
    group_number = {group: place for place, group in enumerate(sorted(set(test.groups or ())))}
    train_hashes = _row_hashes(train)
    test_hashes = _row_hashes(test) if test is not train else train_hashes
    runs = []
    for i, split in enumerate(splits):
        np.save(folder / f"train-{i}.npy", np.array(split.train, dtype=np.int64))
        np.save(folder / f"test-{i}.npy", np.array(split.test, dtype=np.int64))
        truth = target_array(task, [test.labels[row] for row in split.test], labels)
        if task == "classify":
            truth = truth.astype(np.int32)
        np.save(folder / f"truth-{i}.npy", truth)
        if test.groups is not None:
            of_rows = [group_number[test.groups[row]] for row in split.test]
            np.save(folder / f"groups-{i}.npy", np.array(of_rows, dtype=np.int32))
        digests = {}
        for budget in budgets:
            # another draw for every fold: the same rows in all of them would hide how much a draw matters
            rows = subset(
                split.train, drawn_by, n=budget, seed=design.seed + 1000 * i, texts=train.texts
            )
            np.save(folder / f"budget-{budget}-{i}.npy", np.array(rows, dtype=np.int64))
            digests[budget] = _digest(train_hashes, rows)
        runs.append(
            {
                "name": split.name,
                "train_digest": _digest(train_hashes, split.train),
                "test_digest": _digest(test_hashes, split.test),
                "train_rows": len(split.train),
                "test_rows": len(split.test),
                "budgets": digests,
            }
        )
    return runs


def _all_labels(task: Task, train: Corpus, tested: Corpus | None) -> list[str]:
    """The labels that may be said; none where numbers are.

    Raises:
        InputError: a label of the test file is in no training document, or is no number.
    """
    assert train.labels is not None
    cells = (tested.labels if tested is not None else None) or []
    if task == "classify":
        return sorted({*train.labels, *cells})
    if task == "regression":
        if tested is not None:
            numbers_of(cells, tested.rows, name=tested.name)
        return []
    labels = set_names(train.labels)
    if tested is not None:
        for cell, row in zip(cells, tested.rows, strict=True):
            unknown = sorted(label_set(cell) - set(labels))
            if unknown:
                raise InputError(
                    f"{tested.name}, line {row}: no training document has the label {unknown[0]!r}, "
                    f"so no method can say it; {train.name} has {', '.join(labels)}"
                )
    return labels


def _warnings(train: Corpus, tested: Corpus | None, task: Task) -> list[str]:
    """What a reader of the figures must know of the corpora.

    Raises:
        InputError: no sound result can come out.
    """
    warnings = []
    said: dict[str, Part] = {}
    for finding in check(train, tested, task=task):
        if finding.severity == "error":
            name = train.name if tested is None or finding.part == "train" else tested.name
            raise InputError(f"{name}: {finding.message}; `nlpwb data check` shows the rows")
        # what is said of the training part need not be said of the test part again
        if (
            finding.severity == "warning"
            and said.setdefault(finding.code, finding.part) == finding.part
        ):
            warnings.append(finding.message)
    advice = without_spaces(train.texts)
    return [*warnings, advice.sentence] if advice is not None else warnings


def _check_there(train: Corpus, test: Corpus | None, design: Design) -> None:
    for corpus, option in ((train, "--label"), (test, "--test-label")):
        if corpus is None:
            continue
        if corpus.labels is None:
            way = (
                f"leave --task {design.task or 'classify'} out"
                if corpus is train
                else "give a labelled corpus"
            )
            raise InputError(
                f"{corpus.name} has no labels to compare methods by; name their column with "
                f"{option} COL, or {way}"
            )
        if not any(text.strip() for text in corpus.texts):
            raise InputError(f"{corpus.name} holds no text at all; look at its text column")
    if design.options.group is not None and test is not None and test.groups is None:
        raise InputError(f"{test.name} has no column {design.options.group!r} to group by")


def _divide(
    design: Design, train: Corpus, test: Corpus | None, notes: list[str], strata: Strata | None
) -> _Division:
    """The splits: as asked for, or by the corpus's size.

    Raises:
        InputError: the corpus cannot be divided so.
        UsageError: folds are to be repeated, and there are none.
    """
    if test is not None:
        return _Division("file", [_file_split(train, test, design, notes)])
    k, test_size = design.folds, design.test_size
    if k is None and test_size is None:
        groups = len(set(train.groups)) if train.groups is not None else None
        if len(train) < SMALL or (groups is not None and groups < FEW_GROUPS):
            k = _natural_folds(train, strata)
            few = f"{len(train):,} rows" if len(train) < SMALL else f"{groups:,} groups"
            notes.append(
                f"{few} are few: {k} folds in place of one split "
                "(--test-size 0.2 for one, --folds for another number)"
            )
        elif design.repeats > 1:
            raise UsageError(
                f"--repeats repeats folds, and {len(train):,} rows are divided once; add --folds 5"
            )
        else:
            test_size = 0.2
    if k is not None:
        splits = folds(train, k=k, repeats=design.repeats, seed=design.seed, strata=strata)
        return _Division("folds", splits, folds=k, repeats=design.repeats)
    assert test_size is not None
    split = holdout(train, test_size=test_size, seed=design.seed, strata=strata)
    return _Division("holdout", [split], test_size=test_size)


def _natural_folds(corpus: Corpus, strata: Strata | None) -> int:
    """As many folds as every label, and the groups, can stand in: at most FOLDS, at least two."""
    groups = len(set(corpus.groups)) if corpus.groups is not None else FOLDS
    if strata is not None:
        return max(2, min(FOLDS, groups, len(bundles(corpus)) // LEAST_IN_FOLD))
    reach = Counter(label for bundle in bundles(corpus) for label in set(bundle.labels))
    return max(2, min(FOLDS, groups, *reach.values()))


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


def _budgets(
    design: Design, train_rows: int, labels: Sequence[str], notes: list[str], task: Task
) -> list[int]:
    """The budgets that can be drawn; a note says which cannot.

    Raises:
        UsageError: one is smaller than the number of labels, or all are larger than the training part.
    """
    for budget in design.budgets:
        if task == "classify" and budget < len(labels):
            raise UsageError(
                f"--budget {budget} is less than one row for each of the {len(labels)} labels; "
                f"give {len(labels)} or more"
            )
    fitting = [budget for budget in design.budgets if budget < train_rows]
    if design.budgets and not fitting:
        raise UsageError(
            f"--budget: the training part has {train_rows:,} rows; give numbers below that"
        )
    for budget in design.budgets:
        if budget not in fitting:
            notes.append(
                f"--budget {budget:,} left out: the training part has {train_rows:,} rows, "
                "and all of them are in the curve anyway"
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
