"""``nlpwb data list | check | describe | split | convert``: corpora before anything is computed from them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nlpwb.cli import options
from nlpwb.errors import UsageError
from nlpwb.report.sink import Column, Sink

if TYPE_CHECKING:
    from nlpwb.data.description import Description, Spread

app = typer.Typer(help="Check, describe, split and convert corpora.", no_args_is_help=True)

WRITTEN = ("csv", "tsv", "jsonl", "fasttext", "text")

_LIST = (
    Column("name", "name", keep=True),
    Column("kind", "kind"),
    Column("size", "size", right=True),
    Column("contents", "contents", wrap=True),
    Column("terms", "terms", wrap=True),
)
_FINDINGS = (
    Column("severity", "severity", keep=True),
    Column("part", "part"),
    Column("message", "finding", keep=True, wrap=True),
    Column("examples", "rows"),
    Column("code", "code", table=False),
    Column("count", "count", table=False),
    Column("share", "share", table=False),
)
_FACTS = (Column("field", "field", keep=True), Column("value", "value", keep=True, wrap=True))
_PARTS = (
    Column("split", "split", keep=True),
    Column("part", "part", keep=True),
    Column("documents", "documents", right=True),
    Column("path", "written to", keep=True),
)
_CONVERTED = (
    Column("path", "written to", keep=True),
    Column("format", "format"),
    Column("documents", "documents", right=True),
    Column("skipped", "skipped", right=True),
)

To = Annotated[
    str | None,
    typer.Option(
        "--to",
        help=f"Format to write: {', '.join(WRITTEN)}; by default what the extension says.",
        autocompletion=lambda: list(WRITTEN),
        metavar="FORMAT",
    ),
]


@app.command("list")
def list_(
    format: options.Format = "auto",
    out: options.Out = None,
    quiet: options.Quiet = False,
) -> None:
    """List the data sets that are here without a download, with their terms."""
    from nlpwb.workflows.data import list_builtin

    sink = options.make_sink(format, out, quiet)
    sink.table([dataclasses.asdict(entry) for entry in list_builtin()], _LIST)


@app.command("check")
def check(
    corpus: options.Corpus,
    test: Annotated[
        str | None,
        typer.Option(
            "--test", help="The test part; CORPUS is the training part.", metavar="CORPUS"
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 for warnings, too, not for errors alone.")
    ] = False,
    text: options.Text = None,
    label: options.Label = None,
    group: options.Group = None,
    encoding: options.Encoding = "utf-8",
    input_format: options.InputFormat = None,
    header: options.Header = None,
    skip_bad_rows: options.SkipBadRows = False,
    per_file: options.PerFile = False,
    task: options.LabelTask = "auto",
    format: options.Format = "auto",
    out: options.Out = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Report what is wrong with a corpus: repeats across the split first. Exits 1 when a finding is an error."""
    from nlpwb.workflows.data import check_corpus

    sink = options.make_sink(format, out, quiet, verbose)
    learned = options.asked_task(task, None, label)
    reading = options.read_options(
        text=text,
        label=label,
        group=group,
        encoding=encoding,
        input_format=input_format,
        header=header,
        skip_bad_rows=skip_bad_rows,
        per_file=per_file,
        task=learned,
    )
    report = check_corpus(corpus, reading, test=test, task=learned)
    _say(sink, report.notes)
    sizes = f"{report.documents:,} documents"
    if report.test is not None:
        sizes = f"{report.documents:,} training + {report.test_documents:,} test documents"
    sink.table(
        [dataclasses.asdict(finding) for finding in report.findings],
        _FINDINGS,
        before=[f"{report.corpus}   {sizes}"],
        document=dataclasses.asdict(report),
    )
    if report.worst == "error" or (strict and report.worst == "warning"):
        raise typer.Exit(1)


