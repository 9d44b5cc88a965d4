"""Options of the baselines."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class MajorityConfig:
    """The most frequent label needs no option."""
