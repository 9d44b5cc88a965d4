"""Which scripts a text is written in, and what that means for finding words.

Chinese, Japanese, Thai, Lao, Khmer and Burmese put no spaces between words. A pattern that takes runs of letters then finds
sentences instead of words, and every model on top of it fails in silence; :func:`without_spaces` says so. The ranges are
the blocks of the Unicode Standard (Blocks.txt), several of them under the name of their script.
"""

from __future__ import annotations

import itertools
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

# First and last code point, and the script. Sorted, without overlaps.
RANGES = (
    (0x0041, 0x024F, "Latin"),
    (0x0250, 0x02AF, "Latin"),
    (0x0370, 0x03FF, "Greek"),
    (0x0400, 0x052F, "Cyrillic"),
    (0x0530, 0x058F, "Armenian"),
    (0x0590, 0x05FF, "Hebrew"),
    (0x0600, 0x06FF, "Arabic"),
    (0x0700, 0x074F, "Syriac"),
    (0x0750, 0x077F, "Arabic"),
    (0x0780, 0x07BF, "Thaana"),
    (0x0870, 0x08FF, "Arabic"),
    (0x0900, 0x097F, "Devanagari"),
    (0x0980, 0x09FF, "Bengali"),
    (0x0A00, 0x0A7F, "Gurmukhi"),
    (0x0A80, 0x0AFF, "Gujarati"),
    (0x0B00, 0x0B7F, "Oriya"),
    (0x0B80, 0x0BFF, "Tamil"),
    (0x0C00, 0x0C7F, "Telugu"),
    (0x0C80, 0x0CFF, "Kannada"),
    (0x0D00, 0x0D7F, "Malayalam"),
    (0x0D80, 0x0DFF, "Sinhala"),
    (0x0E00, 0x0E7F, "Thai"),
    (0x0E80, 0x0EFF, "Lao"),
    (0x0F00, 0x0FFF, "Tibetan"),
    (0x1000, 0x109F, "Myanmar"),
    (0x10A0, 0x10FF, "Georgian"),
    (0x1100, 0x11FF, "Hangul"),
    (0x1200, 0x139F, "Ethiopic"),
    (0x13A0, 0x13FF, "Cherokee"),
    (0x1780, 0x17FF, "Khmer"),
    (0x1800, 0x18AF, "Mongolian"),
    (0x1C80, 0x1C8F, "Cyrillic"),
    (0x1C90, 0x1CBF, "Georgian"),
    (0x1D00, 0x1D25, "Latin"),
    (0x1D26, 0x1D2A, "Greek"),
    (0x1D2B, 0x1D2B, "Cyrillic"),
    (0x1D2C, 0x1DBF, "Latin"),
    (0x1E00, 0x1EFF, "Latin"),
    (0x1F00, 0x1FFF, "Greek"),
    (0x2183, 0x2184, "Latin"),
    (0x2C60, 0x2C7F, "Latin"),
    (0x2D00, 0x2D2F, "Georgian"),
    (0x2D80, 0x2DDF, "Ethiopic"),
    (0x2DE0, 0x2DFF, "Cyrillic"),
    (0x2E80, 0x2FDF, "Han"),
    (0x3005, 0x3007, "Han"),
    (0x3040, 0x309F, "Hiragana"),
    (0x30A0, 0x30FF, "Katakana"),
    (0x3130, 0x318F, "Hangul"),
    (0x31F0, 0x31FF, "Katakana"),
    (0x3400, 0x4DBF, "Han"),
    (0x4E00, 0x9FFF, "Han"),
    (0xA640, 0xA69F, "Cyrillic"),
    (0xA720, 0xA7FF, "Latin"),
    (0xA8E0, 0xA8FF, "Devanagari"),
    (0xA960, 0xA97F, "Hangul"),
    (0xA9E0, 0xA9FF, "Myanmar"),
    (0xAA60, 0xAA7F, "Myanmar"),
    (0xAB00, 0xAB2F, "Ethiopic"),
    (0xAB30, 0xAB64, "Latin"),
    (0xAB65, 0xAB65, "Greek"),
    (0xAB66, 0xAB6F, "Latin"),
    (0xAC00, 0xD7FF, "Hangul"),
    (0xF900, 0xFAFF, "Han"),
    (0xFB00, 0xFB06, "Latin"),
    (0xFB13, 0xFB17, "Armenian"),
    (0xFB1D, 0xFB4F, "Hebrew"),
    (0xFB50, 0xFDFF, "Arabic"),
    (0xFE70, 0xFEFF, "Arabic"),
    (0xFF21, 0xFF5A, "Latin"),
    (0xFF65, 0xFF9F, "Katakana"),
    (0xFFA0, 0xFFDC, "Hangul"),
    (0x1B000, 0x1B16F, "Hiragana"),
    (0x20000, 0x3FFFF, "Han"),
)
_STARTS = [first for first, _, _ in RANGES]

