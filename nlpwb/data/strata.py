"""Parts with the same mixture of everything: iterative stratification for documents that have several labels, or a number.

Sechidis, Tsoumakas & Vlahavas 2011, "On the stratification of multi-label data", ECML PKDD, figure 1: labels are dealt out from
the rarest to the most frequent, each document to the part that needs its label most. Here whole bundles are dealt (documents
of one group or one text), the larger first, and lots drawn from hashes settle what is equal, so that the order of a file
changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence

from nlpwb.data.bundles import Bundle

BINS = 10
_LEAST_IN_BIN = 5

Strata = Sequence[Collection[str]]
"""What is to be spread evenly, for each document: its labels, or the part of the range in which its number stands."""


def number_strata(numbers: Sequence[float]) -> list[tuple[str]]:
    """Tenths (fewer of few numbers) of the range by rank; equal numbers stand in the same one."""
    bins = max(1, min(BINS, len(numbers) // _LEAST_IN_BIN))
    first: dict[float, int] = {}
    for rank, value in enumerate(sorted(numbers)):
        first.setdefault(value, rank)
    return [(f"{first[value] * bins // len(numbers)}",) for value in numbers]


def rarest(strata: Strata) -> list[str]:
    """Of each document the stratum that is rarest over all; empty where it has none."""
    counts = Counter(name for names in strata for name in names)
    return [min(names, key=lambda name: (counts[name], name), default="") for names in strata]


def deal(
    found: Sequence[Bundle],
    strata: Strata,
    shares: Sequence[float],
    *,
    draw: Callable[[bytes], bytes],
) -> list[list[int]]:
    """Rows, rising, of each part: as near to these shares of all rows, and of every stratum, as bundles allow.

    ``draw`` gives the lot of a key.
    """
    names = [Counter(name for row in bundle.rows for name in strata[row]) for bundle in found]
    whole = sum(names, Counter())
    rows = sum(len(bundle.rows) for bundle in found)
    room = [share * rows for share in shares]
    wanted = {name: [share * n for share in shares] for name, n in whole.items()}
    parts: list[list[int]] = [[] for _ in shares]
    lots = [draw(bundle.key) for bundle in found]
    order = sorted(range(len(found)), key=lambda b: (-len(found[b].rows), lots[b]))
    holding: dict[str, list[int]] = {}
    for b in order:
        for name in names[b]:
            holding.setdefault(name, []).append(b)
    left = Counter({name: len(members) for name, members in holding.items()})
    free = set(order)

    def place(b: int, need: Sequence[float]) -> None:
        part = max(
            range(len(parts)), key=lambda p: (need[p], room[p], draw(lots[b] + bytes([p % 256])))
        )
        parts[part].extend(found[b].rows)
        room[part] -= len(found[b].rows)
        free.discard(b)
        for name, n in names[b].items():
            wanted[name][part] -= n
            left[name] -= 1

    while +left:
        name = min(+left, key=lambda one: (left[one], one))
        for b in holding[name]:
            if b in free:
                place(b, wanted[name])
        del left[name]
    for b in order:
        if b in free:
            place(b, room)
    return [sorted(part) for part in parts]
