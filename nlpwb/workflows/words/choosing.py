"""Which words of a table a person means: typed, from a file, the most frequent, or those around one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.errors import InputError, UsageError
from nlpwb.workflows.words.asking import Asked, UnknownWord, look_up

if TYPE_CHECKING:
    from nlpwb.vectors.table import Floats, WordVectors


@dataclass(frozen=True)
class Wanted:
    """What the command line asked for: one of the three, words apart by commas or ``@FILE`` with a word a line."""

    words: str | None = None
    top: int | None = None
    around: str | None = None
    k: int = 40


@dataclass(frozen=True)
class Chosen:
    """Words with their vectors, float32 (n, dim) of length 1, and their counts where the table has them."""

    words: list[str]
    units: Floats
    counts: list[int | None]


def choose(
    table: WordVectors,
    source: str,
    wanted: Wanted,
    *,
    least: int,
    warn: Callable[[str], None],
) -> Chosen:
    """The words that were asked for, ``least`` of them at least; ``source`` names the table in sentences.

    A word without a direction (all zeros, or numbers that are not finite) is left out, and it is said.

    Raises:
        UsageError: none or more than one way to choose was given.
        InputError: an unknown word, fewer than ``least`` words, or a list that cannot be read.
    """
    import numpy as np

    from nlpwb.vectors.table import lengths

    words = list(dict.fromkeys(_words(table, source, wanted, warn)))
    vectors = np.zeros((len(words), table.dimensions), dtype=np.float32)
    for line, word in zip(vectors, words, strict=True):
        line[:] = table.vector(word)
    norms = lengths(vectors)
    finite = np.isfinite(norms)
    for left_out, why in ((norms == 0, "all zeros"), (~finite, "not finite")):
        names = [words[place] for place in np.flatnonzero(left_out)]
        if names:
            warn(f"left out, because their vectors are {why}: {some(names)}")
    kept = np.flatnonzero((norms > 0) & finite)
    words = [words[place] for place in kept]
    if len(words) < least:
        raise InputError(
            f"{len(words)} {'word is' if len(words) == 1 else 'words are'} too few, {least} are needed; "
            "name more in --words, or take --top 300"
        )
    counts = [
        int(table.counts[table.numbers[word]])
        if table.counts is not None and word in table.numbers
        else None
        for word in words
    ]
    return Chosen(words, vectors[kept] / norms[kept, None], counts)


def known_word(
    table: WordVectors, source: str, word: str, *, warn: Callable[[str], None] = lambda _: None
) -> str:
    """A word as the table spells it, found as by every question; that subwords had to build its vector is said.

    Raises:
        UnknownWord: there is no vector for it.
    """
    table.numbers  # noqa: B018 - made once: many look-ups follow
    known = look_up(Asked(source, table, batch=False), word)
    if known.row is None and known.note:
        warn(known.note)
    return known.word


def typed_words(text: str) -> list[str]:
    """Words apart by commas, or from ``@FILE``, a word a line; empty ones are left out.

    Raises:
        InputError: the file cannot be read.
    """
    if not text.startswith("@"):
        found = text.split(",")
    else:
        try:
            found = Path(text[1:]).read_text(encoding="utf-8-sig").splitlines()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InputError(f"--words {text}: {reason}; name a file with a word a line") from None
        except UnicodeDecodeError as error:
            raise InputError(
                f"--words {text}: byte {error.start} is no UTF-8; save the list as UTF-8"
            ) from None
    return [word.strip() for word in found if word.strip()]


def _words(
    table: WordVectors, source: str, wanted: Wanted, warn: Callable[[str], None]
) -> Sequence[str]:
    given = [
        name
        for name, value in (
            ("--words", wanted.words),
            ("--top", wanted.top),
            ("--around", wanted.around),
        )
        if value is not None
    ]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} contradict each other; give one")
    if wanted.words is not None:
        return known_words(table, source, wanted.words, warn=warn)
    if wanted.around is not None:
        word = known_word(table, source, wanted.around, warn=warn)
        return [word, *neighbors_of(table, word, wanted.k)]
    if wanted.top is None:
        raise UsageError("say which words: --words king,queen,… or --top 300 (or --words @FILE)")
    return table.words[: wanted.top]


def known_words(
    table: WordVectors, source: str, text: str, *, warn: Callable[[str], None]
) -> list[str]:
    """The words of :func:`typed_words` as the table spells them; of a list in a file those that it knows, and it is said.

    Raises:
        InputError: a typed word is not known, or the list cannot be read.
    """
    found, unknown = [], []
    for word in typed_words(text):
        try:
            found.append(known_word(table, source, word, warn=warn))
        except UnknownWord:
            if not text.startswith("@"):
                raise
            unknown.append(word)
    if unknown:
        warn(f"left out, because {source} does not know them: {some(unknown)}")
    return found


def neighbors_of(table: WordVectors, word: str, k: int) -> list[str]:
    """The ``k`` words nearest to one by cosine, nearest first."""
    vector = table.vector(word)
    assert vector is not None
    ((*found,),) = nearest_words(table, vector[None, :], k=k, without=[word])
    return [name for name, _ in found]


def nearest_words(
    table: WordVectors, queries: Floats, *, k: int, without: Sequence[str]
) -> list[list[tuple[str, float]]]:
    """The ``k`` words nearest to each of ``queries`` (m, dim), with their cosines; each query's own word ``without`` it."""
    from nlpwb.vectors.neighbors import nearest

    own = [[table.numbers[word]] if word in table.numbers else [] for word in without]
    rows, cosines = nearest(table, queries, k=k, exclude=own)
    return [
        [(table.words[row], cosine) for row, cosine in zip(line, values, strict=True) if row >= 0]
        for line, values in zip(rows.tolist(), cosines.tolist(), strict=True)
    ]


def some(words: Sequence[str]) -> str:
    """The first few of a list, and how many more there are."""
    more = f" and {len(words) - 8:,} more" if len(words) > 8 else ""
    return ", ".join(words[:8]) + more
