"""What the networks of a comparison said while they trained, as far as a reader of its table should know."""

from __future__ import annotations

from collections.abc import Iterable

from nlpwb.cache.store import Artifact

_TOLD = ("were cut at", "no tuning part", "embeddings=", "could not be written", "does not fit")
"""Words by which a note is known that concerns the figures; vocabulary and precision stand in the log."""


def told(method: str, cells: Iterable[Artifact]) -> list[str]:
    """Notes on a method, each once: of its first cell that has any, since folds and seeds say nearly the same."""
    for cell in cells:
        notes = [note for note in cell.facts.get("notes", ()) if any(w in note for w in _TOLD)]
        if notes:
            return [f"{method}: {note}" for note in dict.fromkeys(notes)]
    return []
