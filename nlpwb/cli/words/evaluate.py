"""``nlpwb words evaluate``: word vectors judged by what people say, by analogies, and by the shape of their table."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nlpwb.cli import options
from nlpwb.errors import GateMissed, UsageError

if TYPE_CHECKING:
    from nlpwb.workflows.words.evaluation import WordEvaluation

METHODS = ("3cosadd", "3cosmul")
GEOMETRY_WORDS = 10_000


def evaluate(
    vectors: Annotated[
        list[Path],
        typer.Argument(
            help="Word vectors, one file or several.", metavar="VECTORS…", show_default=False
        ),
    ],
    similarity: Annotated[
        list[str] | None,
        typer.Option(
            "--similarity",
            help="Pairs of words with people's scores: two words and a number a line, or gensim:wordsim353, "
            "gensim:simlex999 (repeatable). Named sets take the place of the built-in ones.",
            metavar="FILE",
        ),
    ] = None,
    analogies: Annotated[
        list[str] | None,
        typer.Option(
            "--analogies",
            help="Questions of four words a line under `: section` lines, or gensim:questions-words (repeatable).",
            metavar="FILE",
        ),
    ] = None,
    section: Annotated[
        list[str] | None,
        typer.Option(
            "--section",
            help="Ask the analogies of this section alone (repeatable).",
            metavar="NAME",
        ),
    ] = None,
    sections: Annotated[
        bool, typer.Option("--sections", help="A row for every section of the analogies.")
    ] = False,
    restrict_vocab: Annotated[
        int | None,
        typer.Option(
            help="Only the first N words of a file take part, 0: all. By default 30000 for analogies, "
            "all for similarity.",
            min=0,
            metavar="N",
        ),
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            help="How analogies are answered: 3cosadd or 3cosmul.",
            callback=options.among("--method", METHODS),
            autocompletion=lambda: list(METHODS),
            metavar="NAME",
        ),
    ] = "3cosadd",
    subwords: Annotated[
        bool,
        typer.Option(
            "--subwords",
            help="Similarity: words without a vector get that of their n-grams, where the file has them.",
        ),
    ] = False,
    geometry: Annotated[
        int | None,
        typer.Option(
            help="Isotropy and hubness of the first N words (the most frequent, in most files), 0: none; "
            "without this 10000, where a set is covered.",
            min=0,
            metavar="N",
        ),
    ] = None,
    fail_under: Annotated[
        list[str] | None,
        typer.Option(
            help="Exit with 3 if the lower end of the best file's interval on a set is below a value "
            "(repeatable).",
            metavar="SET=VALUE",
        ),
    ] = None,
    format: options.Format = "auto",
    out: options.Out = None,
    seed: options.Seed = 0,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Judge word vectors: similarity and analogies with intervals, files against each other, isotropy and hubness."""
    from nlpwb.report.words_evaluation import show_evaluation
    from nlpwb.workflows.words.evaluation import evaluate as run

    sink = options.make_sink(format, out, quiet, verbose)
    gates = [_gate(text) for text in fail_under or ()]
    found = run(
        vectors,
        similarity=similarity or (),
        analogies=analogies or (),
        only=section or (),
        sections=sections,
        restrict=restrict_vocab,
        method=method,
        subwords=subwords,
        geometry_words=GEOMETRY_WORDS if geometry is None else geometry,
        geometry_asked=geometry is not None,
        seed=seed,
        gates=[title for title, _ in gates],
        note=sink.note,
    )
    show_evaluation(sink, found)
    for title, least in gates:
        _judge_gate(found, title, least)


def _gate(text: str) -> tuple[str, float]:
    title, _, value = text.rpartition("=")
    try:
        least = float(value)
    except ValueError:
        least = math.nan
    if not title or not -1 <= least <= 1:
        raise UsageError(
            f"--fail-under {text!r}: a set and a value between -1 and 1 are due, such as WordSim-353=.6"
        )
    return title, least


def _judge_gate(found: WordEvaluation, title: str, least: float) -> None:
    best = found.best(title)
    if best.low is None or best.low < least:
        said = (
            best.why if best.low is None else f"{best.vectors} has {best.low:.4f} at its lower end"
        )
        raise GateMissed(
            f"--fail-under {title}={least:g} is missed: {said}; other vectors may do better"
        )
