"""What a model attends to in a text: weights of every layer and head, as one forward pass used them.

Letters of shapes: H heads, Q and K places of queries and of keys. Layers and heads are counted from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.errors import InputError, ModelError, UsageError
from nlpwb.workflows.looking.looked import ATTENTIVE, Answers, Looked, Sides
from nlpwb.workflows.looking.reading import TokensRead, joined, word_numbers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nlpwb.methods.networks.tracing import Step

KINDS = ("self", "encoder", "decoder", "cross", "pooling")
"""What reads what: a text itself; in encoder-decoders the source itself, the target itself, the target the source; and a mean
whose weights are learned."""
MEAN = "mean"
ALL = "all"
ROLLOUT = "rollout"


@dataclass(frozen=True, eq=False)
class AttentionMap:
    """The weights of one layer.

    Args:
        kind: one of :data:`KINDS`.
        layer: from 1, within its kind.
        weights: float32 (H, Q, K); a row sums to 1, or to 0 where it may look nowhere.
        queries: the tokens that ask, Q of them.
        keys: the tokens that are read, K of them.
    """

    kind: str
    layer: int
    weights: NDArray[np.float32]
    queries: tuple[str, ...]
    keys: tuple[str, ...]

    @property
    def heads(self) -> int:
        """H."""
        return int(self.weights.shape[0])


@dataclass(frozen=True, eq=False)
class View:
    """One table of weights, float32 (Q, K): of a head, the mean of heads, or a rollout through all layers."""

    kind: str
    layer: int | None
    head: int | None
    heads: int
    how: str
    weights: NDArray[np.float32]
    queries: tuple[str, ...]
    keys: tuple[str, ...]

    @property
    def title(self) -> str:
        """``self-attention, layer 2, mean of 4 heads``."""
        parts = [self.kind if self.kind == "pooling" else f"{self.kind}-attention"]
        if self.how == ROLLOUT:
            return f"{parts[0]}, rollout through {self.layer} layers"
        if self.kind != "pooling":
            parts.append(f"layer {self.layer}")
        if self.heads > 1:
            parts.append(
                f"mean of {self.heads} heads" if self.head is None else f"head {self.head}"
            )
        return ", ".join(parts)


@dataclass(frozen=True, eq=False)
class Attended:
    """A text, what a model says of it, and every weight on the way there.

    Args:
        sides: the tokens that the network read.
        maps: kinds in the order of :data:`KINDS`, layers in order.
        steps: of the attentions, by name: queries, keys, values, scores, weights, context.
        words: whether pieces are joined to words.
    """

    model: str
    method: str
    text: str
    sides: Sides
    answers: Answers
    maps: tuple[AttentionMap, ...]
    steps: tuple[Step, ...]
    words: bool = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that the model has."""
        return tuple(dict.fromkeys(one.kind for one in self.maps))

    def layers(self, kind: str) -> tuple[AttentionMap, ...]:
        """The maps of one kind."""
        return tuple(one for one in self.maps if one.kind == kind)


def attend(looked: Looked, text: str, *, words: bool = False) -> Attended:
    """Run a model once and keep what it attends to.

    Args:
        looked: the model.
        text: one text.
        words: join pieces to words: weights into a word are summed over its pieces, those from a word averaged over them.

    Raises:
        ModelError: the model has no attention.
        InputError: there is nothing in the text to read.
    """
    from nlpwb.methods.networks.tracing import Recorder
    from nlpwb.workflows.looking.watching import merged, watch_attention

    sides = looked.read(text)
    with Recorder() as recorder:
        names = watch_attention(recorder, looked.network)
        answers = looked.answers(looked.compute(sides))
    steps = merged(recorder.steps)
    found: list[tuple[str, int, NDArray[np.float32]]] = []
    for step in steps:
        name, _, part = step.name.rpartition(".")
        if part == "weights" and name in names:
            found.append((*names[name], step.value[0].float().numpy()))
    found = found or own_weights(looked, sides)
    if not found:
        raise ModelError(
            f"the model {looked.path} ({looked.method}) has no attention to look at; {ATTENTIVE}; "
            "`nlpwb trace` shows its states"
        )
    maps: list[AttentionMap] = []
    for kind, layer, weights in found:
        queries, keys = looked.labels_of(kind, sides)
        one = AttentionMap(kind, layer, weights, queries.tokens, keys.tokens)
        maps.append(in_words(one, queries, keys) if words else one)
    maps.sort(key=lambda one: (KINDS.index(one.kind), one.layer))
    return Attended(
        model=str(looked.path),
        method=looked.method,
        text=text,
        sides=sides,
        answers=answers,
        maps=tuple(maps),
        steps=tuple(steps),
        words=words,
    )


def own_weights(looked: Looked, sides: Sides) -> list[tuple[str, int, NDArray[np.float32]]]:
    """Kind, layer and weights (H, Q, K) by the network's own account, where modules that are not watched compute them."""
    import torch

    tell = getattr(looked.network, "attention_weights", None)
    if tell is None:
        return []
    with torch.no_grad():
        told = tell(*looked.given(sides))
    kinds = told if isinstance(told, dict) else {"self": told}
    return [
        (kind, layer, weights[0].float().cpu().numpy())
        for kind, layers in kinds.items()
        for layer, weights in enumerate(layers, start=1)
    ]


