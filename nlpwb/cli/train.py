"""``nlpwb train``: one method on a whole corpus, as a folder."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nlpwb.cli import language, masked, options, tagging, translation
from nlpwb.cli.completion import complete_spec
from nlpwb.cli.of_model import refuse
from nlpwb.cli.translation import Origin
from nlpwb.report.sink import Column, Sink, check_place
from nlpwb.tasks import TOKENS

if TYPE_CHECKING:
    from nlpwb.data.pair_columns import PairOptions
    from nlpwb.specs import Spec
    from nlpwb.workflows.training import Trained

SpecArgument = Annotated[
    str,
    typer.Argument(
        help="The method, such as tfidf:ngrams=1-2+svm.",
        metavar="SPEC",
        autocompletion=complete_spec,
        show_default=False,
    ),
]
Output = Annotated[Path, typer.Option("-o", "--output", help="Where it goes.", metavar="PATH")]

Plot = Annotated[
    str | None,
    typer.Option(
        help="Draw how a network trained, loss and tuning score: .png, .svg or .pdf.",
        metavar="FILE",
    ),
]
Log = Annotated[
    Path | None,
    typer.Option(
        help="Write a network's training log here too, as it grows: JSON, a line a record.",
        metavar="FILE",
    ),
]


@dataclasses.dataclass(frozen=True)
class Asked:
    """What was asked for beside the method and the corpus: as it was typed."""

    task: str
    device: str
    precision: str
    plot: str | None
    log: Path | None
    seed: int
    threads: int | None
    cache_dir: str | None
    no_cache: bool
    quiet: bool
    adapter: Path | None = None


def train(
    context: typer.Context,
    spec: SpecArgument,
    output: Output,
    corpus: options.OptionalCorpus = None,
    task: options.TrainTask = "auto",
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    plot: Plot = None,
    log: Log = None,
    source: options.SourceFile = None,
    target: options.TargetFile = None,
    source_col: options.SourceColumn = None,
    target_col: options.TargetColumn = None,
    text: options.Text = None,
    label: options.Label = None,
    pairs: options.Pairs = None,
    encoding: options.Encoding = "utf-8",
    input_format: options.InputFormat = None,
    header: options.Header = None,
    skip_bad_rows: options.SkipBadRows = False,
    format: options.Format = "auto",
    out: options.Out = None,
    seed: options.Seed = 0,
    threads: options.Threads = None,
    offline: options.Offline = False,
    cache_dir: options.CacheDir = None,
    no_cache: options.NoCache = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Fit one method on a whole corpus; the model is a folder. The method says what it becomes: a classifier, a language model,
    an encoder that fills masks or a translator.

    A network keeps checkpoints meanwhile: killed, or interrupted, and started again, the same command goes on from the last
    one.
    """
    from nlpwb.data.pair_columns import PairOptions
    from nlpwb.specs import parse_spec

    options.go_offline(offline)
    sink = options.make_sink(format, out, quiet, verbose)
    asked = Asked(task, device, precision, plot, log, seed, threads, cache_dir, no_cache, quiet)
    of_pairs = PairOptions(
        source=source_col,
        target=target_col,
        encoding=encoding,
        skip_bad_rows=skip_bad_rows,
        header=header,
        input_format=input_format,
    )
    of_texts = {
        "text": text,
        "label": label,
        "pairs": bool(pairs),
        "encoding": encoding,
        "input_format": input_format,
        "header": header,
        "skip_bad_rows": skip_bad_rows,
    }
    origin = Origin(corpus, source, target)
    fit(
        context, parse_spec(spec), origin, output, asked, sink, of_texts=of_texts, of_pairs=of_pairs
    )


