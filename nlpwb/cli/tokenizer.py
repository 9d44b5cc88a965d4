"""``nlpwb tokenizer train | encode | compare``: from texts to tokens."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nlpwb.cli import options
from nlpwb.errors import UsageError
from nlpwb.report.sink import FORMATS, Column, Sink

if TYPE_CHECKING:
    from nlpwb.workflows.tokenizers import EncodedDocument

app = typer.Typer(help="Train tokenizers, encode with them, compare them.", no_args_is_help=True)

KINDS = ("bpe", "byte-bpe", "wordpiece", "unigram", "word")
RULES = ("word", "wordpunct", "whitespace", "char")
ENCODE_FORMATS = (*FORMATS, "tokens", "ids")
# One line a document, written as it comes; the other formats need all documents.
_STREAMED = ("tokens", "ids", "tsv", "jsonl")
_LINES = 256

_TRAINED = (
    Column("path", "written to", keep=True),
    Column("tokenizer", "tokenizer"),
    Column("vocabulary", "vocabulary", right=True),
    Column("documents", "documents", right=True),
)
_ENCODED = (
    Column("row", "row", right=True, keep=True),
    Column("tokens", "tokens", keep=True, wrap=True, show=lambda tokens: _spaced(tokens)),
    Column("ids", "ids", wrap=True, show=lambda ids: " ".join(map(str, ids))),
    Column("offsets", "offsets", table=False),
)


def _percent(rate: float) -> str:
    return f"{100 * rate:.2f}"


_COMPARED = (
    Column("tokenizer", "tokenizer", keep=True),
    Column("vocabulary", "vocabulary", right=True, keep=True),
    Column("tokens_per_word", "tokens/word", right=True, show=lambda n: f"{n:.3f}"),
    Column("oov_rate", "OOV %", right=True, show=_percent),
    Column("bytes_per_token", "bytes/token", right=True, show=lambda n: f"{n:.2f}"),
    Column("single_token_words", "whole %", right=True, show=lambda n: f"{100 * n:.1f}"),
    Column("mean_length", "tokens/doc", right=True, show=lambda n: f"{n:,.1f}"),
    Column("max_length", "longest", table=False),
    Column("fit_seconds", "fit s", right=True, show=lambda n: f"{n:.1f}"),
    Column("docs_per_second", "docs/s", right=True, show=lambda n: f"{n:,.0f}"),
    Column("tokens", "tokens", table=False),
    Column("words", "words", table=False),
    Column("unknown_tokens", "unknown tokens", table=False),
)


@app.command("train")
def train(
    corpus: options.Corpus,
    output: Annotated[
        str, typer.Option("--output", "-o", help="The tokenizer.json to write.", metavar="FILE")
    ],
    kind: Annotated[
        str,
        typer.Option(
            "--kind", help=f"One of {', '.join(KINDS)}.", autocompletion=lambda: list(KINDS)
        ),
    ] = "bpe",
    vocab_size: Annotated[
        int, typer.Option("--vocab-size", help="Entries, special tokens included.", min=1)
    ] = 8000,
    min_frequency: Annotated[
        int | None,
        typer.Option(
            "--min-frequency",
            help="Rarer pieces are not learned; 2 by default, unigram has none.",
            min=1,
        ),
    ] = None,
    lowercase: Annotated[
        bool | None,
        typer.Option("--lowercase/--no-lowercase", help="Lower-case first; by default word does."),
    ] = None,
    single: Annotated[
        bool, typer.Option("--single", help="word: keep words of one character.")
    ] = False,
    special_token: Annotated[
        list[str] | None,
        typer.Option(
            "--special-token",
            help="Gets one of the first ids (repeatable); the usual ones of the kind by default.",
            metavar="TOKEN",
        ),
    ] = None,
    text: options.Text = None,
    encoding: options.Encoding = "utf-8",
    input_format: options.InputFormat = None,
    header: options.Header = None,
    skip_bad_rows: options.SkipBadRows = False,
    per_file: options.PerFile = False,
    format: options.Format = "auto",
    out: options.Out = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Train a tokenizer on a corpus and write the tokenizer.json that the tokenizers library loads."""
    from pathlib import Path

    from nlpwb.workflows.tokenizers import train_tokenizer

    sink = options.make_sink(format, out, quiet, verbose)
    trained = train_tokenizer(
        corpus,
        kind,
        out=Path(output),
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        lowercase=lowercase,
        single=single or None,
        special_tokens=special_token,
        options=options.read_options(
            text=text,
            encoding=encoding,
            input_format=input_format,
            header=header,
            skip_bad_rows=skip_bad_rows,
            per_file=per_file,
        ),
    )
    _say(sink, trained.notes, trained.warnings)
    sink.table([dataclasses.asdict(trained)], _TRAINED)


