"""What is wrong with a corpus, before a number is computed from it.

``check`` looks for what makes results wrong (the same text in training and test, labels that contradict each other) or
surprising (imbalance, broken encodings, markup), and says each as one finding. Limits are stated beside each.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence

from nlpwb.data.corpus import Corpus
from nlpwb.data.findings import Finding, Part, found, percent
from nlpwb.data.label_health import label_findings, set_findings
from nlpwb.data.repeats import across_findings, repeat_findings
from nlpwb.data.targets import label_set
from nlpwb.data.text_health import text_findings
from nlpwb.tasks import Task

_ORDER = {"error": 0, "warning": 1, "note": 2}


def check(train: Corpus, test: Corpus | None = None, *, task: Task = "classify") -> list[Finding]:
    """The findings on a corpus, or on its training and test parts: what joins the two parts first, then by severity.

    ``task`` says what label cells mean: one label, a set of them, or a number, of which nothing is checked here.
    A finding is an ``error`` where no sound result can come out, a ``warning`` where it may mislead, a ``note`` otherwise.
    """
    across = []
    if test is not None:
        across = [*across_findings(train, test), *_one_part_only(train, test, task)]
    parts: list[tuple[Part, Corpus]] = [("train", train)]
    if test is not None:
        parts.append(("test", test))
    within = [
        finding
        for part, corpus in parts
        for finding in (
            *repeat_findings(corpus, part),
            *_label_findings(corpus, part, task, split=test is not None),
            *text_findings(corpus, part),
            *_lengths(corpus, part),
        )
    ]
    return [*across, *sorted(within, key=lambda finding: _ORDER[finding.severity])]


def _label_findings(corpus: Corpus, part: Part, task: Task, *, split: bool) -> list[Finding]:
    if corpus.labels is None or task == "classify":
        return label_findings(corpus, part, split=split)
    if task == "regression":
        return []
    return set_findings(corpus, part)


def _one_part_only(train: Corpus, test: Corpus, task: Task) -> list[Finding]:
    """Labels that stand in one part only."""
    if train.labels is None or test.labels is None or task == "regression":
        return []

    def of(cell: str) -> frozenset[str]:
        return label_set(cell) if task == "multilabel" else frozenset([cell])

    known, asked = (frozenset().union(*map(of, set(part.labels or ()))) for part in (train, test))
    findings = []
    unknown = [row for cell, row in zip(test.labels, test.rows, strict=True) if of(cell) - known]
    if unknown:
        names = ", ".join(sorted(asked - known))
        findings.append(
            found(
                "error",
                "unknown-labels",
                "across",
                unknown,
                len(test),
                f"{{n}} test [documents have labels|document has a label] that no training document has "
                f"({names}; {{share}}); no method can be right there",
            )
        )
    if known - asked:
        names = ", ".join(sorted(known - asked))
        findings.append(
            Finding(
                "warning",
                "untested-labels",
                f"labels that no test document has: {names}",
                len(known - asked),
                len(known - asked) / len(known),
                (),
                "across",
            )
        )
    return findings


def _lengths(corpus: Corpus, part: Part) -> list[Finding]:
    """Outliers (20 times the median and 5,000 characters or more; one or two characters) and the spread itself."""
    lengths = [len(text) for text in corpus.texts]
    filled = [length for length in lengths if length]
    if not filled:
        return []
    middle = statistics.median(filled)
    findings = []
    limit = max(5000, 20 * middle)
    long = [row for length, row in zip(lengths, corpus.rows, strict=True) if length >= limit]
    if long:
        findings.append(
            found(
                "warning" if max(lengths) >= 1_000_000 else "note",
                "very-long",
                part,
                long,
                len(corpus),
                f"{{n}} [texts are|text is] at least 20 times as long as the median "
                f"({{share}}), the longest has {max(lengths):,} characters; "
                "perhaps several records in one, or a quote that was never closed",
            )
        )
    short = [
        row
        for text, row in zip(corpus.texts, corpus.rows, strict=True)
        if 0 < len(text.strip()) <= 2
    ]
    if short:
        findings.append(
            found(
                "note",
                "very-short",
                part,
                short,
                len(corpus),
                "{n} [texts have|text has] only one or two characters ({share})",
            )
        )
    total = sum(lengths)
    heaviest = max(range(len(lengths)), key=lengths.__getitem__)
    if len(lengths) >= 20 and lengths[heaviest] >= 0.1 * total:
        share = lengths[heaviest] / total
        findings.append(
            Finding(
                "warning",
                "one-text-dominates",
                f"one text makes up {percent(share)} of all characters",
                1,
                share,
                (corpus.rows[heaviest],),
                part,
            )
        )
    low, high = _quantiles(lengths)
    message = (
        f"characters in a text: median {middle:,.0f}, nine of ten between {low:,} and {high:,}"
    )
    findings.append(Finding("note", "lengths", message, len(corpus), 1.0, (), part))
    return findings


def _quantiles(lengths: Sequence[int]) -> tuple[int, int]:
    ordered = sorted(lengths)
    last = len(ordered) - 1
    return ordered[round(0.05 * last)], ordered[round(0.95 * last)]


def worst(findings: Sequence[Finding]) -> str | None:
    """The gravest severity there is, or None."""
    counts = Counter(finding.severity for finding in findings)
    return next((severity for severity in _ORDER if counts[severity]), None)  # type: ignore[index]
