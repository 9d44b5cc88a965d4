"""What went wrong, and the way out.

Every error that a user can cause is an :class:`NlpwbError` whose message is one sentence: it names the thing and the place,
and ends in the way out. ``main`` turns it into one line on stderr and the exit code below; anything else that escapes is a
bug of ours and is shown as one.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class NlpwbError(Exception):
    """The input or the request cannot be served (exit code 1)."""

    exit_code = 1


class InputError(NlpwbError):
    """A corpus, a file or a row cannot be used as it is."""


class MethodError(NlpwbError):
    """A method cannot be fitted on, or applied to, these documents."""


class ModelError(NlpwbError):
    """A model folder is missing something, damaged, or of another kind than the command needs."""


class CacheError(NlpwbError):
    """The cache cannot be read or written."""


class UsageError(NlpwbError):
    """The command line or a spec says something that has no meaning (exit code 2)."""

    exit_code = 2


class GateMissed(NlpwbError):
    """A quality gate (``--fail-under``) was missed (exit code 3)."""

    exit_code = 3


class SomeFailed(NlpwbError):
    """Some methods failed; the others were printed (exit code 4)."""

    exit_code = 4


class Interrupted(NlpwbError):
    """Ctrl-C; the sentence says what is left of the work (exit code 130)."""

    exit_code = 130


def nearest(name: str, known: Iterable[str]) -> str:
    """The way out of a misspelling: the nearest known name, else all of them.

    >>> nearest("tfdif", ["bow", "tfidf"])
    'did you mean tfidf?'
    >>> nearest("zzz", ["bow", "tfidf"])
    'there are: bow, tfidf'
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"there are: {', '.join(names)}" if names else "there are none"
