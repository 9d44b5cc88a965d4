"""``nlpwb generate``: texts out of a language model."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nlpwb.cli import options
from nlpwb.cli.of_model import ModelOrFile, refuse
from nlpwb.errors import InputError, Interrupted, UsageError
from nlpwb.report.sink import FORMATS, STREAMED, Column, Sink

if TYPE_CHECKING:
    from nlpwb.workflows.language.generated import Generated, Piece, Tally

_OF_DRAWS = ("temperature", "top_k", "top_p", "min_p", "seed")
_OF_SAMPLING = (*_OF_DRAWS, "repetition_penalty", "greedy", "no_kv_cache", "stream")
_BETWEEN = "---\n"
_ESCAPES = {"\\n": "\n", "\\t": "\t"}

Format = Annotated[
    str,
    typer.Option(
        "--format",
        help=f"How texts are printed: {', '.join(FORMATS)}. auto: the texts alone; jsonl has tokens, log-probabilities and "
        "seconds, too.",
        callback=options.among("--format", FORMATS),
        autocompletion=lambda: list(FORMATS),
        metavar="FORMAT",
    ),
]


def generate(
    context: typer.Context,
    model: ModelOrFile,
    prompts: Annotated[
        list[str] | None,
        typer.Argument(
            help="What the texts begin with; - reads prompts from standard input, one a line; none: a text from its beginning.",
            metavar="[PROMPT…]",
            show_default=False,
        ),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option("--file", help="A file of prompts, one a line.", metavar="FILE"),
    ] = None,
    max_tokens: Annotated[
        int, typer.Option(help="Tokens of a text, at most.", min=1, max=10**7)
    ] = 256,
    samples: Annotated[
        int, typer.Option(help="Texts for each prompt; with --beams its best ones.", min=1)
    ] = 1,
    temperature: Annotated[
        float, typer.Option(help="Above 0; below 1 the likely becomes likelier.")
    ] = 1.0,
    top_k: Annotated[
        int, typer.Option(help="Draw from so many of the likeliest tokens; 0: from all.", min=0)
    ] = 0,
    top_p: Annotated[
        float,
        typer.Option(help="Draw from the fewest tokens that have this much probability together."),
    ] = 1.0,
    min_p: Annotated[
        float,
        typer.Option(
            help="Draw from tokens with at least this share of the likeliest one's probability."
        ),
    ] = 0.0,
    repetition_penalty: Annotated[
        float, typer.Option(help="Above 1: tokens that are there already become less likely.")
    ] = 1.0,
    greedy: Annotated[
        bool, typer.Option("--greedy", help="Take the likeliest token each time; nothing is drawn.")
    ] = False,
    beams: Annotated[
        int, typer.Option(help="Search the likeliest text with so many beams; 0: draw.", min=0)
    ] = 0,
    length_penalty: Annotated[
        float, typer.Option(help="With --beams: larger values favour longer texts; 0: none.")
    ] = 1.0,
    stop: Annotated[
        list[str] | None,
        typer.Option(
            help=r"End a text before this string (\n is a line break); may be given several times.",
            metavar="TEXT",
        ),
    ] = None,
    seed: options.Seed = 0,
    stream: Annotated[bool, typer.Option("--stream", help="Print tokens as they come.")] = False,
    no_prompt: Annotated[
        bool, typer.Option("--no-prompt", help="Print what follows the prompt, without it.")
    ] = False,
    batch: Annotated[int, typer.Option(help="Texts that are written at a time.", min=1)] = 16,
    no_kv_cache: Annotated[
        bool,
        typer.Option(
            "--no-kv-cache",
            help="Keep no keys and states: read all again for each token. Slow, the texts are the same.",
        ),
    ] = False,
    format: Format = "auto",
    out: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--out",
            help="Write the texts to this file; with auto its ending decides.",
            metavar="FILE",
        ),
    ] = None,
    device: options.Device = "auto",
    precision: options.Precision = "float32",
    threads: options.Threads = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Write texts with a language model.

    The same seed gives the same texts, whatever the batch.
    """
    from nlpwb.methods.decoding.config import Sampling
    from nlpwb.workflows.language.generated import Tally
    from nlpwb.workflows.language.request import Request

    if beams:
        refuse(context, _OF_SAMPLING, "{option} has no meaning with --beams; leave one of both out")
    elif greedy:
        refuse(context, _OF_DRAWS, "{option} concerns draws; leave it or --greedy out")
    if not beams:
        refuse(context, ["length_penalty"], "{option} belongs to --beams; leave it out")
    request = Request(
        sampling=Sampling(
            repetition_penalty=repetition_penalty,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            min_p=min_p,
            greedy=greedy,
        ),
        beams=beams,
        length_penalty=length_penalty,
        stops=tuple(_unescaped(text) for text in stop or ()),
        max_tokens=max_tokens,
        samples=samples,
        seed=seed,
        batch=batch,
        keep=not no_kv_cache,
    )
    sink = options.make_sink(format, out, quiet, verbose)
    plain = format == "auto" and (sink.out is None or sink.out.suffix.lower() in ("", ".txt"))
    if stream and (sink.out is not None or not plain):
        raise UsageError(
            "--stream prints texts on standard output; leave --format and --out out, or --stream"
        )
    if file is not None and prompts:
        raise UsageError("prompts come from the command line or from --file; give one of both")
    from nlpwb.workflows.language.generating import generate_texts
    from nlpwb.workflows.language.model import load_language_model

    with _interruptible(sink, plain=plain):
        loaded = load_language_model(model, device=device, precision=precision)
        tally = Tally(request, loaded.reader.context, warn=sink.warn, note=sink.note)
        given = prompts_of([""] if prompts is None else prompts, file)
        found = generate_texts(loaded, given, request, threads=threads or options.processors())
        if plain:
            _print_texts(found, sink, tally, stream=stream, with_prompt=not no_prompt)
        else:
            rows = (_row(one) for one in _finished(found, tally))
            sink.stream(rows, _columns(samples=samples, beams=beams))
        tally.close()


