"""``nlpwb compare``: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nlpwb.cli import intrinsic, options, sequences
from nlpwb.cli.comparing import (
    PRESETS,
    budgets_of,
    check_division,
    check_ending,
    check_gate,
    check_networks,
    judge_end,
    write_disagreements,
)
from nlpwb.cli.completion import complete_spec
from nlpwb.cli.of_model import refuse
from nlpwb.cli.translation import Origin
from nlpwb.errors import SomeFailed, UsageError
from nlpwb.report.sink import check_place
from nlpwb.tasks import METRICS, TOKENS, default_metric
from nlpwb.tasks import TASKS as LABELLED_TASKS

TASKS = ("auto", *LABELLED_TASKS, "intrinsic", *sequences.TASKS)


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


def _task(value: str) -> str:
    if value == TOKENS:
        raise UsageError(
            "--task tokens: methods are not compared on labels of words; `nlpwb finetune BASE FILE --task tokens` trains one, "
            "and `nlpwb evaluate` gives its entity F1 with an interval"
        )
    return options.among("--task", TASKS)(value)


def compare(
    context: typer.Context,
    corpus: options.OptionalCorpus = None,
    method: Method = None,
    task: Annotated[
        str,
        typer.Option(
            help="classify: one label a document; multilabel: a set of them; regression: a number; "
            "intrinsic: without labels; lm: language models; translate: translators; auto: as methods and labels look.",
            callback=_task,
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
    pairs: options.Pairs = None,
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
    offline: options.Offline = False,
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

    options.go_offline(offline)
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
    corpus = options.require_corpus(corpus)
    searching = parse_budget(search) if search is not None else None
    for option, path in (("--plot", plot), ("--errors", errors)):
        if path is not None:  # not after an hour of work
            check_place(Path(path), option=option)
    check_division(metric, preset, folds, test_size, test, repeats)
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
    check_ending("--plot", plot, (".png", ".svg"))
    check_ending("--errors", errors, (".tsv", ".csv", ".jsonl", ".json", ".md"))
    reading = options.read_options(
        text=text,
        label=label,
        pairs=bool(pairs),
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
        pairs=bool(pairs),
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
        budgets=budgets_of(budget),
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
        check_networks(request)
        request = settled(request, plan)
        check_gate(fail_under, request.metric or default_metric(plan.task))
        with live_board([str(spec) for spec in request.specs], quiet=quiet) as progress:
            comparison = run(
                request, cache=cache, progress=progress, note=sink.note, sources=sources
            )
        for line in comparison.notes:
            sink.note(line)
        if errors is not None:
            write_disagreements(errors, request, cache, sources, sink)
    if len(comparison.results) == 1 and comparison.failed:
        raise SomeFailed(f"{comparison.results[0].method}: {comparison.results[0].error}")
    show_comparison(sink, comparison)
    if plot is not None:
        from nlpwb.report.figures import plot_comparison

        plot_comparison(comparison, plot)
    judge_end(comparison, fail_under)