def fit(
    context: typer.Context,
    parsed: Spec,
    origin: Origin,
    output: Path,
    asked: Asked,
    sink: Sink,
    *,
    of_texts: dict[str, Any],
    of_pairs: PairOptions | None = None,
) -> None:
    """Train, and show what was made; ``of_texts`` and ``of_pairs`` say how the corpus is read, whichever it is.

    Raises:
        UsageError: an option that has no meaning for the method was typed.
    """
    from nlpwb.report.training_curves import check_curves, plot_training
    from nlpwb.report.training_line import network_line, training_line
    from nlpwb.workflows.networks.conditions import TRAINING_LOG, Conditions
    from nlpwb.workflows.networks.log import read_log
    from nlpwb.workflows.training import train as run

    learned = options.asked_task(asked.task, None, of_texts["label"])
    entry = parsed.representation.entry
    _check(context, parsed, origin, task=asked.task)
    if asked.plot is not None:
        check_curves(asked.plot)
    if asked.log is not None:
        check_place(asked.log, option="--log")
    with (
        options.open_cache(asked.cache_dir, asked.no_cache, sink) as cache,
        training_line(network_line, quiet=asked.quiet) as line,
    ):
        note = line.above(sink.note)
        conditions = Conditions(
            device=asked.device,
            precision=asked.precision,
            cache=cache if cache.lasts else None,
            log=asked.log,
            adapter=asked.adapter,
            progress=line.show,
            note=note,
        )
        how: dict[str, Any] = {
            "seed": asked.seed,
            "threads": asked.threads or options.processors(),
            "conditions": conditions,
        }
        show: Callable[[Sink], None]
        if entry.writes == "translate":
            assert of_pairs is not None, "a translator comes by `nlpwb train` alone"
            show = translation.train(parsed, origin.read(of_pairs), output, **how)
        else:
            assert origin.corpus is not None, "checked"
            reading = options.read_options(**of_texts, task=learned)
            if asked.task == TOKENS:
                show = tagging.train(parsed, origin.corpus, reading, output, **how)
            elif entry.writes == "lm":
                show = language.train(parsed, origin.corpus, reading, output, **how)
            elif entry.writes == "mlm":
                show = masked.train(parsed, origin.corpus, reading, output, **how)
            else:
                trained = run(
                    parsed, origin.corpus, reading, output, task=learned, note=note, **how
                )
                show = functools.partial(_show_trained, trained=trained)
    if asked.plot is not None:
        rows = read_log(output / TRAINING_LOG)
        name = Path(origin.corpus or origin.source or "").name
        plot_training(rows, asked.plot, title=f"{parsed} on {name}")
        sink.note(f"{asked.plot}: how it trained")
    show(sink)


def _check(context: typer.Context, spec: Spec, origin: Origin, *, task: str) -> None:
    """Refuse options that have no meaning for the method.

    Raises:
        UsageError: one was typed, or there is nothing to read.
    """
    entry = spec.representation.entry
    if not entry.trains:
        of_networks = ["device", "precision", "plot", "log"]
        refuse(
            context, of_networks, f"{{option}} concerns networks, and {spec} is none; leave it out"
        )
    if entry.writes:
        of_labels = ["label"] if task == "auto" else ["task", "label"]
        refuse(
            context, of_labels, f"{{option}} concerns labels, and {spec} needs none; leave it out"
        )
    if entry.writes == "translate":
        way = "name the columns with --source-col and --target-col"
        refuse(
            context, ["text"], f"{{option}} names one column, and {spec} learns from pairs; {way}"
        )
        refuse(
            context, ["pairs"], f"{{option}} is no choice: {spec} learns from pairs; leave it out"
        )
        origin.check()
        return
    of_pairs = ["source", "target", "source_col", "target_col"]
    refuse(
        context,
        of_pairs,
        f"{{option}} concerns pairs of texts, and {spec} does not translate; leave it out",
    )
    if task == TOKENS:
        tagging.check(context, spec)
    if not entry.based or not entry.network:
        two = "two columns of --text are read one after the other"
        refuse(context, ["pairs"], f"{{option}} concerns finetune; to {spec} {two}, leave it out")
    options.require_corpus(origin.corpus)


def _show_trained(sink: Sink, trained: Trained) -> None:
    """What was made; of a network how it trained, in place of the share that is right in training."""
    from nlpwb.report.comparison import percent, seconds, size

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
        Column("dimensions", "dims", right=True),
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
    from nlpwb.report.comparison import count, percent, size
    from nlpwb.report.numbers import learned

    based = made["trained_share"] is not None
    return [
        Column("parameters", "parameters", right=True, table=False),
        Column("padding", "padding", right=True, table=False, show=percent),
        Column("cut", "cut", right=True, table=False),
        Column("covered", "covered", right=True, table=False),
        Column("trained_share", "learned", right=True, table=based, show=learned),
        Column("ship_bytes", "to ship", right=True, table=based, show=size),
        Column("device", "device", table=made["device"] != "cpu"),
        Column("precision", "precision", table=False),
        Column("threads", "threads", right=True, table=False),
        Column("resumed", "resumed", right=True, table=made["resumed"] > 0, show=count),
    ]
