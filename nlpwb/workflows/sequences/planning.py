"""How texts and pairs are divided into a part that trains and one that tests, and what a reader must know of both."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from nlpwb.data.corpus import Corpus
from nlpwb.data.fingerprint import text_hash
from nlpwb.data.pairs import Pairs
from nlpwb.data.splits import holdout
from nlpwb.errors import InputError, UsageError
from nlpwb.workflows.language.texts import Texts, split_at

TEST_SIZE = 0.1
TEST_PAIRS = 2_000
"""No more pairs than these are held out by lot: each method translates all of them."""
FEW_BLOCKS = 30
FEW_PAIRS = 100
LONG_ENOUGH = 100
"""Bytes from which a line or a document that stands in both parts is no commonplace."""
REPEATED = 0.01


def plan_texts(texts: Texts, test: Texts | None, *, test_size: float | None) -> dict[str, Any]:
    """The facts of a plan for language models: a model reads on, so the end of the texts, in order, is the test part.

    Raises:
        InputError: there is one document only, or the parts are not of one kind.
    """
    share, place, held = None, None, test
    trained = texts
    if held is None:
        share = _share(test_size, TEST_SIZE)
        trained, held = split_at(texts, share)
        place = len(trained)
    elif held.running != texts.running:
        kinds = {True: "one running text", False: "documents that stand apart"}
        raise InputError(
            f"{texts.name} is {kinds[texts.running]} and {held.name} is {kinds[held.running]}; give both in the same format"
        )
    units = _blocks(held)
    warnings = [*_few_blocks(units), *_repeated(trained, held)]
    return {
        "summary": f"{texts.name}, for language models",
        "task": "lm",
        "corpus": texts.name,
        "test": test.name if test is not None else None,
        "split": "end" if test is None else "file",
        "test_size": share,
        "running": texts.running,
        "train_rows": len(trained),
        "test_rows": len(held),
        "train_bytes": sum(trained.bytes_of),
        "test_bytes": sum(held.bytes_of),
        "units": units,
        "place": place,
        "digests": {
            "train": _digest([str(trained.running), *trained.pieces]),
            "test": _digest([str(held.running), *held.pieces]),
        },
        "warnings": warnings,
        "notes": [*texts.notes, *(test.notes if test is not None else ())],
    }


def plan_pairs(
    folder: Path, pairs: Pairs, test: Pairs | None, *, test_size: float | None, seed: int
) -> dict[str, Any]:
    """The facts of a plan for translators; without a test file the rows of both parts are written into the folder.

    Pairs that share a source or a target, up to case and white space, stand on the same side.

    Raises:
        InputError: all pairs hang together.
    """
    import numpy as np

    share = None
    if test is None:
        share = _share(test_size, min(TEST_SIZE, TEST_PAIRS / len(pairs)))
        rows = _divide(pairs, share=share, seed=seed)
        for name, numbers in rows.items():
            np.save(folder / f"{name}.npy", np.array(numbers, dtype=np.int64))
        parts = {name: _texts_of(pairs, numbers) for name, numbers in rows.items()}
    else:
        parts = {"train": _texts_of(pairs, None), "test": _texts_of(test, None)}
    count = len(parts["test"])
    return {
        "summary": f"{pairs.name}, for translators, seed {seed}",
        "task": "translate",
        "corpus": pairs.name,
        "test": test.name if test is not None else None,
        "split": "holdout" if test is None else "file",
        "test_size": share,
        "running": None,
        "train_rows": len(parts["train"]),
        "test_rows": count,
        "train_bytes": None,
        "test_bytes": None,
        "units": count,
        "place": None,
        "digests": {
            name: _digest(text for pair in texts for text in pair) for name, texts in parts.items()
        },
        "warnings": [*_few_pairs(count), *_known_sources(parts["train"], parts["test"])],
        "notes": [*pairs.notes, *(test.notes if test is not None else ())],
    }


def _share(asked: float | None, usual: float) -> float:
    share = usual if asked is None else asked
    if not 0 < share < 1:
        raise UsageError(f"--test-size must be between 0 and 1, got {share:g}")
    return share


def _blocks(texts: Texts) -> int:
    """How many blocks the scores of texts will have."""
    import numpy as np

    from nlpwb.workflows.language.blocks import blocks_of
    from nlpwb.workflows.language.model import TextScores

    sizes = np.asarray(texts.bytes_of, dtype=np.int64)
    return len(blocks_of(TextScores(np.zeros(len(sizes)), np.zeros_like(sizes), sizes)).bytes)


def _few_blocks(units: int) -> list[str]:
    if units >= FEW_BLOCKS:
        return []
    have = "is one block" if units == 1 else f"has {units} blocks"
    return [
        f"the test text {have} of about 1,000 bytes, and intervals over fewer than {FEW_BLOCKS} are rough; give a longer "
        "text, or a larger --test-size"
    ]


def _repeated(train: Texts, test: Texts) -> list[str]:
    """Whether much of the test text stands in the training text, word for word."""
    pairs = list(zip(test.pieces, test.bytes_of, strict=True))
    long = {piece for piece, size in pairs if size >= LONG_ENOUGH}
    known = long.intersection(train.pieces)
    repeated = sum(size for piece, size in pairs if piece in known)
    share = repeated / sum(test.bytes_of)
    if share < REPEATED:
        return []
    what = "lines" if test.running else "documents"
    return [
        f"{100 * share:.0f} % of the test text are {what} that stand in the training text word for word: every figure is too good"
    ]


def _divide(pairs: Pairs, *, share: float, seed: int) -> dict[str, list[int]]:
    targets = [text_hash(text).hex() for text in pairs.targets]
    if len(set(targets)) < 2:
        raise InputError(
            f"{pairs.name}: all targets are the same, so there is nothing to compare; give a test file, or more pairs"
        )
    corpus = Corpus(
        name=pairs.name,
        texts=pairs.sources,
        labels=None,
        groups=targets,
        rows=pairs.rows,
        notes=(),
        skipped=0,
        fingerprint=pairs.fingerprint,
    )
    split = holdout(corpus, test_size=share, seed=seed)
    if not split.test or not split.train:
        raise InputError(
            f"{pairs.name}: its pairs share so many texts that they cannot be divided; give a test file, or more pairs"
        )
    return {"train": split.train, "test": split.test}


def _texts_of(pairs: Pairs, rows: Sequence[int] | None) -> list[tuple[str, str]]:
    numbers = range(len(pairs)) if rows is None else rows
    return [(pairs.sources[row], pairs.targets[row]) for row in numbers]


def _few_pairs(count: int) -> list[str]:
    if count >= FEW_PAIRS:
        return []
    return [
        f"{count} test pairs are few: only large differences show; give more pairs, or a larger --test-size"
    ]


def _known_sources(train: Sequence[tuple[str, str]], test: Sequence[tuple[str, str]]) -> list[str]:
    known = {text_hash(source) for source, _ in train}
    count = sum(text_hash(source) in known for source, _ in test)
    if not count:
        return []
    return [
        f"{count:,} of the {len(test):,} test sources also stand in the training pairs: they are remembered, not translated"
    ]


def _digest(texts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()
