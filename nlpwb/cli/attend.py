"""``nlpwb attend``: what a model looks at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from nlpwb.cli import options
from nlpwb.cli.of_model import ModelOrFile
from nlpwb.errors import UsageError

KINDS = ("self", "encoder", "decoder", "cross", "pooling")
STDIN = "-"

Texts = Annotated[
    list[str],
    typer.Argument(
        help="Texts, or - for standard input, a text a line.", metavar="TEXT…", show_default=False
    ),
]


def _kind(value: str | None) -> str | None:
    return None if value is None else options.among("--kind", KINDS)(value)


def attend(
    model: ModelOrFile,
    texts: Texts,
    layer: Annotated[
        str | None,
        typer.Option(help="A layer from 1, or all; the last one otherwise.", metavar="N|all"),
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(
            help="A head from 1, or all; the mean of heads otherwise.", metavar="N|mean|all"
        ),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            help=f"Which attention, where a model has several: {', '.join(KINDS)}.",
            callback=_kind,
            metavar="NAME",
        ),
    ] = None,
    word: Annotated[
        str | None, typer.Option(help="What this word looks at, alone.", metavar="WORD")
    ] = None,
    words: Annotated[
        bool,
        typer.Option(
            "--words",
            help="Join pieces to words: weights into a word are summed, those from a word averaged.",
        ),
    ] = False,
    qkv: Annotated[
        bool,
        typer.Option(
            "--qkv", help="With --word: queries, keys, values, scores and softmax of one head."
        ),
    ] = False,
    rollout: Annotated[
        bool, typer.Option("--rollout", help="What reaches the last layer through all layers.")
    ] = False,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            help="A figure (.png, .svg), or a page to look around in (.html).",
            metavar="MAP",
        ),
    ] = None,
    theme: options.Theme = "light",
    format: options.Format = "auto",
    out: options.Out = None,
    device: options.Device = "auto",
    threads: options.Threads = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Show what a model attends to in texts: the weights as a table, and each word as a sum of those that it reads.

    In tables the last layer and the mean of its heads; other formats have every layer and head, unless --layer or --head says
    which.
    """
    from nlpwb.report.attention_files import check_output, write_output
    from nlpwb.report.attention_output import print_attention
    from nlpwb.workflows.looking.attention import open_and_attend
    from nlpwb.workflows.looking.choosing import Wanted, choose

    sink = options.make_sink(format, out, quiet, verbose)
    wanted = Wanted(kind, layer, head, rollout, word, qkv, words)
    wanted.check()
    if output is not None:
        check_output(output)
    attended = open_and_attend(
        model,
        read_texts(texts),
        words=words,
        device=device,
        threads=threads or options.processors(),
    )
    if output is not None:
        found = [choose(one, wanted) for one in attended]
        sink.note(write_output(found, output, theme=theme))
    if output is None or out is not None or format != "auto":
        whole = wanted if sink.format in ("table", "md") else wanted.whole()
        print_attention(sink, [choose(one, whole) for one in attended])


def read_texts(texts: Sequence[str]) -> list[str]:
    """The texts of the command line, or the lines of standard input that hold more than white space.

    Raises:
        UsageError: ``-`` among other texts.
    """
    if STDIN not in texts:
        return list(texts)
    if list(texts) != [STDIN]:
        raise UsageError("- stands for standard input and so for all texts; give it alone")
    import sys

    sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    return [line.rstrip("\r\n") for line in sys.stdin if line.strip()]