@app.command("encode")
def encode(
    tokenizer: Annotated[
        str,
        typer.Argument(
            help="A tokenizer.json, a folder with one, or a spec: word, word:single=yes, wordpunct, whitespace, char.",
            metavar="TOKENIZER",
            autocompletion=lambda: list(RULES),
            show_default=False,
        ),
    ],
    source: Annotated[
        str,
        typer.Argument(
            help="A text, a file, or - for standard input.",
            metavar="[TEXT|FILE|-]",
            show_default=False,
        ),
    ] = "-",
    text: options.Text = None,
    encoding: options.Encoding = "utf-8",
    input_format: options.InputFormat = None,
    header: options.Header = None,
    skip_bad_rows: options.SkipBadRows = False,
    per_file: options.PerFile = False,
    format: Annotated[
        str,
        typer.Option(
            "--format",
            help=f"One of {', '.join(ENCODE_FORMATS)}; tokens and ids: a line a document, spaces between.",
            callback=options.among("--format", ENCODE_FORMATS),
            autocompletion=lambda: list(ENCODE_FORMATS),
            metavar="FORMAT",
        ),
    ] = "auto",
    out: options.Out = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Print the tokens of each document, with ids and places."""
    from nlpwb.workflows import tokenizers

    lines = format if format in ("tokens", "ids") else None
    sink = options.make_sink("tsv" if lines else format, out, quiet, verbose)
    found = tokenizers.find_tokenizer(tokenizer)
    encoded = tokenizers.encode(
        found,
        source,
        options=options.read_options(
            text=text,
            encoding=encoding,
            input_format=input_format,
            header=header,
            skip_bad_rows=skip_bad_rows,
            per_file=per_file,
        ),
    )
    _say(sink, encoded.notes, encoded.warnings)
    if (lines or sink.format) in _STREAMED:
        _write_lines(sink, _lines(encoded.documents, lines or sink.format, found.spec))
    else:
        sink.table([dataclasses.asdict(document) for document in encoded.documents], _ENCODED)


@app.command("compare")
def compare(
    corpus: options.Corpus,
    tokenizer: Annotated[
        list[str] | None,
        typer.Option(
            "--tokenizer",
            "-t",
            help="A spec such as word, char, bpe:8000, or a tokenizer.json (repeatable).",
            metavar="SPEC",
            autocompletion=lambda: [*RULES, *(f"{kind}:8000" for kind in KINDS)],
        ),
    ] = None,
    test: Annotated[
        str | None,
        typer.Option("--test", help="Measure on this corpus instead.", metavar="CORPUS"),
    ] = None,
    test_size: Annotated[
        float, typer.Option("--test-size", help="Share of the documents that is held out.")
    ] = 0.2,
    seed: options.Seed = 0,
    text: options.Text = None,
    encoding: options.Encoding = "utf-8",
    input_format: options.InputFormat = None,
    header: options.Header = None,
    skip_bad_rows: options.SkipBadRows = False,
    per_file: options.PerFile = False,
    format: options.Format = "auto",
    out: options.Out = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Train tokenizers on one part of a corpus and measure all on the held-out rest."""
    from nlpwb.workflows.tokenizers import DEFAULT_SPECS, compare_tokenizers

    sink = options.make_sink(format, out, quiet, verbose)
    found = compare_tokenizers(
        tokenizer or DEFAULT_SPECS,
        corpus,
        test=test,
        test_size=test_size,
        seed=seed,
        options=options.read_options(
            text=text,
            encoding=encoding,
            input_format=input_format,
            header=header,
            skip_bad_rows=skip_bad_rows,
            per_file=per_file,
        ),
    )
    _say(sink, found.notes, () if sink.format in ("table", "md") else found.warnings)
    document = dataclasses.asdict(found)
    results, warnings = document.pop("results"), document.pop("warnings")
    protocol = {**document, "words": "what stands between white space"}
    sink.table(
        results,
        _COMPARED,
        before=[
            f"{found.corpus}   {found.train_documents:,} training + {found.test_documents:,} test documents"
            f"   held out: {found.test}"
        ],
        after=[
            "Words are what stands between white space; whole: the share that becomes one known token.",
            *(f"! {warning}" for warning in warnings),
        ],
        document={"protocol": protocol, "results": results, "warnings": warnings},
    )


def _say(sink: Sink, notes: Iterable[str], warnings: Iterable[str]) -> None:
    for note in notes:
        sink.note(note)
    for warning in warnings:
        sink.warn(warning)


def _lines(documents: Iterable[EncodedDocument], format: str, spec: str) -> Iterator[str]:
    """A line for each document; the cells of TSV hold lists as JSON, which has no tabs or line ends of its own."""
    fields = [column.key for column in _ENCODED]
    if format == "tsv":
        yield "\t".join(fields) + "\n"
    for document in documents:
        if format == "tokens":
            yield _spaced(document.tokens) + "\n"
        elif format == "ids":
            if document.ids is None:
                raise UsageError(
                    f"{spec} has no vocabulary and so no ids; make one with: "
                    "nlpwb tokenizer train CORPUS --kind word -o tokenizer.json"
                )
            yield " ".join(map(str, document.ids)) + "\n"
        elif format == "jsonl":
            yield json.dumps(dataclasses.asdict(document), ensure_ascii=False) + "\n"
        else:
            values: list[Any] = [getattr(document, field) for field in fields]
            cells = (
                "" if value is None else json.dumps(value, ensure_ascii=False) for value in values
            )
            yield "\t".join(cells) + "\n"


def _write_lines(sink: Sink, lines: Iterator[str]) -> None:
    if sink.out is not None:
        sink.write("".join(lines))
        return
    while chunk := "".join(itertools.islice(lines, _LINES)):
        sink.write(chunk)


def _spaced(tokens: Iterable[str]) -> str:
    """Tokens with a space between; white space within a token is shown by its picture, so that a line can be cut again."""
    return " ".join(
        token if not _has_space(token) else "".join(map(_picture, token)) for token in tokens
    )


def _has_space(token: str) -> bool:
    return any(char.isspace() for char in token)


def _picture(char: str) -> str:
    if not char.isspace():
        return char
    return chr(0x2400 + ord(char)) if char < " " else "␣"
