"""The road of ``nlpwb compare`` for a corpus without labels: what may be asked of it, and what is printed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from nlpwb.errors import SomeFailed, UsageError

if TYPE_CHECKING:
    from nlpwb.cache.store import Cache
    from nlpwb.records_intrinsic import IntrinsicComparison
    from nlpwb.report.sink import Sink
    from nlpwb.workflows.design import Sources

_OF_LABELS = {
    "search": "--search",
    "label": "--label",
    "metric": "--metric",
    "preset": "--preset",
    "test": "--test",
    "test_text": "--test-text",
    "test_label": "--test-label",
    "drop_duplicates": "--drop-duplicates",
    "folds": "--folds",
    "repeats": "--repeats",
    "seeds": "--seeds",
    "budget": "--budget",
    "errors": "--errors",
    "fail_under": "--fail-under",
    "plot": "--plot",
    "device": "--device",
    "precision": "--precision",
}
_OF_NETWORKS = ("--device", "--precision")
"""Options that have a meaning only where labels are compared by."""


@dataclasses.dataclass(frozen=True)
class Reason:
    """Why labels play no part: the corpus has none, or they were not wanted."""

    corpus: str
    by_itself: bool

    @property
    def text(self) -> str:
        """The beginning of a sentence."""
        if self.by_itself:
            return f"{self.corpus} has no labels"
        return "--task intrinsic leaves labels out of account"

    @property
    def way(self) -> str:
        """A way out beside leaving something out."""
        return "name their column with --label COL, or " if self.by_itself else ""

    @property
    def note(self) -> str:
        """What is said where nobody asked for this road."""
        return (
            f"{self.text}: methods are compared without them (--label COL would name their column)"
        )


def reason_of(task: str, sources: Sources) -> Reason | None:
    """Why a corpus is compared without labels; None where it is compared by them.

    Raises:
        InputError: the corpus cannot be read.
    """
    from nlpwb.workflows.intrinsic.compare import name_if_unlabelled

    if task == "intrinsic":
        return Reason("", by_itself=False)
    name = name_if_unlabelled(sources) if task == "auto" else None
    return Reason(name, by_itself=True) if name is not None else None


def check_options(context: typer.Context, reason: Reason) -> None:
    """Refuse what was typed and concerns labels alone.

    Raises:
        UsageError: such an option was given.
    """
    for name, option in _OF_LABELS.items():
        source = context.get_parameter_source(name)
        if source is None or source.name != "COMMANDLINE":
            continue
        if option == "--plot":
            raise UsageError(
                f"{reason.text}, and --plot draws comparisons by labels alone; leave it out"
            )
        if option in _OF_NETWORKS:
            raise UsageError(
                f"{reason.text}, and {option} concerns networks, which learn from labels; leave it out"
            )
        raise UsageError(
            f"{reason.text}, and {option} concerns them; {reason.way}leave {option} out"
        )


def run(
    chosen: Sequence[str],
    sources: Sources,
    *,
    cache: Cache,
    sink: Sink,
    reason: Reason,
    jobs: int,
    threads: int,
    method_timeout: float | None,
    quiet: bool,
) -> None:
    """Compare the methods that were named, or the preset where none was, and print.

    Raises:
        UsageError: a method has a head, or does nothing but predict labels.
        SomeFailed: a method has no figures, or a figure of its is missing because a training failed.
    """
    from nlpwb.report.intrinsic import show_intrinsic
    from nlpwb.report.live import live_board
    from nlpwb.workflows.intrinsic.compare import compare_without_labels, leaving_labels_out
    from nlpwb.workflows.intrinsic.request import PRESET, IntrinsicRequest, representations

    specs = representations(chosen or PRESET, reason=reason.text, way=reason.way)
    sources = leaving_labels_out(sources)
    request = IntrinsicRequest(
        sources.design, tuple(specs), jobs, threads, method_timeout, preset=not chosen
    )
    if reason.by_itself:
        sink.note(reason.note)
    with live_board([str(spec) for spec in request.specs], quiet=quiet) as progress:
        comparison = compare_without_labels(
            request, cache=cache, progress=progress, note=sink.note, sources=sources
        )
    for line in comparison.notes:
        sink.note(line)
    if reason.by_itself:
        comparison = dataclasses.replace(comparison, notes=[reason.note, *comparison.notes])
    if len(comparison.results) == 1 and comparison.results[0].error:
        raise SomeFailed(f"{comparison.results[0].method}: {comparison.results[0].error}")
    show_intrinsic(sink, comparison)
    _judge_end(comparison)


def _judge_end(comparison: IntrinsicComparison) -> None:
    if not comparison.failed:
        return
    names = ", ".join(result.method for result in comparison.failed)
    first = comparison.failed[0]
    stand = any(result.error is None for result in comparison.results)
    rest = "the other figures are above" if stand else "there is no other method"
    raise SomeFailed(f"{names} failed ({first.error or first.stability_error}); {rest}")
