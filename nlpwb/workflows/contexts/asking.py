"""A word in its contexts, as a base sees it: found in texts or in a corpus, encoded, and what was asked of it besides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nlpwb.errors import InputError, UsageError
from nlpwb.workflows.contexts.finding import Sample, find_in_corpus, find_in_texts
from nlpwb.workflows.contexts.records import FRAME, LEAST, Contexts, Layers
from nlpwb.workflows.contexts.senses import Senses, check_count, divide

if TYPE_CHECKING:
    from nlpwb.data.corpus import ReadOptions
    from nlpwb.workflows.contexts.leaning import Leanings
    from nlpwb.workflows.pretrained.opening import Base
    from nlpwb.workflows.words.leaning import Axis

LAST = 4
"""Layers whose mean is taken where none is asked for: as features, the last four did as well as fine-tuning, but for .3 points of
F1, and better than the last alone (Devlin et al. 2019, table 7)."""
EVERY = "all"


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked.

    Args:
        base: its name.
        word: to be found.
        texts: that hold it; or
        corpus: whose sentences hold it,
        reading: how it is read, and
        most: sentences that are drawn from it.
        layer: a number, ``all``, or None for the mean of the last :data:`LAST`.
        axes: to which the word may lean.
        frame: in which the words of axes stand, with ``{}`` for each.
        least: difference from which it leans.
        senses: how many there are, or ``auto``; None: ``auto`` of a corpus, and not asked of texts.
        seed: of what is drawn, and of clusters.
        device: where the base computes.
        threads: of the processor.
    """

    base: str
    word: str
    texts: Sequence[str] = ()
    corpus: str | None = None
    reading: ReadOptions | None = None
    most: int = 1000
    layer: str | None = None
    axes: Sequence[Axis] = ()
    frame: str = FRAME
    least: float = LEAST
    senses: int | Literal["auto"] | None = None
    seed: int = 0
    device: str = "auto"
    threads: int = 1


@dataclass(frozen=True)
class Answer:
    """What was found: ``sample`` of a corpus, ``leanings`` where there are axes, ``senses`` of a corpus where there are none."""

    contexts: Contexts
    sample: Sample | None = None
    leanings: Leanings | None = None
    senses: Senses | None = None


def ask(question: Question) -> Answer:
    """Find the word, encode it, and compare.

    Raises:
        UsageError: a question that contradicts itself, a layer that is not there, or a base's name without meaning.
        InputError: a text or corpus without the word, too few contexts for what is asked, or a base that is not at hand.
        ModelError: a folder that is no checkpoint.
    """
    _check(question)
    sample = None
    if question.corpus is not None:
        assert question.reading is not None
        places, sample = find_in_corpus(
            question.word,
            question.corpus,
            question.reading,
            most=question.most,
            seed=question.seed,
        )
    else:
        places = find_in_texts(question.word, question.texts)
    if len(places) == 1 and not question.axes:
        raise InputError(
            "there is one context, and nothing to compare it with; give another text, or --axis NAME=WORDS"
        )
    dividing = not (question.layer == EVERY or question.axes) and (
        sample is not None or question.senses is not None
    )
    count = None if question.senses == "auto" else question.senses
    if dividing:
        check_count(len(places), count)
    from nlpwb.workflows.contexts.encoding import in_context
    from nlpwb.workflows.pretrained.opening import open_base

    base = open_base(question.base)
    contexts = in_context(
        base,
        question.word,
        places,
        layers_of(question.layer, base),
        device=question.device,
        threads=question.threads,
    )
    leanings = senses = None
    if question.axes:
        from nlpwb.workflows.contexts.leaning import lean

        leanings = lean(
            base,
            contexts,
            question.axes,
            frame=question.frame,
            least=question.least,
            device=question.device,
            threads=question.threads,
        )
    if dividing:
        senses = divide(contexts, count=count, seed=question.seed)
    return Answer(contexts, sample, leanings, senses)


def layers_of(asked: str | None, base: Base) -> tuple[Layers, ...]:
    """The groups of layers that ``--layer`` asks for.

    Raises:
        UsageError: no such layer.
    """
    blocks = base.architecture.shape.layers
    if asked is None:
        return (tuple(range(max(1, blocks - LAST + 1), blocks + 1)),)
    if asked == EVERY:
        return tuple((layer,) for layer in range(blocks + 1))
    if asked.isascii() and asked.isdigit() and len(asked) < 6 and int(asked) <= blocks:
        return ((int(asked),),)
    raise UsageError(
        f"--layer {asked}: the layers of {base.place.name} are 0 (what enters the first block) to {blocks}; "
        "give one of them, or all"
    )


def _check(question: Question) -> None:
    if question.corpus is not None and question.texts:
        raise UsageError("--corpus and texts on the command line exclude each other; give one")
    if question.corpus is None and not question.texts:
        raise UsageError(
            "there is no text; give texts behind the word, - for standard input, or --corpus FILE"
        )
    if question.axes:
        from nlpwb.workflows.contexts.leaning import check_frame

        check_frame(question.frame)
    if question.axes and question.senses is not None:
        raise UsageError("--axis and --senses are two questions; ask one after the other")
    if question.layer == EVERY:
        for option, given in (("--axis", question.axes), ("--senses", question.senses)):
            if given:
                raise UsageError(
                    f"--layer all compares layers, and {option} takes one; name a layer, or leave {option} out"
                )