def in_words(one: AttentionMap, queries: TokensRead, keys: TokensRead) -> AttentionMap:
    """The map between words. What is read of a word is the sum over its pieces; what a word reads is the mean of what they read.

    So a row still sums to 1 (Clark et al. 2019, "What Does BERT Look At?", section 4.1).
    """
    import numpy as np

    into = np.array(word_numbers(keys.starts))
    out = np.array(word_numbers(queries.starts))
    to_words = np.zeros((len(keys), into[-1] + 1))
    to_words[np.arange(len(keys)), into] = 1
    from_words = np.zeros((out[-1] + 1, len(queries)))
    from_words[out, np.arange(len(queries))] = 1
    from_words /= from_words.sum(axis=1, keepdims=True)
    weights = (from_words @ one.weights @ to_words).astype(np.float32)
    return replace(
        one,
        weights=weights,
        queries=tuple(joined(queries.tokens, queries.starts)),
        keys=tuple(joined(keys.tokens, keys.starts)),
    )


def rollout(maps: Sequence[AttentionMap]) -> View:
    """How much of each place reaches each place of the last layer, through all layers: float32 (Q, K).

    Abnar & Zuidema (2020, ACL, "Quantifying Attention Flow in Transformers", section 3): heads are averaged, half of what a
    place holds comes past the attention (the residual sum), and the layers' matrices are multiplied: (A + I) / 2 of the last
    layer on the left. A row sums to 1.
    """
    import numpy as np

    first = maps[0]
    identity = np.eye(len(first.keys))
    flow = identity
    for one in maps:
        mixed = (one.weights.astype(np.float64).mean(axis=0) + identity) / 2
        flow = mixed / mixed.sum(axis=1, keepdims=True) @ flow
    return View(
        kind=first.kind,
        layer=len(maps),
        head=None,
        heads=first.heads,
        how=ROLLOUT,
        weights=flow.astype(np.float32),
        queries=first.queries,
        keys=first.keys,
    )


def chosen_kind(attended: Attended, kind: str | None) -> str:
    """The kind that is asked for; by default what an encoder-decoder reads of its source, else the only one.

    Raises:
        UsageError: the model has no such kind.
    """
    kinds = attended.kinds
    if kind is None:
        return "cross" if "cross" in kinds else kinds[0]
    if kind not in kinds:
        raise UsageError(
            f"--kind {kind}: the model {attended.model} ({attended.method}) has {' and '.join(kinds)}"
        )
    return kind


def views(
    attended: Attended,
    *,
    kind: str | None = None,
    layer: str | None = None,
    head: str | None = None,
) -> list[View]:
    """The tables that are asked for.

    Args:
        attended: the text.
        kind: one of :data:`KINDS`; None: :func:`chosen_kind`.
        layer: a number from 1, or ``all``; None: the last one.
        head: a number from 1, ``mean`` or ``all``; None: the mean.

    Raises:
        UsageError: a kind, a layer or a head that does not exist; the sentence names the range.
    """
    maps = attended.layers(chosen_kind(attended, kind))
    layers = maps if layer == ALL else (maps[_number("--layer", layer, len(maps)) - 1],)
    found: list[View] = []
    for one in layers:
        if head == ALL:
            numbers: list[int | None] = list(range(1, one.heads + 1))
        elif head in (None, MEAN):
            numbers = [None]
        else:
            numbers = [_number("--head", head, one.heads)]
        found += [view_of(one, number) for number in numbers]
    return found


def view_of(one: AttentionMap, head: int | None) -> View:
    """A head of a map, or the mean of all."""
    import numpy as np

    weights = one.weights[head - 1] if head is not None else one.weights.mean(axis=0)
    return View(
        kind=one.kind,
        layer=one.layer,
        head=head if one.heads > 1 else None,
        heads=one.heads,
        how=MEAN if head is None else "head",
        weights=np.asarray(weights, dtype=np.float32),
        queries=one.queries,
        keys=one.keys,
    )


def _number(option: str, text: str | None, most: int) -> int:
    """A layer or a head by its number; None is the last.

    Raises:
        UsageError: no number, or one beyond the range.
    """
    if text is None:
        return most
    what = option.removeprefix("--")
    words = f"{ALL} or {MEAN}" if what == "head" else ALL
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        there = f"{what}s 1 to {most}" if most > 1 else f"one {what}, 1"
        raise UsageError(f"{option} {text}: the model has {there}; give such a number, or {words}")
    return int(text)


def open_and_attend(
    path: Path, texts: Sequence[str], *, words: bool, device: str = "cpu", threads: int = 1
) -> list[Attended]:
    """Every text through the model of a folder.

    Raises:
        ModelError: no sound model, or one without attention.
        InputError: no text, or one with nothing in it to read.
        UsageError: no such device here.
    """
    from nlpwb.workflows.looking.opening import opened

    if not texts:
        raise InputError("there is no text to look at; give one, or lines on standard input")
    with opened([path], f"attention; {ATTENTIVE}", device=device, threads=threads) as (looked,):
        return [attend(looked, text, words=words) for text in texts]
