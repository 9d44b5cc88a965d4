"""What is wanted of a text's attention: which tables, which of their rows, which arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nlpwb.errors import UsageError
from nlpwb.workflows.looking.arithmetic import Arithmetic, arithmetic, has_arithmetic, places_of
from nlpwb.workflows.looking.attention import (
    ALL,
    MEAN,
    Attended,
    View,
    chosen_kind,
    rollout,
    views,
)

_NOT_ITSELF = ("cross", "pooling")
"""Kinds in which one thing reads another, so that layers cannot be multiplied."""


@dataclass(frozen=True)
class Wanted:
    """As it is typed: ``layer`` a number or ``all``, ``head`` a number, ``mean`` or ``all``, None the usual.

    Args:
        kind: of attention.
        layer: the last one where nothing is said.
        head: the mean of heads where nothing is said.
        rollout: through all layers, in place of one.
        word: rows of this word alone.
        qkv: with the arithmetic of its rows.
        words: joined to words.
    """

    kind: str | None = None
    layer: str | None = None
    head: str | None = None
    rollout: bool = False
    word: str | None = None
    qkv: bool = False
    words: bool = False

    def check(self) -> None:
        """Refuse what contradicts itself, before any work is done for it.

        Raises:
            UsageError: the sentence names both sides.
        """
        if self.qkv and self.word is None:
            raise UsageError("--qkv shows the arithmetic of one word; add --word WORD")
        if self.qkv and self.words:
            raise UsageError("--qkv is about tokens, and --words joins them; leave one out")
        if self.qkv and self.rollout:
            raise UsageError("--qkv is about one head, and --rollout about all; leave one out")
        if self.qkv and (ALL in (self.layer, self.head) or self.head == MEAN):
            raise UsageError("--qkv is about one head; give --layer N and --head N, or neither")
        if self.rollout and (self.layer is not None or self.head is not None):
            option = "--layer" if self.layer is not None else "--head"
            raise UsageError(f"--rollout goes through all layers and heads; leave {option} out")

    def whole(self) -> Wanted:
        """The same, with every layer and head where nothing else was said: for programs."""
        if self.rollout or self.qkv:
            return self
        return replace(self, layer=self.layer or ALL, head=self.head or ALL)


@dataclass(frozen=True, eq=False)
class Shown:
    """One text with the tables that are wanted.

    Args:
        attended: the text.
        views: the tables.
        rows: places of the queries that are wanted, from 0; None: all.
        arithmetics: of these queries, where it is wanted.
    """

    attended: Attended
    views: Sequence[View]
    rows: Sequence[int] | None = None
    arithmetics: Sequence[Arithmetic] = ()

    def rows_of(self, view: View) -> Sequence[int]:
        """The rows of a table that are wanted."""
        return range(len(view.queries)) if self.rows is None else self.rows


def choose(attended: Attended, wanted: Wanted) -> Shown:
    """The tables of a text that are wanted.

    Raises:
        UsageError: a kind, a layer, a head or a word that is not there.
    """
    if wanted.qkv:
        return _with_arithmetic(attended, wanted)
    found = _views(attended, wanted)
    if wanted.word is None:
        return Shown(attended, found)
    rows = _places(attended, found[0], wanted.word)
    same = [view for view in found if view.queries == found[0].queries]
    return Shown(attended, same, rows)


def _views(attended: Attended, wanted: Wanted) -> list[View]:
    if wanted.rollout:
        name = chosen_kind(attended, wanted.kind)
        if name in _NOT_ITSELF:
            raise _no_rollout(attended, name)
        return [rollout(attended.layers(name))]
    kinds: Sequence[str | None] = (wanted.kind,)
    if wanted.kind is None and wanted.layer == ALL and wanted.head == ALL:
        kinds = attended.kinds
    return [
        view
        for kind in kinds
        for view in views(attended, kind=kind, layer=wanted.layer, head=wanted.head)
    ]


def _no_rollout(attended: Attended, name: str) -> UsageError:
    there = [one for one in attended.kinds if one not in _NOT_ITSELF]
    way = f"add --kind {there[0]}" if there else "leave --rollout out"
    return UsageError(f"--rollout follows a text that reads itself, and {name} is no such; {way}")


def _with_arithmetic(attended: Attended, wanted: Wanted) -> Shown:
    assert wanted.word is not None, "checked"
    (view,) = views(attended, kind=wanted.kind, layer=wanted.layer, head=wanted.head or "1")
    if not has_arithmetic(attended, view.kind):
        raise UsageError(
            f"--qkv: the {view.kind} attention of {attended.method} has no queries and keys that are "
            "multiplied; leave --qkv out"
        )
    rows = _places(attended, view, wanted.word)
    return Shown(attended, [view], rows, [arithmetic(attended, view, row) for row in rows])


def _places(attended: Attended, view: View, word: str) -> list[int]:
    sides = attended.sides
    written = view.kind in ("cross", "decoder")
    return places_of(word, view.queries, sides.target if written else sides.source)
