"""``nlpwb predict``: labels for texts, what a language model expects next, or what fills a mask."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from nlpwb.cli import language, masked, options, tagging
from nlpwb.cli.of_model import ModelOrFile, kind_of, refuse
from nlpwb.data.two_texts import line_flaw
from nlpwb.errors import UsageError
from nlpwb.report.sink import FORMATS, Column
from nlpwb.tasks import SEPARATOR
from nlpwb.text.pairs import BETWEEN

_FORMATS = (*FORMATS, tagging.CONLL)
_OF_CORPORA = ("text", "encoding", "input_format", "header", "skip_bad_rows")


def predict(
    context: typer.Context,
    model: ModelOrFile,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            help="A corpus, or - for standard input, a text a line; of a language model texts, or a file of them, one a line; "
            "of an encoder that fills masks the same, with [MASK] in them; of a model of pairs also pairs, with a tab between "
            "the two; of a tagger also texts, and a word a line (.conll).",
            metavar="[FILE|-|TEXT…]",
            show_default=False,
        ),
    ] = None,
    proba: Annotated[
        bool,
        typer.Option("--proba", help="Scores are probabilities; refused where there are none."),
    ] = False,
    top_k: Annotated[
        int | None,
        typer.Option(
            help="Labels a text, the likeliest first: 1, or of sets those that the text has; "
            "next tokens of a language model, or fillings of a mask: 10.",
            min=1,
        ),
    ] = None,
    with_text: Annotated[bool, typer.Option("--with-text", help="Print the text too.")] = False,
    words: Annotated[
        bool, typer.Option("--words", help="Of a tagger: every word with its label, not entities.")
    ] = False,
    text: options.Text = None,
    encoding: options.Encoding = "utf-8",
    input_format: options.InputFormat = None,
    header: options.Header = None,
    skip_bad_rows: options.SkipBadRows = False,
    format: Annotated[
        str,
        typer.Option(
            "--format",
            help=f"How results are printed: {', '.join(_FORMATS)}. auto: a table on a terminal, TSV in a pipe; conll: of a "
            "tagger, a word and its label a line.",
            callback=options.among("--format", _FORMATS),
            autocompletion=lambda: list(_FORMATS),
            metavar="FORMAT",
        ),
    ] = "auto",
    out: options.Out = None,
    device: options.Device = "auto",
    precision: options.Precision = "float32",
    threads: options.Threads = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Label texts with a model, in order and batch by batch; with a language model, say what comes next; with an encoder that
    fills masks, what may stand at each `[MASK]`.

    A model of sets gives the labels of a text and their scores, parted by semicolons; a model of numbers gives a value; a tagger
    of words gives entities.
    """
    from nlpwb.workflows.folders import AS_KIND, LANGUAGE_MODEL, MASKED_MODEL, TAGGER
    from nlpwb.workflows.model_folder import reads_pairs, task_of_model
    from nlpwb.workflows.prediction import predict as run

    kind = kind_of(model)
    conll = format == tagging.CONLL
    if kind != TAGGER:
        refuse(context, ["words"], "{option} concerns a tagger of words; leave it out")
        if conll:
            raise UsageError(
                f"--format conll is for labels of words, and {model} says none; leave it out"
            )
    sink = options.make_sink("auto" if conll else format, out, quiet, verbose)
    if kind == TAGGER:
        of_texts = ["proba", "top_k", "with_text"]
        refuse(
            context,
            of_texts,
            "{option} concerns labels of texts; a tagger labels words, leave it out",
        )
        if conll and words:
            raise UsageError("--words and --format conll both print words; give one")
        tagging.predict(
            model,
            sources or ["-"],
            options.read_options(
                text=text,
                encoding=encoding,
                input_format=input_format,
                header=header,
                skip_bad_rows=skip_bad_rows,
            ),
            sink=sink,
            words=words,
            conll=conll,
            device=device,
            precision=precision,
            threads=threads or options.processors(),
        )
        return
    if kind in (LANGUAGE_MODEL, MASKED_MODEL):
        of_corpora = [*_OF_CORPORA, "proba", "with_text"]
        refuse(
            context,
            of_corpora,
            f"{{option}} concerns labels; {AS_KIND[kind]} takes TEXT, leave it out",
        )
        (language if kind == LANGUAGE_MODEL else masked).predict(
            model,
            sources or ["-"],
            sink=sink,
            top_k=top_k or 10,
            device=device,
            precision=precision,
            threads=threads or options.processors(),
        )
        return
    task = task_of_model(model)
    typed = _typed_pairs(model, sources or [], pairs=reads_pairs(model))
    if sources is not None and len(sources) > 1 and not typed:
        raise UsageError(
            f"predict labels the texts of one file, and {len(sources)} were given; put them into one, or pipe them"
        )
    source = sources[0] if sources else "-"
    reading = options.read_options(
        text=text,
        encoding=encoding,
        input_format=input_format,
        header=header,
        skip_bad_rows=skip_bad_rows,
    )
    reading = dataclasses.replace(reading, labelled=False)
    found = run(
        model,
        source,
        reading,
        top_k=top_k,
        probabilities=proba,
        device=device,
        precision=precision,
        threads=threads or options.processors(),
        note=sink.note,
        typed=typed,
    )
    columns = [
        Column("row", "row", right=True),
        Column("label", "label"),
        Column("score", "score", right=True),
    ]
    rows: Iterator[dict[str, Any]] = (
        {"row": one.row, "rank": rank + 1, "label": label, "score": score, "text": one.text}
        for one in found
        for rank, (label, score) in enumerate(zip(one.labels, one.scores, strict=True))
    )
    if task == "regression":
        columns[1:] = [Column("value", "value", right=True)]
        rows = ({"row": one.row, "value": one.value, "text": one.text} for one in found)
    elif task == "multilabel" and top_k is None:
        columns[1:] = [Column("labels", "labels"), Column("scores", "scores")]
        rows = (
            {
                "row": one.row,
                "labels": SEPARATOR.join(one.labels),
                "scores": SEPARATOR.join(map(repr, one.scores)),
                "text": one.text,
            }
            for one in found
        )
    if top_k is not None and top_k > 1:
        columns.insert(1, Column("rank", "rank", right=True))
    if with_text:
        columns.append(Column("text", "text", wrap=True))
    first = list(itertools.islice(rows, 1))  # an input that cannot be read leaves no header behind
    sink.stream(itertools.chain(first, rows), columns)


def _typed_pairs(model: Path, words: list[str], *, pairs: bool) -> list[str]:
    """Arguments that are no files but pairs of texts, each with a tab in it.

    Raises:
        UsageError: some are and some are not, one is no pair, or the model takes single texts.
    """
    there = [word for word in words if BETWEEN in word]
    if not there:
        return []
    if not pairs:
        raise UsageError(
            f"{there[0]!r} is a pair of texts, parted by a tab, and the model {model} reads single texts; "
            "`nlpwb finetune BASE CORPUS --text ONE,OTHER` makes one of pairs"
        )
    for word in words:
        if (wrong := line_flaw(word)) is not None:
            raise UsageError(f"{word!r}: {wrong}")
    return words