@app.command("describe")
def describe(
    corpus: options.Corpus,
    text: options.Text = None,
    label: options.Label = None,
    group: options.Group = None,
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
    """Print a corpus in numbers: rows, labels, lengths, words, scripts, repeats."""
    from nlpwb.workflows.data import describe_corpus

    sink = options.make_sink(format, out, quiet, verbose)
    reading = options.read_options(
        text=text,
        label=label,
        group=group,
        encoding=encoding,
        input_format=input_format,
        header=header,
        skip_bad_rows=skip_bad_rows,
        per_file=per_file,
    )
    description = describe_corpus(corpus, reading)
    _say(sink, description.notes)
    sink.table(list(_facts(description)), _FACTS, document=dataclasses.asdict(description))


@app.command("split")
def split(
    corpus: options.Corpus,
    output: Annotated[
        str, typer.Option("--output", "-o", help="The folder for the parts.", metavar="DIR")
    ],
    test_size: Annotated[
        float | None,
        typer.Option("--test-size", help="Share of the documents to test on; 0.2 by default."),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option("--folds", help="Folds of a cross-validation, instead of one split."),
    ] = None,
    repeats: Annotated[
        int, typer.Option("--repeats", help="How often the folds are drawn anew.")
    ] = 1,
    seed: options.Seed = 0,
    to: To = None,
    task: options.LabelTask = "auto",
    text: options.Text = None,
    label: options.Label = None,
    group: options.Group = None,
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
    """Write training and test parts that are the same in every run, with equal texts on one side."""
    from pathlib import Path

    from nlpwb.workflows.data import split_corpus

    sink = options.make_sink(format, out, quiet, verbose)
    learned = options.asked_task(task, None, label)
    reading = options.read_options(
        text=text,
        label=label,
        group=group,
        encoding=encoding,
        input_format=input_format,
        header=header,
        skip_bad_rows=skip_bad_rows,
        per_file=per_file,
        task=learned,
    )
    report = split_corpus(
        corpus,
        reading,
        output=Path(output),
        test_size=test_size,
        k=folds,
        repeats=repeats,
        seed=seed,
        to=to,
        task=learned,
    )
    _say(sink, report.notes)
    sink.table(
        [dataclasses.asdict(part) for part in report.parts],
        _PARTS,
        after=[f"The rows of each part, as hashes: {report.path}"],
        document=dataclasses.asdict(report),
    )


@app.command("convert")
def convert(
    corpus: options.Corpus,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            help="The file to write, .gz, .bz2 and .zst compressed; - is standard output.",
            metavar="FILE",
        ),
    ],
    to: To = None,
    replace_breaks: Annotated[
        bool,
        typer.Option(
            "--replace-breaks", help="A space for tabs and line breaks that the format cannot hold."
        ),
    ] = False,
    texts_only: Annotated[
        bool, typer.Option("--texts-only", help="Leave labels and groups out.")
    ] = False,
    text: options.Text = None,
    label: options.Label = None,
    group: options.Group = None,
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
    """Write a corpus in another format: text, label and group columns, nothing lost without a word."""
    from pathlib import Path

    from nlpwb.data.writing import WriteOptions
    from nlpwb.workflows.data import convert_corpus, converted

    sink = options.make_sink(format, out, quiet, verbose)
    reading = options.read_options(
        text=text,
        label=label,
        group=group,
        encoding=encoding,
        input_format=input_format,
        header=header,
        skip_bad_rows=skip_bad_rows,
        per_file=per_file,
    )
    write = WriteOptions(to=to, replace_breaks=replace_breaks, texts_only=texts_only)
    if output == "-":
        if to is None:
            raise UsageError(f"--output - needs --to: one of {', '.join(WRITTEN)}")
        for piece in converted(corpus, reading, write=write):
            sink.write(piece)
        return
    report = convert_corpus(corpus, reading, output=Path(output), write=write)
    _say(sink, report.notes)
    sink.table([dataclasses.asdict(report)], _CONVERTED, document=dataclasses.asdict(report))


def _say(sink: Sink, notes: Iterable[str]) -> None:
    for note in notes:
        sink.note(note)


def _facts(description: Description) -> Iterable[dict[str, Any]]:
    """The description as fields and values; in JSON it is the record itself."""
    yield {"field": "documents", "value": description.rows}
    if description.labels is not None:
        for entry in description.labels:
            yield {"field": f"label {entry.label}", "value": f"{entry.count} ({entry.share:.1%})"}
    if description.groups is not None:
        yield {"field": "groups", "value": description.groups}
    yield {"field": "characters", "value": _spread(description.characters)}
    yield {"field": "words", "value": _spread(description.tokens)}
    yield {"field": "distinct words", "value": description.distinct_tokens}
    yield {"field": "repeated texts", "value": description.duplicates}
    yield {"field": "empty texts", "value": description.empty}
    if description.scripts:
        shares = ", ".join(
            f"{name} {share:.1%}" for name, share in description.scripts if share >= 0.001
        )
        yield {"field": "scripts", "value": shares}
    if description.skipped:
        yield {"field": "skipped rows", "value": description.skipped}
    yield {"field": "fingerprint", "value": description.fingerprint}


def _spread(spread: Spread) -> str:
    return (
        f"{spread.total} in all; {spread.minimum} to {spread.maximum}, median {spread.median}, "
        f"nine of ten {spread.p5} to {spread.p95}, mean {spread.mean:.1f}"
    )
