"""One thing that a health check has found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
Part = Literal["train", "test", "across"]

_EXAMPLES = 5


@dataclass(frozen=True)
class Finding:
    """What was found, how often, and where.

    ``code`` names the kind and never changes; ``count`` is of rows, and ``share`` (0 to 1) theirs of the part; ``examples`` are
    rows, as ``Corpus.rows`` numbers them, of the part that ``part`` names (of the test part where it is ``across``).
    """

    severity: Severity
    code: str
    message: str
    count: int
    share: float
    examples: tuple[int, ...]
    part: Part = "train"


def found(
    severity: Severity, code: str, part: Part, rows: Sequence[int], total: int, message: str
) -> Finding:
    """A finding about these rows of ``total``.

    In the message ``{n}`` becomes their number, ``{share}`` theirs in percent, and of ``[rows are|row is]`` the word that fits.
    """
    share = len(rows) / total
    said = message.replace("{n}", f"{len(rows):,}").replace("{share}", percent(share))
    said = re.sub(r"\[([^|\]]*)\|([^\]]*)\]", r"\2" if len(rows) == 1 else r"\1", said)
    return Finding(severity, code, said, len(rows), share, tuple(rows[:_EXAMPLES]), part)


def percent(share: float) -> str:
    """A share as people read it; what is there is never shown as 0 %, nor what is not all as 100 %."""
    value = 100 * share
    if 0 < value < 0.1:
        return "under 0.1 %"
    if 99.9 < value < 100:
        return "over 99.9 %"
    return f"{value:.1f} %"
