"""``nlpwb contexts``: what a word is, in its contexts."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from nlpwb.cli import options
from nlpwb.cli.attend import read_texts
from nlpwb.cli.of_model import refuse
from nlpwb.errors import UsageError
from nlpwb.workflows.contexts.records import FRAME, LEAST

if TYPE_CHECKING:
    from nlpwb.report.sink import Sink
    from nlpwb.workflows.contexts.asking import Answer
    from nlpwb.workflows.words.leaning import Axis

MOST_AXES = 8


def contexts(
    context: typer.Context,
    base: Annotated[
        str,
        typer.Argument(
            help="minilm, a folder with a config.json, or hub:owner/name[@revision] (`nlpwb bases`).",
            metavar="BASE",
            show_default=False,
        ),
    ],
    word: Annotated[
        str,
        typer.Argument(
            help="A word, found as a whole whatever its case; its inflections are other words.",
            metavar="WORD",
            show_default=False,
        ),
    ],
    texts: Annotated[
        list[str] | None,
        typer.Argument(
            help="Texts that hold it, or - for standard input, a text a line.",
            metavar="[TEXT…]",
            show_default=False,
        ),
    ] = None,
    corpus: Annotated[
        str | None,
        typer.Option(
            "--corpus",
            help="Every sentence of this corpus that holds the word, in place of texts; divided into senses.",
            metavar="CORPUS",
        ),
    ] = None,
    most: Annotated[
        int, typer.Option("--most", help="Sentences of --corpus, drawn at random from more.", min=4)
    ] = 1000,
    senses: Annotated[
        str | None,
        typer.Option(
            "--senses",
            help="Senses to divide contexts into, 2 to 8; auto (the usual of --corpus): by the mean silhouette.",
            metavar="N|auto",
        ),
    ] = None,
    axis: Annotated[
        list[str] | None,
        typer.Option(
            "--axis",
            help="fruit=pear,banana: words of one sense, to which a context may draw the word (repeatable).",
            metavar="NAME=WORDS",
            show_default=False,
        ),
    ] = None,
    frame: Annotated[
        str,
        typer.Option("--frame", help="The text in which words of --axis stand.", metavar="TEXT"),
    ] = FRAME,
    least: Annotated[
        float,
        typer.Option(
            "--least", help="A context leans to an axis from this difference of cosines on.", min=0
        ),
    ] = LEAST,
    layer: Annotated[
        str | None,
        typer.Option(
            "--layer",
            help="A layer, 0 being what enters the first; all: one after the other; the mean of the last four otherwise.",
            metavar="N|all",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            help="Draw the contexts as points of a plane: .png, .svg, or one .html page.",
            metavar="MAP",
        ),
    ] = None,
    theme: options.Theme = "light",
    text: options.Text = None,
    encoding: options.Encoding = "utf-8",
    input_format: options.InputFormat = None,
    header: options.Header = None,
    skip_bad_rows: options.SkipBadRows = False,
    per_file: options.PerFile = False,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    threads: options.Threads = None,
    offline: options.Offline = False,
    format: options.Format = "auto",
    out: options.Out = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Show how a word differs by its context: cosines of its vectors, senses in a corpus, leanings to named axes, a map."""
    from nlpwb.report.maps import check_map, write_map
    from nlpwb.workflows.contexts.asking import EVERY, Question, ask

    sink = options.make_sink(format, out, quiet, verbose)
    options.go_offline(offline)
    _refuse_idle(context, corpus=corpus, axis=axis, output=output)
    if output is not None:
        check_map(output, option="-o")
        if layer == EVERY:
            raise UsageError(
                "-o draws one layer, and --layer all names several; name one, or leave -o out"
            )
    reading = options.read_options(
        text=text,
        encoding=encoding,
        input_format=input_format,
        header=header,
        skip_bad_rows=skip_bad_rows,
        per_file=per_file,
    )
    answer = ask(
        Question(
            base=base,
            word=word,
            texts=read_texts(texts) if texts else (),
            corpus=corpus,
            reading=dataclasses.replace(reading, labelled=False),
            most=most,
            layer=layer,
            axes=_axes(axis or []),
            frame=frame,
            least=least,
            senses=_senses(senses),
            seed=seed,
            device=device,
            threads=threads or options.processors(),
        )
    )
    for note in answer.sample.notes if answer.sample is not None else ():
        sink.note(note)
    if output is not None:
        from nlpwb.workflows.contexts.plotting import map_contexts

        sink.note(write_map(map_contexts(answer, seed=seed), output, theme=theme, option="-o"))
        if out is None and format == "auto":
            return
    _print(sink, answer, seed=seed)


def _print(sink: Sink, answer: Answer, *, seed: int) -> None:
    """The view that was asked for: axes before senses before layers, else the cosines."""
    from nlpwb.report.contexts import print_contexts, print_layers, print_leanings
    from nlpwb.report.contexts_senses import print_senses

    if answer.leanings is not None:
        print_leanings(sink, answer)
    elif answer.senses is not None:
        print_senses(sink, answer, seed=seed)
    elif len(answer.contexts.layers) > 1:
        print_layers(sink, answer)
    else:
        print_contexts(sink, answer)


def _refuse_idle(
    context: typer.Context, *, corpus: str | None, axis: list[str] | None, output: str | None
) -> None:
    """Refuse options that would do nothing.

    Raises:
        UsageError: there is one.
    """
    if corpus is None:
        names = ("most", "text", "encoding", "input_format", "header", "skip_bad_rows", "per_file")
        refuse(context, names, "{option} concerns --corpus; add it, or leave {option} out")
    if not axis:
        refuse(
            context, ("frame", "least"), "{option} concerns --axis; add it, or leave {option} out"
        )
    if output is None:
        refuse(context, ("theme",), "{option} concerns the map; add -o map.png, or leave it out")


def _senses(given: str | None) -> int | Literal["auto"] | None:
    """What ``--senses`` asks for.

    Raises:
        UsageError: neither auto nor a number from 2 to 8.
    """
    from nlpwb.workflows.contexts.senses import FEWEST, MOST

    if given is None or given == "auto":
        return None if given is None else "auto"
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 0
    if not FEWEST <= number <= MOST:
        raise UsageError(
            f"--senses must be auto or a whole number from {FEWEST} to {MOST}, got {given}"
        )
    return number


def _axes(given: list[str]) -> list[Axis]:
    """The axes, each with a name of its own.

    Raises:
        UsageError: an axis without words, a name that is taken, or more axes than a table holds.
    """
    from nlpwb.report.contexts import RESERVED
    from nlpwb.workflows.words.leaning import parse_axis

    axes = [parse_axis(text) for text in given]
    taken = [*RESERVED, *(f"{axis.name}_drawn" for axis in axes)]
    for place, axis in enumerate(axes):
        if axis.name in taken or axis.name in [other.name for other in axes[:place]]:
            raise UsageError(
                f"--axis: the name {axis.name} is taken or given twice; give each axis a name of its own"
            )
    if len(axes) > MOST_AXES:
        raise UsageError(
            f"--axis is given {len(axes)} times; {MOST_AXES} are the most that a table holds"
        )
    return axes
