"""``nlpwb compare``: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nlpwb.cli import intrinsic, options, sequences
from nlpwb.cli.completion import complete_spec
from nlpwb.cli.of_model import refuse
from nlpwb.cli.translation import Origin
from nlpwb.errors import GateMissed, SomeFailed, UsageError, nearest
from nlpwb.report.sink import check_place
from nlpwb.tasks import METRICS, default_metric
from nlpwb.tasks import TASKS as LABELLED_TASKS

if TYPE_CHECKING:
    from nlpwb.cache.store import Cache
    from nlpwb.records import Comparison
    from nlpwb.report.sink import Sink
    from nlpwb.workflows.design import Sources
    from nlpwb.workflows.request import Request

TASKS = ("auto", *LABELLED_TASKS, "intrinsic", *sequences.TASKS)
PRESETS = ("quick", "standard")


Method = Annotated[
    list[str] | None,
    typer.Option(
        "--method",
        "-m",
        help="A spec such as tfidf:ngrams=1-2+svm; again for each method; @FILE reads one a line.",
        metavar="SPEC",
        autocompletion=complete_spec,
        show_default=False,
    ),
]

Metric = Annotated[
    str | None,
    typer.Option(
        help=" | ".join(METRICS)
        + "; accuracy by default, of sets of labels micro-f1, of numbers pearson.",
        autocompletion=lambda: list(METRICS),
        metavar="METRIC",
    ),
]


def compare(
    context: typer.Context,
    corpus: options.OptionalCorpus = None,
    method: Method = None,
    task: Annotated[
        str,
        typer.Option(
            help="classify: one label a document; multilabel: a set of them; regression: a number; "
            "intrinsic: without labels; lm: language models; translate: translators; auto: as methods and labels look.",
            callback=options.among("--task", TASKS),
            autocompletion=lambda: list(TASKS),
        ),
    ] = "auto",
    preset: Annotated[
        str | None,
        typer.Option(
            help="Methods to compare: quick or standard (the default where no -m is given).",
            autocompletion=lambda: list(PRESETS),
        ),
    ] = None,
    test: Annotated[
        str | None,
        typer.Option(help="Score on this file; all of CORPUS trains.", metavar="FILE"),
    ] = None,
    test_size: Annotated[
        float | None,
        typer.Option(
            help="Share of the documents to test on, in one split (0.2 from 2,000 rows on)."
        ),
    ] = None,
    folds: Annotated[
        int | None, typer.Option(help="Cross-validation (10 folds below 2,000 rows).")
    ] = None,
    repeats: Annotated[int, typer.Option(help="Repeat the folds with other divisions.", min=1)] = 1,
    seeds: Annotated[
        int, typer.Option(help="Seeds for each method that depends on one.", min=1, max=100)
    ] = 1,
    metric: Metric = None,
    budget: Annotated[
        str | None,
        typer.Option(help="Training rows for a learning curve: 10,100,1000.", metavar="N,N,…"),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", help="Cells at a time; one a processor.", min=1)
    ] = None,
    method_timeout: Annotated[
        float | None, typer.Option(help="Stop a cell after this many seconds.", min=0.001)
    ] = None,
    search: Annotated[
        str | None,
        typer.Option(
            help="Random search over the options that were not typed, on a part of the training rows: a number "
            "of trials for each method (20), or a time (10min).",
            metavar="N|TIME",
            show_default=False,
        ),
    ] = None,
    fail_under: Annotated[
        float | None,
        typer.Option(
            help="Exit with 3 unless the lower end of the best method's interval reaches this."
        ),
    ] = None,
    drop_duplicates: Annotated[
        bool,
        typer.Option("--drop-duplicates", help="Leave out test texts that also stand in training."),
    ] = False,
    plot: Annotated[
        str | None,
        typer.Option(
            help="Quality against cost, and the learning curve, as .png or .svg.", metavar="FILE"
        ),
    ] = None,
    errors: Annotated[
        str | None,
        typer.Option(
            help="Rows on which methods disagree, as .tsv, .csv, .jsonl or .md.", metavar="FILE"
        ),
    ] = None,
    text: options.Text = None,
    label: options.Label = None,
    test_text: Annotated[
        str | None, typer.Option(help="Text column of --test, where it differs.", metavar="COL")
    ] = None,
    test_label: Annotated[
        str | None, typer.Option(help="Label column of --test, where it differs.", metavar="COL")
    ] = None,
    group_col: options.Group = None,
    source: options.SourceFile = None,
    target: options.TargetFile = None,
    test_source: Annotated[
        str | None,
        typer.Option(
            help="Texts to be translated in the test, beside --test-target.", metavar="FILE"
        ),
    ] = None,
    test_target: Annotated[
        str | None, typer.Option(help="Their translations, one a line.", metavar="FILE")
    ] = None,
    source_col: options.SourceColumn = None,
    target_col: options.TargetColumn = None,
    encoding: options.Encoding = "utf-8",
    input_format: options.InputFormat = None,
    header: options.Header = None,
    skip_bad_rows: options.SkipBadRows = False,
    format: options.Format = "auto",
    out: options.Out = None,
    seed: options.Seed = 0,
    threads: options.Threads = None,
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    cache_dir: options.CacheDir = None,
    no_cache: options.NoCache = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Compare methods on a corpus: score, interval, letters, cost; best first.

    A corpus without labels is compared by what its documents and words tell: which other half belongs to a document, word
    similarity, analogies, stability. Language models are compared by bits per byte, translators by BLEU.
    """
    from nlpwb.report.comparison import show_comparison
    from nlpwb.report.live import live_board
    from nlpwb.searching import parse_budget
    from nlpwb.specs import parse_specs
    from nlpwb.workflows.compare import compare as run
    from nlpwb.workflows.design import Design, Sources
    from nlpwb.workflows.plans import make_plan
    from nlpwb.workflows.request import Request, check_probabilities, settled
    from nlpwb.workflows.request import preset as of_preset

    sink = options.make_sink(format, out, quiet, verbose)
    writes = sequences.task_of(task, list(method or ()))
    if writes is not None:
        sequences.check_options(context, writes)
        if writes == "lm":
            learned_from, held = Origin(corpus, None, None), Origin(test, None, None)
        else:
            learned_from = Origin(corpus, source, target)
            held = Origin(test, test_source, test_target)
        with options.open_cache(cache_dir, no_cache, sink) as cache:
            sequences.run(
                writes,
                list(method or ()),
                sequences.sources_of(
                    writes,
                    learned_from,
                    held,
                    options.read_options(
                        text=text,
                        encoding=encoding,
                        input_format=input_format,
                        header=header,
                        skip_bad_rows=skip_bad_rows,
                    ),
                    test_text=test_text,
                    columns=(source_col, target_col),
                ),
                cache=cache,
                sink=sink,
                test_size=test_size,
                seed=seed,
                seeds=seeds,
                jobs=jobs or 1,
                threads=threads or options.processors(),
                method_timeout=method_timeout,
                device=device,
                precision=precision,
                quiet=quiet,
            )
        return
    refuse(
        context,
        sequences.OF_PAIRS,
        "{option} concerns translators; name one with -m, or leave it out",
    )
    if corpus is None:
        raise UsageError(
            "CORPUS is missing; name a file, a folder, a built-in corpus, or - for stdin"
        )
    searching = parse_budget(search) if search is not None else None
    for option, path in (("--plot", plot), ("--errors", errors)):
        if path is not None:  # not after an hour of work
            check_place(Path(path), option=option)
    _check(metric, preset, folds, test_size, test, repeats)
    learned = options.asked_task(task, metric, label)
    if metric is not None or learned is not None:
        check_gate(fail_under, metric or default_metric(learned or "classify"))
    elif fail_under is not None and abs(fail_under) > 1:  # no task's own metric goes so far
        check_gate(fail_under, default_metric("classify"))
    of_test = {"--test-text": test_text, "--test-label": test_label}
    given = [name for name, value in of_test.items() if value is not None]
    given += ["--drop-duplicates"] if drop_duplicates else []
    if test is None and given:
        raise UsageError(f"{given[0]} concerns a test file; give --test FILE, or leave it out")
    _check_ending("--plot", plot, (".png", ".svg"))
    _check_ending("--errors", errors, (".tsv", ".csv", ".jsonl", ".json", ".md"))
    reading = options.read_options(
        text=text,
        label=label,
        group=group_col,
        encoding=encoding,
        input_format=input_format,
        header=header,
        skip_bad_rows=skip_bad_rows,
        task=learned,
    )
    test_reading = options.read_options(
        text=test_text or text,
        label=test_label or label,
        group=group_col,
        encoding=encoding,
        input_format=input_format,
        header=header,
        skip_bad_rows=skip_bad_rows,
        task=learned,
    )
    processors = options.processors()
    at_a_time = jobs or threads or processors
    threads_each = max(1, (threads or processors) // at_a_time)
    design = Design(
        source=corpus,
        options=reading,
        test=test,
        test_options=test_reading if test is not None else None,
        test_size=test_size,
        folds=folds,
        repeats=repeats,
        seed=seed,
        drop_duplicates=drop_duplicates,
        budgets=_budgets(budget),
        task=learned,
    )
    sources = Sources(design)
    reason = intrinsic.reason_of(task, sources)
    if reason is not None:
        intrinsic.check_options(context, reason)
        with options.open_cache(cache_dir, no_cache, sink) as cache:
            intrinsic.run(
                list(method or ()),
                sources,
                cache=cache,
                sink=sink,
                reason=reason,
                jobs=at_a_time,
                threads=threads_each,
                method_timeout=method_timeout,
                quiet=quiet,
            )
        return
    chosen = list(method or ())
    # what is misspelt, or cannot be, is said before a large corpus is read
    check_probabilities(parse_specs(chosen), metric)
    with options.open_cache(cache_dir, no_cache, sink) as cache:
        plan = make_plan(cache, sources, note=sink.note)
        if preset is not None or not chosen:
            chosen = [*of_preset(preset or "standard", plan.task), *chosen]
        request = Request(
            design=design,
            specs=tuple(parse_specs(chosen)),
            metric=metric,
            seeds=seeds,
            jobs=at_a_time,
            threads=threads_each,
            method_timeout=method_timeout,
            search=searching,
            device=device,
            precision=precision,
        )
        _check_networks(request)
        request = settled(request, plan)
        check_gate(fail_under, request.metric or default_metric(plan.task))
        with live_board([str(spec) for spec in request.specs], quiet=quiet) as progress:
            comparison = run(
                request, cache=cache, progress=progress, note=sink.note, sources=sources
            )
        for line in comparison.notes:
            sink.note(line)
        if errors is not None:
            _write_errors(errors, request, cache, sources, sink)
    if len(comparison.results) == 1 and comparison.failed:
        raise SomeFailed(f"{comparison.results[0].method}: {comparison.results[0].error}")
    show_comparison(sink, comparison)
    if plot is not None:
        from nlpwb.report.figures import plot_comparison

        plot_comparison(comparison, plot)
    _judge_end(comparison, fail_under)


def _check_networks(request: Request) -> None:
    """Refuse options of networks where there is none.

    Raises:
        UsageError: such an option was given.
    """
    if any(spec.representation.entry.network for spec in request.specs):
        return
    for option, word in (("--device", request.device), ("--precision", request.precision)):
        if word != "auto":
            raise UsageError(
                f"{option} {word} concerns networks, and no method is one; leave it out"
            )


def _check(
    metric: str | None,
    preset: str | None,
    folds: int | None,
    test_size: float | None,
    test: str | None,
    repeats: int,
) -> None:
    if metric is not None and metric not in METRICS:
        raise UsageError(f"--metric {metric!r} is not known; {nearest(metric, METRICS)}")
    if preset is not None and preset not in PRESETS:
        raise UsageError(f"--preset {preset!r} is not known; {nearest(preset, PRESETS)}")
    given = {"--folds": folds, "--test-size": test_size, "--test": test}
    names = [name for name, value in given.items() if value is not None]
    if len(names) > 1:
        raise UsageError(f"{names[0]} and {names[1]} contradict each other; give one of them")
    if repeats > 1 and (test is not None or test_size is not None):
        raise UsageError("--repeats repeats folds; give it with --folds, or leave it out")


def check_gate(fail_under: float | None, metric: str) -> None:
    """A gate that every result would miss, or pass, is a slip: 80 for 80 %."""
    low, high = METRICS[metric].low, METRICS[metric].high
    if fail_under is not None and not low <= fail_under <= high:
        raise UsageError(
            f"--fail-under {fail_under:g} is no value of {metric}, which lies between {low:g} and {high:g}; "
            "write for example 0.8"
        )


def _check_ending(option: str, path: str | None, endings: tuple[str, ...]) -> None:
    if path is not None and not path.lower().endswith(endings):
        known = f"{', '.join(endings[:-1])} or {endings[-1]}"
        raise UsageError(f"{option} {path}: the ending says the format, {known}")


def _budgets(text: str | None) -> tuple[int, ...]:
    """``10,100,1000``; the word ``all`` may stand among them, since the full training part is always there."""
    if text is None:
        return ()
    numbers = []
    for word in text.split(","):
        if word.strip() == "all":
            continue
        if not word.strip().isdecimal() or int(word) < 1:
            raise UsageError(f"--budget: {word.strip()!r} is no number of rows; write 10,100,1000")
        numbers.append(int(word))
    if not numbers:
        raise UsageError("--budget: give numbers of training rows, such as 10,100,1000")
    return tuple(sorted(set(numbers)))


def _write_errors(path: str, request: Request, cache: Cache, sources: Sources, sink: Sink) -> None:
    from nlpwb.report.sink import Column
    from nlpwb.report.sink import Sink as FileSink
    from nlpwb.workflows.disagreements import disagreements

    found = disagreements(request, cache=cache, sources=sources)
    methods = list(found[0].predicted) if found else [str(spec) for spec in request.specs]
    columns = [Column("row", "row"), Column("label", "label")]
    columns += [Column(method, method) for method in methods]
    columns.append(Column("text", "text"))
    rows = [
        {"row": one.row, "label": one.label, **one.predicted, "text": one.text} for one in found
    ]
    FileSink(out=path, quiet=True).table(rows, columns)
    sink.note(f"{len(found):,} rows on which methods disagree: {path}")


def _judge_end(comparison: Comparison, fail_under: float | None) -> None:
    """The exit code: a missed gate before a failed method.

    Raises:
        GateMissed: the lower end of the best interval is below the gate (above it for a loss).
        SomeFailed: a method has no figures.
    """
    if fail_under is not None:
        best = next((result for result in comparison.results if result.low is not None), None)
        higher = comparison.protocol.higher_is_better
        end = None if best is None else (best.low if higher else best.high)
        missed = end is None or (end < fail_under if higher else end > fail_under)
        if missed:
            what = "lower" if higher else "upper"
            found = (
                "there is no result"
                if end is None or best is None
                else (f"the {what} end of {best.method}'s interval is {end:.4f}")
            )
            raise GateMissed(
                f"--fail-under {fail_under:g} is missed: {found}; more data or another method may help"
            )
    if comparison.failed:
        names = sorted({result.method for result in comparison.failed})
        reason = comparison.failed[0].error
        stand = any(result.error is None for result in [*comparison.results, *comparison.curve])
        rest = "the other figures are above" if stand else "there is no other method"
        raise SomeFailed(f"{', '.join(names)} failed ({reason}); {rest}")