# Pictures that stand for themselves; the arrows and dingbats that text has used for longer are left out.
EMOJI = (
    (0x2600, 0x26FF),
    (0x2728, 0x2728),
    (0x2764, 0x2764),
    (0x1F1E6, 0x1F1FF),
    (0x1F300, 0x1FAFF),
)

WITHOUT_SPACES = frozenset({"Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar"})
"""Scripts whose words are not set apart. (Tibetan marks syllables; Korean has spaces.)"""


@dataclass(frozen=True)
class Advice:
    """What a corpus's scripts mean for its tokens.

    ``scripts`` are those without spaces, ``share`` is theirs of the letters (0 to 1), ``finding`` says so in words, and
    ``sentence`` adds the option of the vectorizers that helps.
    """

    scripts: tuple[str, ...]
    share: float
    finding: str
    sentence: str


def script_of(char: str) -> str | None:
    """The script of one character: a letter's or a vowel sign's, "emoji", "other", or None for all else."""
    code = ord(char)
    if any(first <= code <= last for first, last in EMOJI):
        return "emoji"
    category = unicodedata.category(char)
    if category[0] not in "LM" and char != "〇":
        return None
    place = bisect_right(_STARTS, code) - 1
    if place >= 0 and code <= RANGES[place][1]:
        return RANGES[place][2]
    # A mark outside every block (a combining accent, a variation selector) takes the script of its letter.
    return "other" if category[0] == "L" else None


def script_shares(texts: Iterable[str]) -> dict[str, float]:
    """The share of each script (0 to 1) among the letters and emoji of texts, the largest first.

    Digits, punctuation, symbols and spaces belong to no script. A text without letters gives an empty dictionary.
    """
    counts = _script_counts(texts)
    total = sum(counts.values())
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return {script: count / total for script, count in ordered}


def without_spaces(texts: Iterable[str], *, sample: int = 1000) -> Advice | None:
    """Advice when most letters of the first ``sample`` texts belong to scripts without spaces, else None."""
    counts = _script_counts(itertools.islice(texts, sample))
    counts.pop("emoji", None)
    total = sum(counts.values())
    found = {script: count for script, count in counts.items() if script in WITHOUT_SPACES}
    share = sum(found.values()) / total if total else 0.0
    if share <= 0.5:
        return None
    ordered = sorted(found, key=lambda script: (-found[script], script))
    # A script of a few stray characters is counted, but needs no naming.
    named = tuple(script for script in ordered if found[script] >= 0.01 * total)
    finding = (
        f"{_percent(share)} of the letters are {_joined(named)}, written without spaces: "
        "words cannot be found there"
    )
    return Advice(named, share, finding, f"{finding}; use analyzer=char,ngrams=1-3")


def _script_counts(texts: Iterable[str]) -> Counter[str]:
    characters: Counter[str] = Counter()
    for text in texts:
        characters.update(text)
    counts: Counter[str] = Counter()
    for char, count in characters.items():
        script = script_of(char)
        if script is not None:
            counts[script] += count
    return counts


def _percent(share: float) -> str:
    """Whole percents; "100 %" only when nothing else is there."""
    rounded = round(100 * share)
    return f"{99 if rounded == 100 and share < 1 else rounded} %"


def _joined(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
