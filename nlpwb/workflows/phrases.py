"""The words in which a comparison answers, and what it takes to recommend another method than the best."""

from __future__ import annotations

import math
from collections.abc import Sequence

WORTH_NAMING = 2.0
"""A method among equals is recommended over the best when it costs less than half: below that, times are noise."""
WORTH_SAVING = 1.0
"""… and saves this many seconds of fitting and of work on the test part."""


def others(methods: int) -> str:
    """All methods but one: ``the other one``, ``each of the 4 others``."""
    return "the other one" if methods == 1 else f"each of the {methods} others"


def times(ratio: float) -> str:
    """``2.5 times cheaper``; ``far cheaper`` than what costs nothing."""
    if not math.isfinite(ratio):
        return "far cheaper"
    return f"{ratio:.1f} times cheaper" if ratio < 10 else f"{ratio:,.0f} times cheaper"


def listed(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``; from four on their number."""
    if len(names) > 3:
        return f"{len(names)} other methods"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def no_cheaper(names: Sequence[str]) -> str:
    """That none of these is worth taking for its cost."""
    return "it does not cost much less" if len(names) == 1 else "none of them costs much less"
