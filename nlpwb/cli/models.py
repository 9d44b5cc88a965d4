"""``nlpwb train``, ``predict``, ``evaluate``, ``embed``: the winner of a comparison, put to work."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nlpwb.cli import options
from nlpwb.cli.compare import Metric, asked_task, check_gate
from nlpwb.cli.completion import complete_spec
from nlpwb.errors import UsageError, nearest
from nlpwb.report.sink import Column, Sink, check_place
from nlpwb.tasks import AS_SAID, METRICS, SEPARATOR, default_metric, metric_info
from nlpwb.tasks import TASKS as LABELLED_TASKS

if TYPE_CHECKING:
    from nlpwb.workflows.training import Trained

TASKS = ("auto", *LABELLED_TASKS)
SpecArgument = Annotated[
    str,
    typer.Argument(
        help="The method, such as tfidf:ngrams=1-2+svm.",
        metavar="SPEC",
        autocompletion=complete_spec,
        show_default=False,
    ),
]
Model = Annotated[
    Path,
    typer.Argument(help="A folder that `nlpwb train` made.", metavar="MODEL", show_default=False),
]
Output = Annotated[Path, typer.Option("-o", "--output", help="Where it goes.", metavar="PATH")]


def train(
    spec: SpecArgument,
    corpus: options.Corpus,
    output: Output,
    task: Annotated[
        str,
        typer.Option(
            help="classify: one label a document; multilabel: a set of them; regression: a number; "
            "auto: as the labels look.",
            callback=options.among("--task", TASKS),
            autocompletion=lambda: list(TASKS),
        ),
    ] = "auto",
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    plot: Annotated[
        str | None,
        typer.Option(
            help="Draw how a network trained, loss and tuning score: .png, .svg or .pdf.",
            metavar="FILE",
        ),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(
            help="Write a network's training log here too, as it grows: JSON, a line a record.",
            metavar="FILE",
        ),
    ] = None,
    text: options.Text = None,
    label: options.Label = None,
    encoding: options.Encoding = "utf-8",
    input_format: options.InputFormat = None,
    header: options.Header = None,
    skip_bad_rows: options.SkipBadRows = False,
    format: options.Format = "auto",
    out: options.Out = None,
    seed: options.Seed = 0,
    threads: options.Threads = None,
    cache_dir: options.CacheDir = None,
    no_cache: options.NoCache = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Fit one method on all rows of a corpus; the model is a folder.

    A network keeps checkpoints meanwhile: killed, or interrupted, and started again, the same command goes on from the last
    one.
    """
    from nlpwb.report.training_curves import check_curves, plot_training
    from nlpwb.report.training_line import network_line, training_line
    from nlpwb.specs import parse_spec
    from nlpwb.workflows.networks.conditions import TRAINING_LOG, Conditions
    from nlpwb.workflows.networks.log import read_log
    from nlpwb.workflows.training import train as run

    sink = options.make_sink(format, out, quiet, verbose)
    learned = asked_task(task, None, label)
    parsed = parse_spec(spec)
    given = {"--device": device != "auto", "--precision": precision != "auto"}
    given |= {"--plot": plot is not None, "--log": log is not None}
    if not parsed.representation.entry.network and any(given.values()):
        option = next(name for name, is_given in given.items() if is_given)
        raise UsageError(f"{option} concerns networks, and {parsed} is none; leave it out")
    if plot is not None:
        check_curves(plot)
    if log is not None:
        check_place(log, option="--log")
    with (
        options.open_cache(cache_dir, no_cache, sink) as cache,
        training_line(network_line, quiet=quiet) as line,
    ):
        note = line.above(sink.note)
        trained = run(
            parsed,
            corpus,
            options.read_options(
                text=text,
                label=label,
                encoding=encoding,
                input_format=input_format,
                header=header,
                skip_bad_rows=skip_bad_rows,
                task=learned,
            ),
            output,
            task=learned,
            seed=seed,
            threads=threads or options.processors(),
            note=note,
            conditions=Conditions(
                device=device,
                precision=precision,
                cache=cache if cache.lasts else None,
                log=log,
                progress=line.show,
                note=note,
            ),
        )
    if plot is not None:
        rows = read_log(output / TRAINING_LOG)
        plot_training(rows, plot, title=f"{trained.method} on {trained.corpus}")
        sink.note(f"{plot}: how it trained")
    _show_trained(sink, trained)


def _show_trained(sink: Sink, trained: Trained) -> None:
    """What was made; of a network how it trained, in place of the share that is right in training."""
    from nlpwb.report.comparison import count, percent, seconds, size

    row = dataclasses.asdict(trained)
    made = row.pop("network")
    row.pop("corpus")
    first = [
        Column("model", "model", keep=True),
        Column("method", "method", keep=True, wrap_at=",+"),
        Column("documents", "documents", right=True),
    ]
    then = [
        Column("labels", "labels"),
        Column("dimensions", "dims", right=True, show=count),
        Column("fit_seconds", "fit", right=True, show=seconds),
        Column("bytes", "size", right=True, show=size),
    ]
    if made is None:
        last = [
            Column("train_accuracy", "right in training", right=True, show=percent),
            Column("chosen", "chosen", table=bool(trained.chosen)),
        ]
        sink.table([row], [*first, *then, *last])
        return
    sink.table([row | made], [*first, *_course_columns(made), *then, *_setting_columns(made)])


def _course_columns(made: Mapping[str, Any]) -> list[Column]:
    """How a network trained."""
    from nlpwb.report.comparison import score

    judged = "accuracy" if made["tuning_score"] in ("accuracy", "micro F1") else "rmse"
    return [
        Column("epochs", "epochs", right=True),
        Column("best_epoch", "best", right=True, table=made["best_epoch"] < made["epochs"]),
        Column("steps", "steps", right=True, table=False),
        Column("tuning_score", "tuned on", table=False),
        Column(
            "tuning",
            f"tuning {made['tuning_score']}",
            right=True,
            table=made["tuning"] is not None,
            show=lambda value: score(value, judged),
        ),
    ]


def _setting_columns(made: Mapping[str, Any]) -> list[Column]:
    """What it trained on, and where."""
    from nlpwb.report.comparison import count, percent

    return [
        Column("parameters", "parameters", right=True, table=False),
        Column("padding", "padding", right=True, table=False, show=percent),
        Column("cut", "cut", right=True, table=False),
        Column("covered", "covered", right=True, table=False),
        Column("device", "device", table=made["device"] != "cpu"),
        Column("precision", "precision", table=False),
        Column("threads", "threads", right=True, table=False),
        Column("resumed", "resumed", right=True, table=made["resumed"] > 0, show=count),
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
