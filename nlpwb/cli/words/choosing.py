"""What ``words cluster`` and ``words plot`` share: which words are meant, and how many clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nlpwb.errors import UsageError

if TYPE_CHECKING:
    from nlpwb.workflows.words.choosing import Wanted

Words = Annotated[
    str | None,
    typer.Option(help="These words, apart by commas; @FILE: a word a line.", metavar="WORDS"),
]
Around = Annotated[
    str | None, typer.Option(help="This word and its nearest neighbours.", metavar="WORD")
]
Neighbours = Annotated[
    int | None,
    typer.Option(
        "-k", help="Neighbours that --around takes; 40 otherwise.", min=1, show_default=False
    ),
]
Clusters = Annotated[
    str,
    typer.Option("--clusters", help="How many; auto: by the mean silhouette.", metavar="N|auto"),
]


def wanted_words(
    words: str | None, top: int | None, *, around: str | None, neighbours: int | None
) -> Wanted:
    """The words that the command line asks for.

    Raises:
        UsageError: a number of neighbours without a word whose neighbours they are.
    """
    from nlpwb.workflows.words.choosing import Wanted

    if neighbours is None:
        return Wanted(words=words, top=top, around=around)
    if around is None:
        raise UsageError(
            f"-k {neighbours} counts the neighbours of --around WORD; add it, or leave -k out"
        )
    return Wanted(words=words, top=top, around=around, k=neighbours)


def number_of_clusters(text: str, *, most: int | None = None) -> int | None:
    """What ``--clusters`` asks for: a number from 2 to ``most``, or None for auto.

    Raises:
        UsageError: it is neither.
    """
    if text == "auto":
        return None
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if number < 2 or (most is not None and number > most):
        numbers = "from 2 on" if most is None else f"from 2 to {most}"
        raise UsageError(f"--clusters must be auto or a whole number {numbers}, got {text}")
    return number
