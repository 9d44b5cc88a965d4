"""``nlpwb trace``: a text on its way through a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nlpwb.cli import options
from nlpwb.cli.attend import read_texts
from nlpwb.cli.of_model import ModelOrFile
from nlpwb.errors import InputError, UsageError


def trace(
    model: ModelOrFile,
    text: Annotated[
        str,
        typer.Argument(
            help="A text, or - for the first line of standard input.",
            metavar="TEXT",
            show_default=False,
        ),
    ],
    values: Annotated[
        str | None, typer.Option("--values", help="The numbers of this step.", metavar="STEP")
    ] = None,
    gradients: Annotated[
        bool,
        typer.Option(
            "--gradients",
            help="Of a recurrent model: how much of each token reaches the last state, by distance.",
        ),
    ] = False,
    beside: Annotated[
        list[Path] | None,
        typer.Option(help="With --gradients: another model (repeatable).", metavar="MODEL"),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", help="A figure, .png or .svg.", metavar="FIGURE"),
    ] = None,
    theme: options.Theme = "light",
    format: options.Format = "auto",
    out: options.Out = None,
    device: options.Device = "auto",
    threads: options.Threads = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Follow a text through a model: every tensor on the way with its shape, mean, deviation and norm."""
    from nlpwb.report.drawing import kind_of
    from nlpwb.report.trace import print_fading, print_trace, print_values

    sink = options.make_sink(format, out, quiet, verbose)
    if values is not None and (gradients or output is not None):
        other = "--gradients" if gradients else "-o"
        raise UsageError(f"--values prints one step and {other} shows all; leave one out")
    if beside and not gradients:
        raise UsageError("--beside compares gradients; add --gradients, or leave it out")
    if output is not None:
        kind_of(output, ("png", "svg"), option="-o")
    texts = read_texts([text])
    if not texts:
        raise InputError("standard input holds no text; give a line of it")
    threads = threads or options.processors()
    show = output is None or out is not None or format != "auto"
    if gradients:
        from nlpwb.workflows.looking.gradients import open_and_fade

        faded = open_and_fade([model, *(beside or [])], texts[0], device=device, threads=threads)
        if output is not None:
            from nlpwb.report.trace_files import plot_fading

            sink.note(plot_fading(faded, output, text=texts[0]))
        if show:
            print_fading(sink, faded)
        return
    from nlpwb.workflows.looking.trace import open_and_trace

    found = open_and_trace(model, texts[0], device=device, threads=threads)
    if output is not None:
        from nlpwb.report.trace_files import plot_trace

        sink.note(plot_trace(found, output, theme=theme))
    if values is not None:
        print_values(sink, found.step(values))
    elif show:
        print_trace(sink, found)
