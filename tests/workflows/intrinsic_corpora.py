"""Corpora without labels whose answers are known, for the tests of comparisons without labels."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from nlpwb.cache.store import Cache
from nlpwb.data.corpus import ReadOptions
from nlpwb.records_intrinsic import IntrinsicComparison
from nlpwb.workflows.design import Design, Sources
from nlpwb.workflows.intrinsic.compare import compare_without_labels
from nlpwb.workflows.intrinsic.plan import IntrinsicPlan, make_plan
from nlpwb.workflows.intrinsic.request import IntrinsicRequest, representations

COMMON = ["the", "chair", "came", "with", "four", "legs", "and", "seat", "like", "wood"]


def topics(n: int, *, seed: int = 0, words: int = 24, subjects: int = 40) -> list[str]:
    """n documents: every other word is one of two that this document speaks of, the rest is common to all."""
    chance = random.Random(seed)
    found = []
    for _ in range(n):
        subject = [f"subject{number}" for number in chance.sample(range(subjects), 2)]
        pairs = [(chance.choice(COMMON), chance.choice(subject)) for _ in range(words // 2)]
        found.append(" ".join(word for pair in pairs for word in pair))
    return found


def write_lines(path: Path, texts: list[str]) -> str:
    """A file with a document a line; returns its name."""
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return str(path)


def design(source: str, *, group: str | None = None, **more: Any) -> Design:
    """A design that leaves labels out of account."""
    return Design(source, ReadOptions(group=group, labelled=False), **more)


def plan_of(folder: Path, wanted: Design) -> tuple[IntrinsicPlan, Sources]:
    """The plan of a design, and the corpus that its rows are rows of."""
    sources = Sources(wanted)
    return make_plan(Cache(folder / "cache"), sources, note=lambda _: None), sources


def compared(cache: Cache, wanted: Design, methods: str, **more: Any) -> IntrinsicComparison:
    """A comparison of the methods that a string names, separated by spaces."""
    specs = tuple(representations(methods.split(), reason="no labels"))
    request = IntrinsicRequest(wanted, specs, **more)
    return compare_without_labels(request, cache=cache)
