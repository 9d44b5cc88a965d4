"""``nlpwb predict``, ``evaluate``, ``embed``: a model folder, put to work."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from nlpwb.cli import options
from nlpwb.cli.compare import Metric, check_gate
from nlpwb.errors import UsageError, nearest
from nlpwb.report.sink import Column
from nlpwb.tasks import AS_SAID, METRICS, SEPARATOR, default_metric, metric_info

Model = Annotated[
    Path,
    typer.Argument(help="A folder that `nlpwb train` made.", metavar="MODEL", show_default=False),
]


def predict(
    model: Model,
    source: Annotated[
        str,
        typer.Argument(
            help="A corpus, or - for standard input, a text a line.", metavar="[FILE|-]"
        ),
    ] = "-",
    proba: Annotated[
        bool,
        typer.Option("--proba", help="Scores are probabilities; refused where there are none."),
    ] = False,
    top_k: Annotated[
        int | None,
        typer.Option(
            help="Labels a text, the likeliest first: 1, or of sets those that the text has.", min=1
        ),
    ] = None,
    with_text: Annotated[bool, typer.Option("--with-text", help="Print the text too.")] = False,
    text: options.Text = None,
    encoding: options.Encoding = "utf-8",
    input_format: options.InputFormat = None,
    header: options.Header = None,
    skip_bad_rows: options.SkipBadRows = False,
    format: options.Format = "auto",
    out: options.Out = None,
    device: options.Device = "auto",
    precision: options.Precision = "float32",
    threads: options.Threads = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Label texts with a model, in order and batch by batch.

    A model of sets gives the labels of a text and their scores, parted by semicolons; a model of numbers gives a value.
    """
    from nlpwb.workflows.model_folder import task_of_model
    from nlpwb.workflows.prediction import predict as run

    sink = options.make_sink(format, out, quiet, verbose)
    task = task_of_model(model)
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


