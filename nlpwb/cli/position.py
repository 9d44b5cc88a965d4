"""``nlpwb position``: what an encoding of positions looks like."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nlpwb.cli import options

KINDS = ("sinusoidal", "learned", "rotary", "alibi")


def position(
    kind: Annotated[
        str | None,
        typer.Option(
            help=f"Which encoding: {', '.join(KINDS)}.  [default: sinusoidal; learned with --model]",
            callback=lambda kind: None if kind is None else options.among("--kind", KINDS)(kind),
            autocompletion=lambda: list(KINDS),
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    length: Annotated[int, typer.Option(help="Places.", min=2, max=8192)] = 128,
    dim: Annotated[
        int, typer.Option(help="Width of a vector, or of a head (rotary).", min=2, max=16_384)
    ] = 64,
    heads: Annotated[int, typer.Option(help="Heads of alibi.", min=1, max=256)] = 8,
    model: Annotated[
        Path | None,
        typer.Option(
            help="Learned positions of this model or base (`nlpwb bases`), in place of those before training."
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", help="A figure, .png or .svg.", metavar="FIGURE"),
    ] = None,
    theme: options.Theme = "light",
    format: options.Format = "auto",
    out: options.Out = None,
    seed: options.Seed = 0,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Show an encoding of positions, and how alike places are by the distance between them."""
    from nlpwb.report.drawing import kind_of
    from nlpwb.report.positions import ENDINGS, OPTION, plot_positions, print_positions
    from nlpwb.workflows.looking.positions import positions

    sink = options.make_sink(format, out, quiet, verbose)
    if output is not None:
        kind_of(output, ENDINGS, option=OPTION)
    kind = kind or ("sinusoidal" if model is None else "learned")
    found = positions(kind, length=length, dim=dim, heads=heads, seed=seed, model=model)
    if output is not None:
        sink.note(plot_positions(found, output, theme=theme))
    if output is None or out is not None or format != "auto":
        print_positions(sink, found)
