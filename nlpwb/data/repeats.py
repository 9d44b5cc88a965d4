"""Texts that stand more than once: within a part, across training and test, with one label and with several."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterable

from nlpwb.data.corpus import Corpus
from nlpwb.data.findings import Finding, Part, Severity, found

# From this share on, one part is (nearly) a copy of the other, or a corpus holds itself twice.
_COPY = 0.5

_DROPPED = {
    ord(char): None for char in string.punctuation + string.whitespace + "\x85\xa0–—‘’“”„…«»"
}


def loose(text: str) -> str:
    """What is left of a text without case, white space and punctuation; near-duplicates share it."""
    return text.casefold().translate(_DROPPED)


def across_findings(train: Corpus, test: Corpus) -> list[Finding]:
    """Test documents that were trained on: the same text, nearly the same text, or one of the same group."""
    findings = []
    known = set(train.texts)
    rows = [row for text, row in _filled(test) if text in known]
    if rows:
        severity: Severity = "error" if len(rows) >= _COPY * len(test) else "warning"
        findings.append(
            found(
                severity,
                "duplicates-across",
                "across",
                rows,
                len(test),
                "{n} test [documents also stand|document also stands] in the training part ({share}); "
                "--drop-duplicates leaves [them|it] out",
            )
        )
    known_loosely = {loose(text) for text in known}
    near = [
        row
        for text, row in _filled(test)
        if text not in known and (kept := loose(text)) and kept in known_loosely
    ]
    if near:
        findings.append(
            found(
                "warning",
                "near-duplicates-across",
                "across",
                near,
                len(test),
                "{n} test [documents stand|document stands] in the training part but for case, spaces and punctuation ({share})",
            )
        )
    if train.groups is not None and test.groups is not None:
        groups = set(train.groups)
        shared = [row for group, row in zip(test.groups, test.rows, strict=True) if group in groups]
        if shared:
            findings.append(
                found(
                    "warning",
                    "groups-across",
                    "across",
                    shared,
                    len(test),
                    "{n} test [documents belong to groups that are|document belongs to a group that is] trained on ({share})",
                )
            )
    return findings


def repeat_findings(corpus: Corpus, part: Part) -> list[Finding]:
    """Rows whose text stood before, exactly or nearly, and texts that carry several labels."""
    findings = []
    seen: set[str] = set()
    loosely: set[str] = set()
    again: list[int] = []
    nearly: list[int] = []
    for text, row in _filled(corpus):
        if text in seen:
            again.append(row)
            continue
        seen.add(text)
        kept = loose(text)
        if kept and kept in loosely:
            nearly.append(row)
        loosely.add(kept)
    if again:
        severity: Severity = "warning" if len(again) >= 0.01 * len(corpus) else "note"
        findings.append(
            found(
                severity,
                "duplicates",
                part,
                again,
                len(corpus),
                "{n} [rows repeat|row repeats] the text of an earlier row ({share}); splits keep them together",
            )
        )
    if nearly:
        severity = "warning" if len(nearly) >= 0.05 * len(corpus) else "note"
        findings.append(
            found(
                severity,
                "near-duplicates",
                part,
                nearly,
                len(corpus),
                "{n} [rows repeat|row repeats] the text of an earlier row but for case, spaces and punctuation ({share})",
            )
        )
    top, count = Counter(corpus.texts).most_common(1)[0]
    if count >= 0.1 * len(corpus) and count >= 10 and top.strip():
        rows = [row for text, row in zip(corpus.texts, corpus.rows, strict=True) if text == top]
        findings.append(
            found(
                "warning",
                "one-text-repeated",
                part,
                rows,
                len(corpus),
                "one and the same text stands in {n} rows ({share})",
            )
        )
    findings.extend(_contradictions(corpus, part))
    return findings


def _contradictions(corpus: Corpus, part: Part) -> list[Finding]:
    if corpus.labels is None:
        return []
    given: dict[str, set[str]] = {}
    for text, label in zip(corpus.texts, corpus.labels, strict=True):
        given.setdefault(text, set()).add(label)
    torn = {text for text, labels in given.items() if len(labels) > 1 and text.strip()}
    rows = [row for text, row in zip(corpus.texts, corpus.rows, strict=True) if text in torn]
    if not rows:
        return []
    return [
        found(
            "warning", "contradicting-labels", part, rows, len(corpus),
            f"{{n}} rows share a text with a row of another label "
 f"({{share}}, different texts: {len(torn):,}); no method can be right on all",
        )
    ]  # fmt: skip


def _filled(corpus: Corpus) -> Iterable[tuple[str, int]]:
    """Texts that hold something, with their rows; empty ones are a finding of their own."""
    return (
        (text, row)
        for text, row in zip(corpus.texts, corpus.rows, strict=True)
        if text and not text.isspace()
    )
