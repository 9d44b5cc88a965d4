"""A text to its sentences, by marks of punctuation and a list of abbreviations.

A sentence ends at ``.``, ``!``, ``?`` or ``…``, with the quotes and brackets that close behind it, where white space follows and
then something that may begin a sentence: anything but a small letter. Chinese and Japanese marks need no space. Blank lines
always end one. This is the plain part of what Kiss & Strunk 2006 (Punkt) learn from a corpus; a point that is missed joins two
sentences, which costs little where one word of them is looked at.
"""

from __future__ import annotations

import re

_END = re.compile(r"(?:[.!?…]+[\"'”’»)\]]*(?=\s)|[。！？]+[」』”’）]*)|\n\s*\n")
_SOMETHING = re.compile(r"\S")
_ABBREVIATED = {
    "mr", "mrs", "ms", "dr", "prof", "st", "mt", "vs", "etc", "e.g", "i.e", "cf", "al", "gen", "col", "lt", "sgt", "capt",
    "gov", "sen", "rep", "hon", "rev", "jr", "sr", "inc", "ltd", "co", "corp", "dept", "approx", "est", "u.s", "u.k",
    "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
}  # fmt: skip
_NUMBERED = {"no", "nos", "fig", "figs", "vol", "vols", "p", "pp", "ch", "sec", "eq"}
"""What is an abbreviation before a number."""


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order, without the white space around them; their characters are the text's.

    >>> sentences("Dr. No is in. Are you? He says: no. 7 of them.")
    ['Dr. No is in.', 'Are you?', 'He says: no. 7 of them.']
    """
    found = []
    start = 0
    for end in _END.finditer(text):
        if _ends(text, start, end):
            found.append(text[start : end.end()].strip())
            start = end.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def _ends(text: str, start: int, end: re.Match[str]) -> bool:
    mark = end[0]
    if mark[0] in "。！？" or not mark.strip():
        return True
    behind = _SOMETHING.search(text, end.end())
    if behind is None or behind[0].islower():
        return behind is None
    if mark != ".":
        return True
    last = text[start : end.start()].split()[-1:] or [""]
    word = last[0].strip("\"'“‘«([").casefold()
    initial = len(word) == 1 and word.isalpha() and word != "i"
    numbered = word in _NUMBERED and behind[0].isdigit()
    return not (initial or numbered or word in _ABBREVIATED)
