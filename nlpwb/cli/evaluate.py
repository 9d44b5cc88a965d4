"""``nlpwb evaluate``: a model's figures on texts that it has not seen, with their intervals."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import typer

from nlpwb.cli import language, masked, options, tagging, translation
from nlpwb.cli.compare import Metric
from nlpwb.cli.comparing import check_gate
from nlpwb.cli.of_model import ModelOrFile, kind_of, refuse
from nlpwb.cli.translation import Origin
from nlpwb.errors import UsageError, nearest
from nlpwb.report.sink import Column
from nlpwb.tasks import AS_SAID, METRICS, default_metric, metric_info
from nlpwb.workflows.masked.evaluating import MASKINGS
from nlpwb.workflows.translation.search import BEAMS, LENGTH_PENALTY

_OPTIONS = {
    "classifier": ("metric", "confusion", "fail_under", "text", "label", "group_col"),
    "language-model": ("fail_over", "window", "stride", "text"),
    "masked-model": ("fail_under", "maskings", "text"),
    "translator": (
        *("beams", "length_penalty", "fail_under"),
        *("source", "target", "source_col", "target_col"),
    ),
    "tagger": ("strict", "fail_under", "text", "label"),
}
"""Options, by the kind of model that they concern."""


def evaluate(
    context: typer.Context,
    model: ModelOrFile,
    corpus: options.OptionalCorpus = None,
    metric: Metric = None,
    confusion: Annotated[
        bool, typer.Option("--confusion", help="Print the table of true and predicted labels.")
    ] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Of a tagger: entities count only where their labels are well-formed by IOB2 (seqeval's strict mode).",
        ),
    ] = False,
    fail_under: Annotated[
        float | None,
        typer.Option(
            help="Exit with 3 unless the lower end of the interval reaches this; of a translator that of BLEU, 0 to 100."
        ),
    ] = None,
    fail_over: Annotated[
        float | None,
        typer.Option(
            help="Of a language model: exit with 3 unless the upper end of the interval of bits per byte is below."
        ),
    ] = None,
    window: Annotated[
        int | None,
        typer.Option(
            help="Tokens that a language model of limited sight sees at once; as many as it was trained on.",
            min=2,
        ),
    ] = None,
    stride: Annotated[
        int | None,
        typer.Option(help="How many of them are new at a time; half of them by default.", min=1),
    ] = None,
    maskings: Annotated[
        int,
        typer.Option(
            help="Of an encoder that fills masks: ways in which the text is hidden, of which figures are the mean.",
            min=1,
            max=1000,
        ),
    ] = MASKINGS,
    beams: Annotated[
        int,
        typer.Option(help="Hypotheses of a translator at a time.", min=1, max=1000),
    ] = BEAMS,
    length_penalty: Annotated[
        float,
        typer.Option(help="Of a translator: larger values favour longer texts.", min=0, max=10),
    ] = LENGTH_PENALTY,
    source: options.SourceFile = None,
    target: options.TargetFile = None,
    source_col: options.SourceColumn = None,
    target_col: options.TargetColumn = None,
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
    """Score a model: a classifier on labelled texts, the metric with its interval and every label's own figures; a language
    model on texts, in bits per byte and perplexity; an encoder that fills masks by the hidden tokens that it says right; a
    translator on pairs, by BLEU and chrF; a tagger on labelled words, by the F1 of entities.
    """
    from nlpwb.data.pair_columns import PairOptions
    from nlpwb.errors import GateMissed
    from nlpwb.report.comparison import percent, score
    from nlpwb.workflows.evaluating import evaluate as run
    from nlpwb.workflows.folders import AS_KIND, LANGUAGE_MODEL, MASKED_MODEL, TAGGER, TRANSLATOR
    from nlpwb.workflows.model_folder import task_of_model

    kind = kind_of(model)
    how: dict[str, Any] = {
        "seed": seed,
        "device": device,
        "precision": precision,
        "threads": threads or options.processors(),
    }
    of_others = sorted({name for names in _OPTIONS.values() for name in names} - {*_OPTIONS[kind]})
    refuse(
        context,
        of_others,
        f"{{option}} has no meaning for the model {model}, {AS_KIND[kind]}; leave it out",
    )
    if kind == TRANSLATOR:
        translation.check_gate(fail_under)
        pairs = Origin(corpus, source, target).read(
            PairOptions(
                source=source_col,
                target=target_col,
                encoding=encoding,
                skip_bad_rows=skip_bad_rows,
                header=header,
                input_format=input_format,
            )
        )
        sink = options.make_sink(format, out, quiet, verbose)
        translation.evaluate(
            model,
            pairs,
            sink=sink,
            beams=beams,
            length_penalty=length_penalty,
            fail_under=fail_under,
            **how,
        )
        return
    corpus = options.require_corpus(corpus)
    reading = options.read_options(
        text=text,
        label=label,
        group=group_col,
        encoding=encoding,
        input_format=input_format,
        header=header,
        skip_bad_rows=skip_bad_rows,
    )
    if kind == TAGGER:
        tagging.evaluate(
            model,
            corpus,
            reading,
            sink=options.make_sink(format, out, quiet, verbose),
            strict=strict,
            fail_under=fail_under,
            **how,
        )
        return
    if kind == LANGUAGE_MODEL:
        language.evaluate(
            model,
            corpus,
            reading,
            sink=options.make_sink(format, out, quiet, verbose),
            window=window,
            stride=stride,
            fail_over=fail_over,
            **how,
        )
        return
    if kind == MASKED_MODEL:
        check_gate(fail_under, "accuracy")
        masked.evaluate(
            model,
            corpus,
            reading,
            sink=options.make_sink(format, out, quiet, verbose),
            maskings=maskings,
            fail_under=fail_under,
            **how,
        )
        return
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
        dataclasses.replace(reading, task=task if task != "classify" else None),
        metric=metric,
        note=sink.note,
        **how,
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
