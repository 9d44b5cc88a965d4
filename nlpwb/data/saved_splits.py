"""Splits on disk: JSON in which hashes stand for rows, so that another command, or another day, uses the same ones.

    {"format": "nlpwb split 1", "corpus": "reviews.csv", "rows": ["0f3a…", …],
     "splits": [{"name": "holdout", "train": [0, 2, …], "test": [1, …]}]}

``rows`` holds the hash of every row, sorted; the parts count into it from 0.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlpwb.data.corpus import Corpus
from nlpwb.data.fingerprint import row_hash
from nlpwb.data.splits import Split
from nlpwb.data.whole_file import whole_file
from nlpwb.errors import InputError
from nlpwb.files import missing, unreadable

FORMAT = "nlpwb split 1"


def save_split(path: Path, corpus: Corpus, splits: Sequence[Split]) -> None:
    """Write the splits of a corpus, whole or not at all; raises InputError where that cannot be done."""
    hashes = _hashes(corpus)
    order = sorted(range(len(hashes)), key=lambda i: (hashes[i], i))
    place = {i: number for number, i in enumerate(order)}
    content = {
        "format": FORMAT,
        "corpus": corpus.name,
        "rows": [hashes[i] for i in order],
        "splits": [
            {
                "name": split.name,
                "train": sorted(place[i] for i in split.train),
                "test": sorted(place[i] for i in split.test),
            }
            for split in splits
        ],
    }
    with whole_file(path) as file:
        file.write(json.dumps(content).encode() + b"\n")


def load_split(path: Path, corpus: Corpus) -> list[Split]:
    """The saved splits as indices into ``corpus``, whose rows may stand in another order than when they were saved.

    Raises InputError where the file is missing or no split, and where corpus and split do not hold the same rows.
    """
    content = _load(path)
    saved: list[str] = content["rows"]
    waiting: dict[str, list[int]] = {}
    for i, key in enumerate(_hashes(corpus)):
        waiting.setdefault(key, []).append(i)
    for indices in waiting.values():
        indices.reverse()
    index = [waiting[key].pop() if waiting.get(key) else -1 for key in saved]
    lost = index.count(-1)
    way_out = "make the split anew with `nlpwb data split`"
    if lost:
        raise InputError(
            f"{path} finds only {len(saved) - lost:,} of its {len(saved):,} rows in {corpus.name}, which has changed since "
            f"or is read with other options; {way_out}"
        )
    new = sorted(i for indices in waiting.values() for i in indices)
    if new:
        raise InputError(
            f"{corpus.name} holds rows that {path} does not know ({len(new):,}, the first on line {corpus.rows[new[0]]}); "
            f"{way_out}"
        )
    return [
        Split(
            split["name"],
            sorted(index[place] for place in split["train"]),
            sorted(index[place] for place in split["test"]),
        )
        for split in content["splits"]
    ]


def _hashes(corpus: Corpus) -> list[str]:
    labels, groups = corpus.labels, corpus.groups
    return [
        row_hash(text, labels[i] if labels else None, groups[i] if groups else None).hex()
        for i, text in enumerate(corpus.texts)
    ]


def _load(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise missing(path) from None
    except OSError as error:
        raise unreadable(str(path), error) from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        content = None
    if not _is_split(content):
        raise InputError(
            f"{path} is not a split that nlpwb has saved; `nlpwb data split` makes one"
        )
    loaded: dict[str, Any] = content
    return loaded


def _is_split(content: Any) -> bool:
    """Whether the content has the form of a split: known version, places inside ``rows``, none in both parts."""
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        return False
    rows, splits = content.get("rows"), content.get("splits")
    if not isinstance(rows, list) or not isinstance(splits, list):
        return False
    places = set(range(len(rows)))
    for split in splits:
        if not isinstance(split, dict):
            return False
        train, test = split.get("train"), split.get("test")
        if not isinstance(train, list) or not isinstance(test, list):
            return False
        both = [*train, *test]
        if not all(isinstance(place, int) for place in both) or not places.issuperset(both):
            return False
        if len(set(both)) < len(both) or not isinstance(split.get("name"), str):
            return False
    return True
