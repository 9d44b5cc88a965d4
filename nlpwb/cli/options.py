"""The options that several commands share, spelled once."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nlpwb.cli.completion import complete_corpus
from nlpwb.errors import UsageError, nearest
from nlpwb.report.sink import FORMATS, Sink
from nlpwb.tasks import SEPARATOR, TASKS, TOKENS, Task, metric_info

if TYPE_CHECKING:
    from nlpwb.cache.store import Cache


def among(option: str, choices: tuple[str, ...]) -> Callable[[str], str]:
    """A check that an option's value is one of a few; the sentence offers the nearest."""

    def check(value: str) -> str:
        if value not in choices:
            raise UsageError(f"{option} {value!r} is not known; {nearest(value, choices)}")
        return value

    return check


def _named(value: str | None) -> str | None:
    if value == "":
        raise UsageError(
            "CORPUS is empty; name a file, a folder, a built-in corpus, or - for stdin"
        )
    return value


def require_corpus(corpus: str | None) -> str:
    """The corpus that a command cannot do without.

    Raises:
        UsageError: none was typed.
    """
    if corpus is None:
        raise UsageError(
            "CORPUS is missing; name a file, a folder, a built-in corpus, or - for stdin"
        )
    return corpus


Corpus = Annotated[
    str,
    typer.Argument(
        callback=_named,
        help="A file, a folder, - for standard input, or a built-in name (`nlpwb data list`).",
        metavar="CORPUS",
        autocompletion=complete_corpus,
        show_default=False,
    ),
]
OptionalCorpus = Annotated[
    str | None,
    typer.Argument(
        callback=_named,
        help="A file, a folder, - for standard input, or a built-in name (`nlpwb data list`).",
        metavar="CORPUS",
        autocompletion=complete_corpus,
        show_default=False,
    ),
]
SourceFile = Annotated[
    str | None,
    typer.Option(
        "--source",
        help="Texts to be translated, one a line, beside --target; in place of CORPUS.",
        metavar="FILE",
    ),
]
TargetFile = Annotated[
    str | None, typer.Option("--target", help="Their translations, one a line.", metavar="FILE")
]
SourceColumn = Annotated[
    str | None,
    typer.Option("--source-col", help="Column of the texts to be translated.", metavar="COL"),
]
TargetColumn = Annotated[
    str | None, typer.Option("--target-col", help="Column of their translations.", metavar="COL")
]
Format = Annotated[
    str,
    typer.Option(
        "--format",
        help=f"How results are printed: {', '.join(FORMATS)}. auto: a table on a terminal, TSV in a pipe.",
        callback=among("--format", FORMATS),
        autocompletion=lambda: list(FORMATS),
        metavar="FORMAT",
    ),
]
Out = Annotated[
    str | None,
    typer.Option(
        "--out",
        help="Write the results to this file; with auto its ending decides.",
        metavar="FILE",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No notes and no progress.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="More notes, also into a pipe or file.")
]
Text = Annotated[
    str | None,
    typer.Option(
        "--text", help="Column that holds the text; several are joined: title,body.", metavar="COL"
    ),
]
Label = Annotated[
    str | None,
    typer.Option(
        "--label",
        help='Column that holds the label; "a;b": columns of 0 and 1, one for each label of a set.',
        metavar="COL",
    ),
]
Group = Annotated[
    str | None,
    typer.Option(
        "--group-col",
        help="Column whose equal values belong together (author, product): never split, resampled whole.",
        metavar="COL",
    ),
]
Pairs = Annotated[
    bool | None,
    typer.Option(
        "--pairs/--no-pairs",
        help="The two columns of --text are two texts, such as premise,hypothesis, and not parts of one.",
        show_default=False,
    ),
]
Encoding = Annotated[str, typer.Option("--encoding", help="Encoding of the input.", metavar="NAME")]
InputFormat = Annotated[
    str | None,
    typer.Option(
        "--input-format",
        help="csv, tsv, jsonl, text, fasttext or parquet, where name and content do not tell.",
        metavar="NAME",
    ),
]
Header = Annotated[
    bool | None,
    typer.Option(
        "--header/--no-header",
        help="Whether a table's first line names its columns; guessed otherwise.",
    ),
]
SkipBadRows = Annotated[
    bool, typer.Option("--skip-bad-rows", help="Count rows that cannot be read and go on.")
]
PerFile = Annotated[
    bool, typer.Option("--per-file", help="A plain text file is one document, not one a line.")
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of everything random.", min=0, max=2**31)]
Threads = Annotated[
    int | None, typer.Option("--threads", help="Processors to use; all by default.", min=1)
]
CacheDir = Annotated[
    str | None,
    typer.Option("--cache-dir", help="Folder of the cache; $NLPWB_CACHE otherwise.", metavar="DIR"),
]
LabelTask = Annotated[
    str,
    typer.Option(
        "--task",
        help="classify: one label a document; multilabel: a set of them; regression: a number; auto: as the labels look.",
        callback=among("--task", ("auto", *TASKS)),
        autocompletion=lambda: ["auto", *TASKS],
    ),
]
TrainTask = Annotated[
    str,
    typer.Option(
        "--task",
        help="classify: one label a document; multilabel: a set of them; regression: a number; tokens: a label a word, from "
        "CoNLL columns; auto: as the labels look.",
        callback=among("--task", ("auto", *TASKS, TOKENS)),
        autocompletion=lambda: ["auto", *TASKS, TOKENS],
    ),
]
DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "float32", "bf16")
Device = Annotated[
    str,
    typer.Option(
        "--device",
        help="Where a network computes: auto (a GPU where there is one), cpu, cuda or mps.",
        callback=among("--device", DEVICES),
        autocompletion=lambda: list(DEVICES),
        metavar="NAME",
    ),
]
Precision = Annotated[
    str,
    typer.Option(
        "--precision",
        help="Numbers of a network: auto (bf16 where the machine has units for it), float32 or bf16.",
        callback=among("--precision", PRECISIONS),
        autocompletion=lambda: list(PRECISIONS),
        metavar="NAME",
    ),
]
Offline = Annotated[
    bool,
    typer.Option("--offline", help="Open no socket: what is not on this machine is not fetched."),
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Neither read nor write the cache.")]
Projection = Annotated[
    str,
    typer.Option(
        help="pca (axes that say how much they show) or tsne (neighbours stay together).",
        callback=among("--projection", ("pca", "tsne")),
        metavar="NAME",
    ),
]
Theme = Annotated[
    str,
    typer.Option(
        help="Colours of a picture: light or dark; a page follows its reader.",
        callback=among("--theme", ("light", "dark")),
        metavar="NAME",
    ),
]


def make_sink(format: str, out: str | None, quiet: bool, verbose: bool = False) -> Sink:
    """The place where a command's results and notes go."""
    if quiet and verbose:
        raise UsageError("-q and -v contradict each other; give one")
    return Sink(format=format, out=out, quiet=quiet, verbose=verbose)


def read_options(
    *,
    text: str | None = None,
    label: str | None = None,
    group: str | None = None,
    encoding: str = "utf-8",
    input_format: str | None = None,
    header: bool | None = None,
    skip_bad_rows: bool = False,
    per_file: bool = False,
    task: Task | None = None,
    pairs: bool = False,
) -> Any:
    """The reading options of a command as the data room takes them."""
    from nlpwb.data.corpus import ReadOptions

    return ReadOptions(
        text=text,
        label=label,
        group=group,
        encoding=encoding,
        input_format=input_format,
        header=header,
        skip_bad_rows=skip_bad_rows,
        per_file=per_file,
        task=task,
        pairs=pairs,
    )


@contextlib.contextmanager
def open_cache(cache_dir: str | None, no_cache: bool, sink: Sink) -> Iterator[Cache]:
    """The cache that a command uses; ``--no-cache`` gives an empty one that leaves with the command."""
    from nlpwb.cache.store import Cache, cache_root

    if not no_cache:
        yield Cache(cache_root(cache_dir), warn=sink.warn)
        return
    if cache_dir is not None:
        raise UsageError("--no-cache and --cache-dir contradict each other; give one")
    with tempfile.TemporaryDirectory(prefix="nlpwb-", ignore_cleanup_errors=True) as folder:
        yield Cache(Path(folder), warn=sink.warn, lasts=False)


def go_offline(flag: bool) -> None:
    """Have this process, and those that it starts, open no socket for a base; to be called before anything is opened."""
    if flag:
        # What huggingface_hub looks at when it is imported, and `find_base` whenever it is asked.
        os.environ["HF_HUB_OFFLINE"] = "1"


def processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def asked_task(task: str, metric: str | None, label: str | None) -> Task | None:
    """The task that was asked for, by name or by several label columns; None where the labels are to tell.

    Raises:
        UsageError: several label columns for a task of one, or a metric of another task.
    """
    learned = next((known for known in TASKS if known == task), None)
    if label is not None and SEPARATOR in label:
        if learned not in (None, "multilabel"):
            raise UsageError(
                f"--label {label} names a column of 0 and 1 for each label of a set, and --task {task} "
                "takes one column; name one, or leave --task out"
            )
        learned = "multilabel" if task != "intrinsic" else None
    if metric is not None and learned is not None:
        metric_info(metric, learned)
    return learned
