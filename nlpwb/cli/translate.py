"""``nlpwb translate``: texts in other words, as they come."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nlpwb.cli import options
from nlpwb.cli.of_model import Model
from nlpwb.report.sink import FORMATS, Column, Sink
from nlpwb.workflows.translation.search import BATCH, BEAMS, LENGTH_PENALTY, Search

if TYPE_CHECKING:
    from nlpwb.workflows.translation.asking import Translated

PLAIN = "text"
_TABLES = (".tsv", ".csv", ".json", ".jsonl", ".md")
_FORMATS = (PLAIN, *FORMATS)


def translate(
    model: Model,
    texts: Annotated[
        list[str] | None,
        typer.Argument(
            help="Texts, a file (or corpus) of them, or - for standard input, a text a line.",
            metavar="[TEXT…|FILE|-]",
            show_default=False,
        ),
    ] = None,
    beams: Annotated[
        int,
        typer.Option(
            help="Hypotheses of a text at a time; 1: the likeliest token each time.",
            min=1,
            max=1000,
        ),
    ] = BEAMS,
    length_penalty: Annotated[
        float,
        typer.Option(
            help="0 compares plain probabilities, larger values favour longer texts (Wu et al. 2016).",
            min=0,
            max=10,
        ),
    ] = LENGTH_PENALTY,
    max_tokens: Annotated[
        int | None,
        typer.Option(
            help="Most tokens of a translation; twice those of the text and twenty by default.",
            min=1,
            max=100_000,
        ),
    ] = None,
    batch: Annotated[
        int, typer.Option(help="Texts that are translated at once, at most.", min=1, max=100_000)
    ] = BATCH,
    text: options.Text = None,
    encoding: options.Encoding = "utf-8",
    input_format: options.InputFormat = None,
    header: options.Header = None,
    skip_bad_rows: options.SkipBadRows = False,
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            help=f"How translations are printed: {', '.join(_FORMATS)}. text, the usual one: a translation a line.",
            callback=lambda value: value and options.among("--format", _FORMATS)(value),
            autocompletion=lambda: list(_FORMATS),
            metavar="FORMAT",
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--out",
            help="Write the translations to this file; without --format, .tsv, .csv, .json, .jsonl and .md decide.",
            metavar="FILE",
        ),
    ] = None,
    device: options.Device = "auto",
    precision: options.Precision = "float32",
    threads: options.Threads = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Translate texts with a model, in order and batch by batch: line i is the translation of line i."""
    from nlpwb.workflows.translation.asking import translate_given

    format = format or _usual(out)
    sink = options.make_sink("auto" if format == PLAIN else format, out, quiet, verbose)
    reading = options.read_options(
        text=text,
        encoding=encoding,
        input_format=input_format,
        header=header,
        skip_bad_rows=skip_bad_rows,
    )
    found = translate_given(
        model,
        texts or ["-"],
        reading,
        Search(beams, length_penalty, max_tokens, batch),
        device=device,
        precision=precision,
        threads=threads or options.processors(),
        note=sink.note,
    )
    told = _Told()
    if format == PLAIN:
        _write_lines(told.listen(found), sink)
    else:
        rows = (_row(one) for one in told.listen(found))
        first = list(itertools.islice(rows, 1))  # an input that cannot be read leaves no header
        sink.stream(itertools.chain(first, rows), _columns())
    told.warn(sink)


def _usual(out: str | None) -> str:
    """Lines of text, but in a file whose ending is that of a table."""
    return "auto" if out is not None and Path(out).suffix.lower() in _TABLES else PLAIN


class _Told:
    """What a user should know of translations that have gone by."""

    def __init__(self) -> None:
        self.cut = self.open = 0

    def listen(self, found: Iterable[Translated]) -> Iterator[Translated]:
        for one in found:
            self.cut += one.translation.cut
            self.open += not one.translation.ended
            yield one

    def warn(self, sink: Sink) -> None:
        if self.cut:
            sink.warn(
                f"{_texts(self.cut, 'text was', 'texts were')} longer than the model's max_tokens and not read to the end; "
                "give shorter texts"
            )
        if self.open:
            sink.warn(
                f"{_texts(self.open, 'translation', 'translations')} reached the most tokens before the model ended "
                f"{'it' if self.open == 1 else 'them'}; --max-tokens raises that"
            )


def _texts(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"


def _write_lines(found: Iterable[Translated], sink: Sink) -> None:
    """A translation a line: at once where stdout takes them, whole where a file does."""
    lines = (" ".join(one.translation.text.splitlines()) + "\n" for one in found)
    if sink.out is not None:
        sink.write("".join(lines))
        return
    for line in lines:
        sink.write(line)


def _row(one: Translated) -> dict[str, Any]:
    translation = one.translation
    return {
        "row": one.row,
        "source": one.source,
        "translation": translation.text,
        "score": translation.score,
        "log_probability": translation.log_probability,
        "tokens": list(translation.tokens),
        "copied": list(translation.copied),
        "ended": translation.ended,
    }


def _columns() -> list[Column]:
    return [
        Column("row", "row", right=True),
        Column("source", "source", wrap=True),
        Column("translation", "translation", wrap=True),
        Column("score", "score", right=True, show=lambda value: f"{value:.3f}"),
        Column("log_probability", "log-probability", right=True, table=False),
        Column("tokens", "tokens", table=False, show=" ".join),
        Column("copied", "copied", table=False, show=" ".join),
        Column("ended", "ended", table=False),
    ]
