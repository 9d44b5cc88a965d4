"""What is wrong with the texts of a corpus, character by character: nothing in them, broken encodings, leftovers of markup."""

from __future__ import annotations

import re
from collections.abc import Callable

from nlpwb.data.corpus import Corpus
from nlpwb.data.findings import Finding, Part, Severity, found

# UTF-8 that was read as windows-1252: its lead byte as a letter, a byte of the rest behind it.
_MOJIBAKE = re.compile("[ÂÃÐÑ][\u0080-\u00bf\u0152-\u017e\u2013-\u203a\u20ac\u2122]|â€|ï»¿|ðŸ")
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{2,5}|#x[0-9A-Fa-f]{2,5});|(?<!\w)#\d{2,4};")
_MARKUP = re.compile(
    r"</?(?:br|p|b|i|em|strong|a|div|span|ul|ol|li|h\d|img|table|tr|td)\b[^<>]{0,200}>", re.I
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_C1 = re.compile("[\x80-\x9f]")


def text_findings(corpus: Corpus, part: Part) -> list[Finding]:
    """One finding for each kind of flaw that some text has."""
    findings = []
    for code, severity, holds, message in _FLAWS:
        rows = [row for text, row in zip(corpus.texts, corpus.rows, strict=True) if holds(text)]
        if len(rows) == len(corpus) and code == "empty":
            severity = "error"
        if rows:
            findings.append(found(severity, code, part, rows, len(corpus), message))
    return findings


def _is_empty(text: str) -> bool:
    return not text or text.isspace()


def _has_mojibake(text: str) -> bool:
    return not text.isascii() and _MOJIBAKE.search(text) is not None


def _has_replacement(text: str) -> bool:
    return "\ufffd" in text


def _has_entity(text: str) -> bool:
    return ";" in text and ("&" in text or "#" in text) and _ENTITY.search(text) is not None


def _has_markup(text: str) -> bool:
    return "<" in text and _MARKUP.search(text) is not None


def _has_control(text: str) -> bool:
    # isprintable is many times faster than the pattern and false for every control character
    return not text.isprintable() and _CONTROL.search(text) is not None


def _has_c1(text: str) -> bool:
    return not text.isascii() and _C1.search(text) is not None


_FLAWS: tuple[tuple[str, Severity, Callable[[str], bool], str], ...] = (
    ("empty", "warning", _is_empty, "{n} [texts are|text is] empty ({share})"),
    ("mojibake", "warning", _has_mojibake,
     "{n} [texts look|text looks] like UTF-8 that was read in another encoding, as Ã© for é ({share}); convert the source anew"),
    ("replacement-characters", "warning", _has_replacement,
     "{n} [texts hold|text holds] U+FFFD, the sign for what could not be decoded ({share}); convert the source anew"),
    ("c1-controls", "note", _has_c1,
     "{n} [texts hold|text holds] characters U+0080 to U+009F, as when windows-1252 is read as latin-1 ({share})"),
    ("control-characters", "warning", _has_control, "{n} [texts hold|text holds] control characters ({share})"),
    ("markup", "note", _has_markup, "{n} [texts hold|text holds] HTML tags such as <br /> ({share})"),
    ("entities", "note", _has_entity, "{n} [texts hold|text holds] HTML entities such as &amp; or #39; ({share})"),
)  # fmt: skip
