"""How a plan without labels is made: the corpus is checked and divided, queries are chosen, words are counted."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from nlpwb.data.corpus import Corpus
from nlpwb.data.fingerprint import row_hash, text_hash
from nlpwb.data.health import check
from nlpwb.data.splits import holdout
from nlpwb.errors import InputError
from nlpwb.text.scripts import without_spaces
from nlpwb.text.words import words
from nlpwb.workflows.design import Sources
from nlpwb.workflows.intrinsic.halving import Unit, length

TEST_SIZE = 0.2
HELD_OUT = 10_000
"""A fifth of the documents is held out, and no more than these: they are for asking, the others for learning."""
QUERIES = 5_000
LEAST_UNITS: dict[Unit, tuple[int, ...]] = {"words": (20, 10, 6), "characters": (40, 20, 12)}
"""What a document needs to be cut in two: the first of these that ENOUGH documents reach, or nearly all that can reach any."""
ENOUGH = 100
NEARLY_ALL = 0.9
FEW_GROUPS = 30
LEAST_COUNTS = (5, 3, 2)
"""How often a reference word stands in both halves: the first of these that leaves ENOUGH_WORDS, else the last."""
ENOUGH_WORDS = 1_000
REFERENCE = 20_000
PROBES = 1_000


def write_plan(folder: Path, sources: Sources) -> dict[str, Any]:
    """Write the rows of every part into a folder; returns the facts of the plan.

    Raises:
        InputError: the corpus cannot be divided, or too few held-out documents are long enough to be cut in two.
    """
    import numpy as np

    design = sources.design
    corpus = dataclasses.replace(sources.train, labels=None)
    if not any(text.strip() for text in corpus.texts):
        raise InputError(f"{corpus.name} holds no text at all; look at its text column")
    warnings = _health(corpus)
    advice = without_spaces(corpus.texts)
    unit: Unit = "words" if advice is None else "characters"
    share = design.test_size
    if share is None:
        share = min(TEST_SIZE, HELD_OUT / len(corpus))
    split = holdout(corpus, test_size=share, seed=design.seed)
    within = holdout(_part(corpus, split.train), test_size=0.5, seed=design.seed)
    parts = {
        "train": split.train,
        "half-a": [split.train[row] for row in within.train],
        "half-b": [split.train[row] for row in within.test],
    }
    queries, least_units = _queries(corpus, split.test, unit, seed=design.seed)
    if len(queries) < ENOUGH:
        warnings.append(
            f"{len(queries):,} held-out documents are few to ask for their other half: only large "
            "differences show; give more documents or a larger --test-size"
        )
    reference, least_count = _reference(corpus.texts, parts["half-a"], parts["half-b"])
    for name, rows in {**parts, "held-out": split.test, "queries": queries}.items():
        np.save(folder / f"{name}.npy", np.array(rows, dtype=np.int64))
    groups = None
    if corpus.groups is not None:
        _, numbers = np.unique([corpus.groups[row] for row in queries], return_inverse=True)
        np.save(folder / "groups.npy", numbers.astype(np.int64))
        groups = int(numbers.max()) + 1
        if groups < 2:
            raise InputError(
                f"{corpus.name}: the {len(queries):,} documents that are asked belong to one group, and an "
                "interval over groups needs two at least; leave --group-col out"
            )
        if groups < FEW_GROUPS:
            warnings.append(
                f"the documents that are asked come from {groups} groups: intervals over fewer than "
                f"{FEW_GROUPS} are too narrow"
            )
    (folder / "reference.json").write_text(json.dumps(reference), encoding="utf-8")
    digests = {name: _digest(corpus.texts[row] for row in rows) for name, rows in parts.items()}
    asked = [*(corpus.texts[row] for row in (*queries, *split.test)), unit, *reference]
    return {
        "summary": f"{corpus.name}, without labels, seed {design.seed}",
        "corpus": corpus.name,
        "rows": len(corpus),
        "train_rows": len(split.train),
        "held_out_rows": len(split.test),
        "half_rows": [len(parts["half-a"]), len(parts["half-b"])],
        "test_size": share,
        "queries": len(queries),
        "queries_cap": QUERIES,
        "unit": unit,
        "least_units": least_units,
        "groups": groups,
        "reference_words": len(reference),
        "probe_words": min(PROBES, len(reference)),
        "least_count": least_count,
        "digests": {**digests, "question": _digest(asked)},
        "warnings": [*warnings, advice.sentence] if advice is not None else warnings,
        "notes": [line for line in corpus.notes if "label" not in line],
    }


def _health(corpus: Corpus) -> list[str]:
    """What a reader of the figures must know of the corpus.

    Raises:
        InputError: no sound result can come out.
    """
    findings = check(corpus)
    for finding in findings:
        if finding.severity == "error":
            raise InputError(f"{corpus.name}: {finding.message}; `nlpwb data check` shows the rows")
    return [finding.message for finding in findings if finding.severity == "warning"]


def _part(corpus: Corpus, rows: Sequence[int]) -> Corpus:
    groups = corpus.groups
    return dataclasses.replace(
        corpus,
        texts=[corpus.texts[row] for row in rows],
        groups=[groups[row] for row in rows] if groups is not None else None,
        rows=[corpus.rows[row] for row in rows],
    )


def _queries(
    corpus: Corpus, held_out: Sequence[int], unit: Unit, *, seed: int
) -> tuple[list[int], int]:
    """Held-out rows that are long enough, each text once, QUERIES at most by lot; and how long that is.

    Raises:
        InputError: there are fewer than two.
    """
    first: dict[bytes, int] = {}
    for row in held_out:
        first.setdefault(text_hash(corpus.texts[row]), row)
    lengths = {key: length(corpus.texts[row], unit) for key, row in first.items()}
    reached = {limit: sum(n >= limit for n in lengths.values()) for limit in LEAST_UNITS[unit]}
    last = LEAST_UNITS[unit][-1]
    enough = max(1, min(ENOUGH, NEARLY_ALL * reached[last]))
    least = next((limit for limit, n in reached.items() if n >= enough), last)
    lots = sorted((_lot(key, seed), key) for key, n in lengths.items() if n >= least)
    if len(lots) < 2:
        raise InputError(
            f"{corpus.name}: {'one' if lots else 'none'} of the {len(held_out):,} documents that are held out has "
            f"{least} {unit} or more, and without labels documents are asked for their other halves; "
            "give longer documents, or more of them"
        )
    return sorted(first[key] for _, key in lots[:QUERIES]), least


def _reference(
    texts: Sequence[str], half_a: Sequence[int], half_b: Sequence[int]
) -> tuple[list[str], int]:
    """The words that both halves hold often enough, the most frequent first, REFERENCE at most; and how often that is."""
    a, b = (_counts(texts[row] for row in rows) for rows in (half_a, half_b))
    least = LEAST_COUNTS[-1]
    for limit in LEAST_COUNTS:
        if sum(n >= limit and b[word] >= limit for word, n in a.items()) >= ENOUGH_WORDS:
            least = limit
            break
    shared = [(-n - b[word], word) for word, n in a.items() if n >= least and b[word] >= least]
    return [word for _, word in sorted(shared)[:REFERENCE]], least


def _counts(texts: Iterable[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(words(text))
    return counts


def _lot(key: bytes, seed: int) -> bytes:
    return hashlib.blake2b(key, salt=b"queries", key=b"%d" % seed, digest_size=16).digest()


def _digest(texts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(row_hash(text, None, None))
    return digest.hexdigest()