def evaluate(
    model: Model,
    corpus: options.Corpus,
    metric: Metric = None,
    confusion: Annotated[
        bool, typer.Option("--confusion", help="Print the table of true and predicted labels.")
    ] = False,
    fail_under: Annotated[
        float | None,
        typer.Option(help="Exit with 3 unless the lower end of the interval reaches this."),
    ] = None,
    text: options.Text = None,
    label: options.Label = None,
    group_col: options.Group = None,
    encoding: options.Encoding = "utf-8",
    input_format: options.InputFormat = None,
    header: options.Header = None,
    skip_bad_rows: options.SkipBadRows = False,
    format: options.Format = "auto",
    out: options.Out = None,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    precision: options.Precision = "float32",
    threads: options.Threads = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Score a model on labelled texts: the metric with its interval, and every label's own figures."""
    from nlpwb.errors import GateMissed
    from nlpwb.report.comparison import percent, score
    from nlpwb.workflows.evaluating import evaluate as run
    from nlpwb.workflows.model_folder import task_of_model

    if metric is not None and metric not in METRICS:
        raise UsageError(f"--metric {metric!r} is not known; {nearest(metric, METRICS)}")
    sink = options.make_sink(format, out, quiet, verbose)
    task = task_of_model(model)
    metric = default_metric(task) if metric is None else metric_info(metric, task).name
    check_gate(fail_under, metric)
    if confusion and task != "classify":
        raise UsageError(
            f"--confusion is a table of single labels, and the model {model} says {AS_SAID[task]}; "
            "leave it out"
        )
    found = run(
        model,
        corpus,
        options.read_options(
            text=text,
            label=label,
            group=group_col,
            encoding=encoding,
            input_format=input_format,
            header=header,
            skip_bad_rows=skip_bad_rows,
            task=task if task != "classify" else None,
        ),
        metric=metric,
        seed=seed,
        device=device,
        precision=precision,
        threads=threads or options.processors(),
        note=sink.note,
    )
    before = [
        f"{found.method} on {found.corpus}: {metric} {score(found.score, metric)}, 95 % interval "
        f"{score(found.low, metric)} to {score(found.high, metric)}, {found.documents:,} documents"
        + (f", OOV {percent(found.oov_rate)}" if found.oov_rate is not None else "")
    ]
    labels = [figures.label for figures in found.per_label]
    if confusion:
        columns = [Column("label", "true label", keep=True)]
        said = [f"said {name}" for name in labels]  # a label may be called "label", too
        columns += [Column(name, name, right=True) for name in said]
        rows: list[dict[str, Any]] = [
            {"label": name, **dict(zip(said, counts, strict=True))}
            for name, counts in zip(labels, found.confusion, strict=True)
        ]
    elif task == "regression":
        columns = [
            Column("metric", "metric", keep=True),
            *(Column(name, name, right=True) for name in ("score", "low", "high")),
        ]
        rows = [dataclasses.asdict(figures) for figures in found.figures]
    else:
        columns = [
            Column("label", "label", keep=True),
            *(
                Column(name, name, right=True, show=lambda value: score(value, "accuracy"))
                for name in ("precision", "recall", "f1")
            ),
            Column("support", "documents", right=True),
            Column("predicted", "predicted", right=True),
        ]
        rows = [dataclasses.asdict(figures) for figures in found.per_label]
    sink.table(rows, columns, before=before, document=found.document())
    if fail_under is not None:
        loss = not METRICS[metric].higher_is_better
        end = found.high if loss else found.low
        if end > fail_under if loss else end < fail_under:
            raise GateMissed(
                f"--fail-under {fail_under:g} is missed: the {'upper' if loss else 'lower'} end of the "
                f"interval is {end:.4f}; more data or another method may help"
            )


def embed(
    model: Model,
    corpus: options.Corpus,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where the vectors go.", metavar="PATH")
    ] = None,
    plot: Annotated[
        str | None,
        typer.Option(
            "--plot",
            help="Draw a map of the documents, coloured by label: .png, .svg, or one .html page.",
            metavar="FILE",
        ),
    ] = None,
    projection: options.Projection = "pca",
    theme: options.Theme = "light",
    text: options.Text = None,
    label: options.Label = None,
    encoding: options.Encoding = "utf-8",
    input_format: options.InputFormat = None,
    header: options.Header = None,
    skip_bad_rows: options.SkipBadRows = False,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    precision: options.Precision = "float32",
    threads: options.Threads = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Write what a model's head sees of every text: .npy where it is dense, .npz where it is sparse; or draw it."""
    from nlpwb.report.maps import check_map, write_map
    from nlpwb.workflows.document_map import map_documents
    from nlpwb.workflows.prediction import embed as run
    from nlpwb.workflows.prediction import write_embedded

    sink = options.make_sink("auto", None, quiet, verbose)
    if output is None and plot is None:
        raise UsageError("embed has nothing to do; give -o E.npy, or --plot map.png, or both")
    if label is not None and plot is None:
        raise UsageError("--label: labels only colour the map; add --plot map.png")
    if (projection, theme) != ("pca", "light") and plot is None:
        raise UsageError("--projection and --theme concern the map; add --plot map.png")
    if plot is not None:
        check_map(plot, option="--plot")
    reading = options.read_options(
        text=text,
        label=label,
        encoding=encoding,
        input_format=input_format,
        header=header,
        skip_bad_rows=skip_bad_rows,
    )
    embedded = run(
        model,
        corpus,
        reading if plot is not None else dataclasses.replace(reading, labelled=False),
        device=device,
        precision=precision,
        threads=threads or options.processors(),
        note=sink.note,
    )
    if output is not None:
        write_embedded(embedded, output)
        documents, dimensions = embedded.matrix.shape
        sink.note(f"{output}: {documents:,} documents, {dimensions:,} dimensions")
    if plot is not None:
        picture = map_documents(embedded, projection=projection, seed=seed, warn=sink.warn)
        sink.note(write_map(picture, plot, theme=theme, option="--plot"))
