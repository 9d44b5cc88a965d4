"""Small corpora and designs for the tests of this room."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from nlpwb.cache.store import Cache
from nlpwb.data.corpus import ReadOptions
from nlpwb.records import Comparison
from nlpwb.specs import parse_specs
from nlpwb.workflows.compare import compare
from nlpwb.workflows.design import Design, Sources
from nlpwb.workflows.plans import Plan, make_plan
from nlpwb.workflows.request import Request

_COMMON = ["the", "chair", "came", "with", "four", "legs", "and", "a", "seat", "like", "wood"]
_TELLING = {
    "good": ["fine", "solid", "pretty", "love", "great", "sturdy"],
    "bad": ["broken", "ugly", "cheap", "awful", "returned", "wobbly"],
}
LABELS = tuple(sorted(_TELLING))


def rows(n: int, *, seed: int = 0, noise: float = 0.2) -> list[tuple[str, str]]:
    """n (text, label), labels in turn; a share ``noise`` of the texts speaks like the other label."""
    chance = random.Random(seed)
    found = []
    for i in range(n):
        label = LABELS[i % 2]
        spoken = LABELS[1 - i % 2] if chance.random() < noise else label
        words = chance.choices(_COMMON, k=6) + chance.choices(_TELLING[spoken], k=2)
        chance.shuffle(words)
        found.append((f"{' '.join(words)} {i}0", label))  # a number of its own: no two are equal
    return found


def write_csv(path: Path, content: Iterable[Sequence[str]], header: str = "text,label") -> str:
    """A CSV file; returns its name."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(content)
    return str(path)


def design(
    source: str, *, test: str | None = None, group: str | None = None, **more: Any
) -> Design:
    """A design with plain reading options."""
    options = ReadOptions(group=group)
    return Design(source, options, test=test, test_options=options if test else None, **more)


def plan_for(cache: Cache, wanted: Design) -> Plan:
    """The plan of a design."""
    return make_plan(cache, Sources(wanted), note=lambda _: None)


def compared(cache: Cache, wanted: Design, methods: str, **more: Any) -> Comparison:
    """A comparison of the methods that a string names, separated by spaces."""
    request = Request(wanted, tuple(parse_specs(methods.split())), **more)
    return compare(request, cache=cache)


def cells(root: Path) -> dict[str, tuple[int, str]]:
    """The finished cells of a cache by their hash, with what changes when one is made anew: inode, time of making."""
    import json

    found = {}
    for folder in (root / "cell").glob("[!.]*"):
        manifest = folder / "manifest.json"
        found[folder.name] = (
            manifest.stat().st_ino,
            json.loads(manifest.read_text(encoding="utf-8"))["created"],
        )
    return found
