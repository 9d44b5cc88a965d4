"""What is wrong with the labels of a corpus."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from nlpwb.data.corpus import Corpus
from nlpwb.data.findings import Finding, Part, Severity, found, percent
from nlpwb.data.targets import label_set

_FEW_ROWS = 10
_IMBALANCE = 10  # times as many rows of the largest label as of the smallest
_MANY_LABELS = 50  # beyond these, the search for labels inside texts would take too long
_LEAK_INSIDE, _LEAK_OUTSIDE = 0.9, 0.05


def label_findings(corpus: Corpus, part: Part, *, split: bool) -> list[Finding]:
    """Too few labels or rows of one, imbalance, labels that are spelt in two ways, labels that stand in their texts.

    ``split`` says that training and test part are corpora of their own, so that one row of a label can be enough.
    """
    if corpus.labels is None:
        message = "no labels, so methods are compared without them; --label names a column"
        return [Finding("note", "unlabelled", message, len(corpus), 1.0, (), part)]
    counts = Counter(corpus.labels)
    return [
        *_too_few(corpus, part, counts, split=split),
        *_spellings(corpus, part, counts),
        *_imbalance(corpus, part, counts),
        *_leaks(corpus, part, counts),
    ]


def set_findings(corpus: Corpus, part: Part) -> list[Finding]:
    """Of sets of labels: which have few rows, which every row has, which are spelt in two ways."""
    assert corpus.labels is not None
    sets = [label_set(cell) for cell in corpus.labels]
    counts = Counter(label for labels in sets for label in labels)

    def told(code: str, labels: Collection[str], message: str) -> Finding:
        rows = [row for of_row, row in zip(sets, corpus.rows, strict=True) if of_row & set(labels)]
        return found("warning", code, part, rows, len(corpus), message)

    findings = []
    rare = sorted(label for label, n in counts.items() if n < _FEW_ROWS)
    if rare:
        message = (
            f"{len(rare)} of {len(counts)} labels have fewer than {_FEW_ROWS} rows: {_some(rare)}"
        )
        findings.append(told("label-with-few-rows", rare, message))
    always = sorted(label for label, n in counts.items() if n == len(corpus))
    if always:
        message = f"labels that every row has: {_some(always)}; nothing can be learned of them"
        findings.append(told("label-of-every-row", always, message))
    for spellings in _alike(counts):
        message = f"the labels {_some(spellings)} differ in case or spaces alone; make them one"
        findings.append(told("label-spellings", spellings, message))
    return findings


def _some(labels: Sequence[str]) -> str:
    return ", ".join(map(repr, labels[:5])) + (", …" if len(labels) > 5 else "")


def _too_few(corpus: Corpus, part: Part, counts: Counter[str], *, split: bool) -> list[Finding]:
    assert corpus.labels is not None
    if len(counts) == 1:
        grade: Severity = "error" if part == "train" else "warning"
        label = corpus.labels[0]
        message = f"all rows have the label {label!r}, so there is nothing to tell apart"
        return [Finding(grade, "one-label", message, len(corpus), 1.0, (), part)]
    once = "{n} [labels have|label has] one row only" + (
        "" if split else ", which cannot both train and test"
    )
    few = f"{{n}} rows are of labels with fewer than {_FEW_ROWS} rows"
    kinds: tuple[tuple[str, int, int, Severity, str], ...] = (
        ("label-with-one-row", 1, 1, "warning" if split else "error", once),
        ("label-with-few-rows", 2, _FEW_ROWS - 1, "warning", few),
    )
    findings = []
    for code, low, high, grade, what in kinds:
        rare = sorted(label for label, count in counts.items() if low <= count <= high)
        rows = [
            row for label, row in zip(corpus.labels, corpus.rows, strict=True) if label in set(rare)
        ]
        if rows:
            message = f"{what} ({{share}}): {_some(rare)}"
            findings.append(found(grade, code, part, rows, len(corpus), message))
    return findings


def _spellings(corpus: Corpus, part: Part, counts: Counter[str]) -> list[Finding]:
    """Labels that are one label but for case and spaces."""
    assert corpus.labels is not None
    findings = []
    for spellings in _alike(counts):
        rare = set(spellings) - {max(spellings, key=lambda label: counts[label])}
        rows = [row for label, row in zip(corpus.labels, corpus.rows, strict=True) if label in rare]
        named = " and ".join(repr(label) for label in spellings)
        findings.append(
            found(
                "warning",
                "label-spellings",
                part,
                rows,
                len(corpus),
                f"the labels {named} differ in case or spaces alone, "
                f"{{n}} [rows have|row has] the rarer one ({{share}}); make them one",
            )
        )
    return findings


def _alike(labels: Iterable[str]) -> list[list[str]]:
    """Labels that differ in case or spaces alone, where there are several of them."""
    alike: dict[str, list[str]] = {}
    for label in sorted(labels):
        alike.setdefault("".join(label.casefold().split()), []).append(label)
    return [spellings for spellings in alike.values() if len(spellings) > 1]


def _imbalance(corpus: Corpus, part: Part, counts: Counter[str]) -> list[Finding]:
    (most, large), *_, (least, small) = (
        counts.most_common() if len(counts) > 1 else [("", 0), ("", 0)]
    )
    if not small or large < 3 * small:
        return []
    severity: Severity = "warning" if large >= _IMBALANCE * small else "note"
    share = large / len(corpus)
    message = (
        f"unbalanced labels: {large:,} rows of {most!r} ({percent(share)}), {small:,} of {least!r}; "
        f"always saying {most!r} has an accuracy of {share:.3f}, so judge by --metric macro-f1"
    )
    return [Finding(severity, "imbalance", message, large, share, (), part)]


def _leaks(corpus: Corpus, part: Part, counts: Counter[str]) -> list[Finding]:
    """Labels whose name stands in nearly all of their texts and in hardly any other."""
    assert corpus.labels is not None
    wordy = [
        label for label, n in counts.items() if n >= 5 and len(label) > 1 and not label.isdigit()
    ]
    if not wordy or len(counts) < 2 or len(counts) > _MANY_LABELS:
        return []
    texts = [text.casefold() for text in corpus.texts]
    findings = []
    for label in wordy:
        name = label.casefold()
        word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        rows = []
        outside = 0
        for text, given, row in zip(texts, corpus.labels, corpus.rows, strict=True):
            if name in text and word.search(text):
                if given == label:
                    rows.append(row)
                else:
                    outside += 1
        others = len(corpus) - counts[label]
        if len(rows) >= _LEAK_INSIDE * counts[label] and outside <= _LEAK_OUTSIDE * others:
            findings.append(
                found(
                    "warning",
                    "label-in-text",
                    part,
                    rows,
                    len(corpus),
                    f"the label {label!r} stands as a word in {{n}} of its {counts[label]:,} texts and in {outside:,} others; "
                    "if it was not written by the author, results will be too good",
                )
            )
    return findings
