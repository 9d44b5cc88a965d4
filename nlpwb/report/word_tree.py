"""A tree of words in the terminal."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nlpwb.report.columns import visible
from nlpwb.report.numbers import decimals

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree

    from nlpwb.vectors.clusters import Branch


LONGEST = 40
"""Characters of a word; the middle of a longer one goes."""


def word_tree(tree: Branch, words: Sequence[str], *, width: int, colour: bool) -> str:
    """The tree as text, ``width`` cells wide: a line a branch, with the mean cosine between its parts, and its words."""
    from rich.console import Console
    from rich.tree import Tree

    root = Tree(_head(tree, colour), guide_style="dim" if colour else "")
    _grow(root, tree, words, colour=colour)
    stream = io.StringIO()
    console = Console(
        file=stream,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        highlight=False,
        legacy_windows=False,
    )
    console.print(root)
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines())


def _grow(place: Tree, branch: Branch, words: Sequence[str], *, colour: bool) -> None:
    from rich.text import Text

    if branch.leaves:
        place.add(Text(_listed(branch, words)))
    for inner in branch.branches:
        if inner.branches:
            _grow(place.add(_head(inner, colour)), inner, words, colour=colour)
        else:
            cosine = (_cosine(inner), "dim" if colour else "")
            place.add(Text.assemble(cosine, "  ", _listed(inner, words)))


def _listed(branch: Branch, words: Sequence[str]) -> str:
    return ", ".join(_short(visible(words[leaf])) for leaf in branch.leaves)


def _short(word: str) -> str:
    if len(word) <= LONGEST:
        return word
    half = (LONGEST - 1) // 2
    return f"{word[:half]}…{word[-half:]}"


def _head(branch: Branch, colour: bool) -> Text:
    from rich.text import Text

    said = f"{_cosine(branch)}  {len(branch.members):,} words"
    return Text(said, style="dim" if colour else "")


def _cosine(branch: Branch) -> str:
    return decimals(branch.cosine, 2)
