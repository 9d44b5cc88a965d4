"""What ``compare`` by labels checks before it begins, writes beside its table, and how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlpwb.errors import GateMissed, SomeFailed, UsageError, nearest
from nlpwb.tasks import METRICS

if TYPE_CHECKING:
    from nlpwb.cache.store import Cache
    from nlpwb.records import Comparison
    from nlpwb.report.sink import Sink
    from nlpwb.workflows.design import Sources
    from nlpwb.workflows.request import Request

PRESETS = ("quick", "standard")


def check_networks(request: Request) -> None:
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


def check_division(
    metric: str | None,
    preset: str | None,
    folds: int | None,
    test_size: float | None,
    test: str | None,
    repeats: int,
) -> None:
    """Refuse words that mean nothing, and divisions that contradict each other.

    Raises:
        UsageError: such was typed.
    """
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


def check_ending(option: str, path: str | None, endings: tuple[str, ...]) -> None:
    """Refuse a file whose ending names none of these formats; raises UsageError."""
    if path is not None and not path.lower().endswith(endings):
        known = f"{', '.join(endings[:-1])} or {endings[-1]}"
        raise UsageError(f"{option} {path}: the ending says the format, {known}")


def budgets_of(text: str | None) -> tuple[int, ...]:
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


def write_disagreements(
    path: str, request: Request, cache: Cache, sources: Sources, sink: Sink
) -> None:
    """Write the rows on which methods disagree, with what each said."""
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


def judge_end(comparison: Comparison, fail_under: float | None) -> None:
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
