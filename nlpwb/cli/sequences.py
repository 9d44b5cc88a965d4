"""The road of ``nlpwb compare`` for methods that write: what may be asked of it, and what is printed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nlpwb.cli import options
from nlpwb.cli.of_model import refuse
from nlpwb.cli.translation import Origin
from nlpwb.errors import SomeFailed, UsageError

if TYPE_CHECKING:
    import typer

    from nlpwb.cache.store import Cache
    from nlpwb.data.corpus import ReadOptions
    from nlpwb.records_sequences import SequenceComparison
    from nlpwb.report.sink import Sink
    from nlpwb.specs import Spec
    from nlpwb.workflows.sequences.sources import SequenceTask, Sources

TASKS: tuple[SequenceTask, ...] = ("lm", "translate")
_OF_LABELS = (
    "metric",
    "preset",
    "folds",
    "repeats",
    "budget",
    "search",
    "fail_under",
    "drop_duplicates",
    "plot",
    "errors",
    "label",
    "test_label",
    "group_col",
)
"""Parameters that have a meaning only where labels are compared by."""
_OF_COLUMNS = ("text", "test_text")
OF_PAIRS = ("source", "target", "test_source", "test_target", "source_col", "target_col")


def check_options(context: typer.Context, task: SequenceTask) -> None:
    """Refuse what was typed and has no meaning for this task. Names that ``compare`` does not have are passed over.

    Raises:
        UsageError: such an option was given.
    """
    sentence = f"--task {task} compares without labels, and {{option}} concerns comparisons by labels; leave it out"
    refuse(context, _OF_LABELS, sentence)
    if task == "translate":
        way = "name the columns with --source-col and --target-col"
        refuse(
            context, _OF_COLUMNS, f"{{option}} names one column, and translators read pairs; {way}"
        )
    else:
        refuse(
            context,
            OF_PAIRS,
            "{option} concerns pairs of texts, and language models read texts; leave it out",
        )


def task_of(task: str, chosen: Sequence[str]) -> SequenceTask | None:
    """What is compared by what it writes: the task that was asked for, or that of the methods; None: something else.

    Raises:
        UsageError: methods of several tasks, or of another than was asked for.
    """
    from nlpwb.specs import parse_specs

    asked: SequenceTask | None = next((one for one in TASKS if one == task), None)
    found = {spec.representation.entry.writes: str(spec) for spec in parse_specs(chosen)}
    if "mlm" in found:
        raise UsageError(
            f"{found['mlm']} learns from text alone, and is compared by what it is a base for: `nlpwb train` it, then compare "
            "pretrained:base=MODEL or finetune:base=MODEL"
        )
    if asked is None and task != "auto":
        for writes, spec in found.items():
            if writes:
                raise UsageError(
                    f"--task {task} compares by labels or without, and {spec} writes texts; leave it out"
                )
        return None
    if len(found) > 1:
        one, other, *_ = found.values()
        raise UsageError(
            f"{one} and {other} cannot be compared: they are for different tasks; name those of one"
        )
    by_methods: SequenceTask | None = next((one for one in TASKS if one in found), None)
    return asked or by_methods


def sources_of(
    task: SequenceTask,
    given: Origin,
    held: Origin,
    reading: ReadOptions,
    *,
    test_text: str | None,
    columns: tuple[str | None, str | None],
) -> Sources:
    """What is compared on, as typed; nothing is read yet.

    Raises:
        UsageError: nothing to read, or the same said in two ways.
    """
    from nlpwb.data.pair_columns import PairOptions
    from nlpwb.workflows.sequences.sources import LanguageSources, PairSources

    if task == "lm":
        of_test = dataclasses.replace(reading, text=test_text or reading.text)
        return LanguageSources(options.require_corpus(given.corpus), reading, held.corpus, of_test)
    pairs = PairOptions(
        source=columns[0],
        target=columns[1],
        encoding=reading.encoding,
        skip_bad_rows=reading.skip_bad_rows,
        header=reading.header,
        input_format=reading.input_format,
    )
    given.check()
    if held == Origin(None, None, None):
        return PairSources(lambda: given.read(pairs))
    held.check()
    return PairSources(lambda: given.read(pairs), lambda: held.read(pairs))


def run(
    task: SequenceTask,
    chosen: Sequence[str],
    sources: Sources,
    *,
    cache: Cache,
    sink: Sink,
    test_size: float | None,
    seed: int,
    seeds: int,
    jobs: int,
    threads: int,
    method_timeout: float | None,
    device: str,
    precision: str,
    quiet: bool,
) -> None:
    """Compare the methods that were named, or the preset where none was, and print.

    Raises:
        UsageError: a method is none of this task, or options contradict each other.
        InputError: the texts cannot be read or divided.
        SomeFailed: a method has no figures.
    """
    from nlpwb.report.live import live_board
    from nlpwb.report.sequences import show_sequences
    from nlpwb.workflows.sequences.compare import compare_sequences
    from nlpwb.workflows.sequences.request import SequenceRequest, writers

    specs = writers(chosen, task)
    _check_networks(specs, device=device, precision=precision)
    request = SequenceRequest(
        task=task,
        specs=tuple(specs),
        test_size=test_size,
        seed=seed,
        seeds=seeds,
        jobs=jobs,
        threads=threads,
        method_timeout=method_timeout,
        device=device,
        precision=precision,
    )
    with live_board([str(spec) for spec in specs], quiet=quiet) as progress:
        comparison = compare_sequences(
            request, sources, cache=cache, progress=progress, note=sink.note
        )
    for line in comparison.notes:
        sink.note(line)
    if len(comparison.results) == 1 and comparison.failed:
        raise SomeFailed(f"{comparison.results[0].method}: {comparison.results[0].error}")
    show_sequences(sink, comparison)
    _judge_end(comparison)


def _check_networks(specs: Sequence[Spec], *, device: str, precision: str) -> None:
    """Refuse options of networks where there is none."""
    if any(spec.representation.entry.trains for spec in specs):
        return
    for option, word in (("--device", device), ("--precision", precision)):
        if word != "auto":
            raise UsageError(
                f"{option} {word} concerns networks, and no method is one; leave it out"
            )


def _judge_end(comparison: SequenceComparison) -> None:
    if not comparison.failed:
        return
    names = ", ".join(result.method for result in comparison.failed)
    stand = any(result.error is None for result in comparison.results)
    rest = "the other figures are above" if stand else "there is no other method"
    raise SomeFailed(f"{names} failed ({comparison.failed[0].error}); {rest}")
