"""``nlpwb finetune``: a network that somebody else trained goes on learning on a corpus of ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nlpwb.cli import continuing, options, train
from nlpwb.cli.translation import Origin
from nlpwb.errors import UsageError
from nlpwb.tasks import TASKS as LABELLED
from nlpwb.tasks import TOKENS

if TYPE_CHECKING:
    from nlpwb.data.corpus import ReadOptions
    from nlpwb.report.sink import Sink
    from nlpwb.specs import Spec

STRATEGIES = ("full", "frozen", "layers", "bitfit", "lora", "contrastive", "gradual")
"""Those of ``methods/finetuning/config.py``, which listing options need not load; a test holds them equal."""
TASKS = ("auto", *LABELLED, TOKENS, continuing.TASK)
BaseTask = Annotated[
    str,
    typer.Option(
        "--task",
        help="classify: one label a document; multilabel: a set of them; regression: a number; tokens: a label a word, from "
        "CoNLL columns; lm: no labels, the base's own training goes on; auto: as the labels look.",
        callback=options.among("--task", TASKS),
        autocompletion=lambda: list(TASKS),
    ),
]


def finetune(
    context: typer.Context,
    base: Annotated[
        str,
        typer.Argument(
            help="minilm, a folder with a config.json, hub:owner/name[@revision] (`nlpwb bases`), or a language model of "
            "`nlpwb train`.",
            show_default=False,
        ),
    ],
    corpus: options.Corpus,
    output: train.Output,
    strategy: Annotated[
        str,
        typer.Option(
            help="What learns: full, frozen, layers, bitfit, lora, contrastive, gradual (`nlpwb methods finetune` says of what).",
            callback=options.among("--strategy", STRATEGIES),
            autocompletion=lambda: list(STRATEGIES),
        ),
    ] = "full",
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Another option of `nlpwb methods finetune`, such as --set epochs=5; may be repeated.",
            metavar="NAME=VALUE",
        ),
    ] = None,
    unlabelled: Annotated[
        Path | None,
        typer.Option(
            help="More texts like those of the corpus, no labels needed: a language model of ours is tuned on both first "
            "(--strategy gradual).",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    adapter: Annotated[
        Path | None,
        typer.Option(
            help="Write the low-rank additions of --strategy lora by themselves, too, as peft reads them.",
            metavar="FOLDER",
        ),
    ] = None,
    search: Annotated[
        str | None,
        typer.Option(
            help="First try options that were not given, drawn at random, on a fifth of the rows: a number of trials (8), or a "
            "time (20min); the best is then trained on all rows.",
            metavar="N|TIME",
            show_default=False,
        ),
    ] = None,
    task: BaseTask = "auto",
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    plot: train.Plot = None,
    log: train.Log = None,
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
    """Fine-tune a base on a labelled corpus, or on text; the model is a folder that the field's libraries read, too.

    It is `nlpwb train finetune:base=BASE,strategy=… CORPUS`, and goes on where it was interrupted, as that does. Two columns of
    --text are a pair of texts: --text premise,hypothesis. With --task lm it is `nlpwb train mlm:base=BASE TEXT`, or
    `gpt:base=BASE` of GPT-2's family: the base's own training goes on.
    """
    from nlpwb.methods.finetuning.config import FinetuneConfig
    from nlpwb.options import parse_options
    from nlpwb.specs import Part, Spec

    options.go_offline(offline)
    words: dict[str, str] = {} if unlabelled is None else {"unlabelled": str(unlabelled)}
    for word in option or []:
        name, given, value = word.partition("=")
        if not given or name in (*words, "base", "strategy"):
            listed = "mlm`, or gpt," if task == continuing.TASK else "finetune`"
            raise UsageError(
                f"--set {word}: write NAME=VALUE, each name once; `nlpwb methods {listed} lists the names"
            )
        words[name] = value
    if adapter is not None and task != continuing.TASK and strategy != "lora":
        raise UsageError(
            f"--adapter: strategy={strategy} makes no additions; write --strategy lora"
        )
    if task == continuing.TASK:
        spec = continuing.spec_of(context, base, words)
        task = "auto"
    else:
        words = {"base": base, "strategy": strategy, **words}
        spec = Spec(Part("finetune", parse_options(FinetuneConfig, "finetune", words)), None, None)
        # files that are not there, and options that do nothing with this base
        spec.representation.identity()
    of_texts: dict[str, Any] = {
        "text": text,
        "label": label,
        "pairs": _two_columns(text) if pairs is None else pairs,
        "encoding": encoding,
        "input_format": input_format,
        "header": header,
        "skip_bad_rows": skip_bad_rows,
    }
    sink = options.make_sink(format, out, quiet, verbose)
    if search is not None:
        from nlpwb.searching import parse_budget

        budget = parse_budget(search)
        if task == TOKENS:
            raise UsageError(
                "--search tries labels of texts, and --task tokens labels words; leave one out"
            )
        if corpus == "-":
            raise UsageError(
                "--search reads the corpus twice, and standard input once; name a file"
            )
        learned = options.asked_task(task, None, label)
        with options.open_cache(cache_dir, no_cache, sink) as cache:
            spec = _best(
                spec,
                corpus,
                options.read_options(**of_texts, task=learned),
                sink,
                budget=budget,
                task=learned,
                seed=seed,
                threads=threads or options.processors(),
                device=device,
                precision=precision,
                cache=cache,
            )
    train.fit(
        context,
        spec,
        Origin(corpus, None, None),
        output,
        train.Asked(
            task, device, precision, plot, log, seed, threads, cache_dir, no_cache, quiet, adapter
        ),
        sink,
        of_texts=of_texts,
    )


def _best(spec: Spec, corpus: str, reading: ReadOptions, sink: Sink, **how: Any) -> Spec:
    """The best of the trials, which is said as a spec."""
    from nlpwb.workflows.trying import try_options

    tried = try_options(spec, corpus, reading, note=sink.note, **how)
    best, first = tried.best, tried.trials[0]
    as_typed = (
        "" if best is first or first.score is None else f"; as it was typed {first.score:.4f}"
    )
    sink.note(
        f"the best of {len(tried.trials)} trials, {tried.metric} {best.score:.4f} on a fifth of the rows{as_typed}: {best.spec}"
    )
    return best.spec


def _two_columns(text: str | None) -> bool:
    """Whether ``--text`` names two: what a base reads as two texts."""
    return text is not None and text.count(",") == 1