@contextlib.contextmanager
def _interruptible(sink: Sink, *, plain: bool) -> Iterator[None]:
    """Ctrl-C says what is there of the texts: those that were printed, or nothing, where they go out together at the end.

    Raises:
        Interrupted: Ctrl-C.
    """
    try:
        yield
    except KeyboardInterrupt:
        stands = sink.out is None and (plain or sink.format in STREAMED)
        raise Interrupted(
            f"interrupted; {'what was written so far stands' if stands else 'nothing was written'}"
        ) from None


def prompts_of(given: Iterable[str], file: str | None) -> Iterator[str]:
    """Prompts from the command line, standard input (``-``) or a file, when they are asked for.

    Raises:
        InputError: a file that cannot be read, or a line that is not UTF-8.
    """
    if file is not None and file != "-":
        try:
            with Path(file).open("rb") as lines:
                yield from lines_of(lines, f"--file {file}")
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InputError(f"--file {file}: {reason}; name a file of prompts") from None
        return
    for text in ["-"] if file == "-" else given:
        if text == "-":
            yield from lines_of(sys.stdin.buffer, "standard input")
        else:
            yield text


def lines_of(lines: Iterable[bytes], name: str) -> Iterator[str]:
    """Texts of UTF-8, one a line.

    Raises:
        InputError: a line that is not UTF-8, with the file's ``name``.
    """
    for number, line in enumerate(lines, start=1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise InputError(
                f"{name}: line {number} is not UTF-8; convert it (`iconv -t utf-8`)"
            ) from None
        yield text.removesuffix("\n").removesuffix("\r")


def _unescaped(text: str) -> str:
    for written, meant in _ESCAPES.items():
        text = text.replace(written, meant)
    return text


def _finished(found: Iterable[Piece | Generated], tally: Tally) -> Iterator[Generated]:
    from nlpwb.workflows.language.generated import Generated

    for event in found:
        if isinstance(event, Generated):
            tally.count(event)
            yield event


def _print_texts(
    found: Iterable[Piece | Generated], sink: Sink, tally: Tally, *, stream: bool, with_prompt: bool
) -> None:
    """Texts one below the other, parted by a line of dashes; into a file all at once."""
    if sink.out is not None:
        texts = [_whole(one, with_prompt) for one in _finished(found, tally)]
        sink.write(_BETWEEN.join(texts))
        return
    shown = _printable if sys.stdout.isatty() else str
    if not stream:
        for number, one in enumerate(_finished(found, tally)):
            sink.write((_BETWEEN if number else "") + shown(_whole(one, with_prompt)))
        return
    _stream(found, sink, tally, shown=shown, with_prompt=with_prompt)


def _stream(
    found: Iterable[Piece | Generated],
    sink: Sink,
    tally: Tally,
    *,
    shown: Callable[[str], str],
    with_prompt: bool,
) -> None:
    """Pieces as they come. An interrupted text ends its line."""
    from nlpwb.workflows.language.generated import Generated

    current: tuple[int, int] | None = None
    try:
        for event in found:
            if current != (event.number, event.sample):
                sink.write("" if current is None else _BETWEEN)
                sink.write(shown(event.prompt) if with_prompt else "")
                current = (event.number, event.sample)
            if isinstance(event, Generated):
                sink.write("\n")
                tally.count(event)
            else:
                sink.write(shown(event.text))
    except KeyboardInterrupt:
        sink.write("\n")
        raise


def _whole(one: Generated, with_prompt: bool) -> str:
    return (one.prompt if with_prompt else "") + one.text + "\n"


def _printable(text: str) -> str:
    """Without control characters but line breaks and tabs: a text cannot move the cursor of a terminal that shows it."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) == "Cc" and c not in "\n\t" else c
        for c in text
    )


def _row(one: Generated) -> dict[str, Any]:
    return dataclasses.asdict(one) | {
        "number": one.number + 1,
        "sample": one.sample + 1,
        "count": len(one.tokens),
        "log_probability": sum(one.log_probabilities),
    }


def _columns(*, samples: int, beams: int) -> list[Column]:
    return [
        Column("number", "prompt", right=True),
        Column("sample", "sample", right=True, table=samples > 1),
        Column("prompt", "begins with", wrap=True, table=False),
        Column("text", "text", keep=True, wrap=True),
        Column("count", "tokens", right=True),
        Column("finished", "ended by"),
        Column("stop", "stop", table=False),
        Column("log_probability", "log-probability", right=True),
        Column("score", "score", right=True, table=beams > 0),
        Column("cut", "cut", right=True, table=False),
        Column("slid", "slid", right=True, table=False),
        Column("seconds", "seconds", right=True, table=False),
        Column("tokens", "pieces", table=False),
        Column("log_probabilities", "log-probabilities", table=False),
    ]
