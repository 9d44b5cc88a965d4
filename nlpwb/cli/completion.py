"""What the shell offers when the tab key is pressed: methods, heads, options and values inside a spec; corpora.

Typer asks these functions for whole words. bash cuts words at ``:``, ``=`` and ``@``, of which specs are full: :func:`in_bash`
joins them again for Typer, and hands back what is missing behind the last cut.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable, MutableMapping, Sequence
from pathlib import Path

CUTS = re.compile(r"[:=]+")


def complete_spec(incomplete: str) -> list[str]:
    """Specs that begin so: a method, its options behind ``:``, their values behind ``=``, a reducer or head behind ``+``.

    >>> complete_spec("tfidf:norm=l")
    ['tfidf:norm=l2', 'tfidf:norm=l1']
    >>> complete_spec("majority+")
    []
    """
    from nlpwb.catalogue import CATALOGUE

    if incomplete.startswith("@"):
        return ["@" + path for path in _paths(incomplete[1:])]
    earlier, plus, part = incomplete.rpartition("+")
    name, colon, words = part.partition(":")
    start = earlier + plus
    if colon:
        done, comma, word = words.rpartition(",")
        return [f"{start}{name}:{done}{comma}{found}" for found in _options(name, done, word)]
    before = [CATALOGUE.get(one.partition(":")[0]) for one in earlier.split("+")] if plus else []
    names = [
        entry.name
        for entry in CATALOGUE.values()
        if entry.name.startswith(name) and entry.role in _roles(before)
    ]
    return [start + found for found in names]


def _roles(before: Sequence[object]) -> tuple[str, ...]:
    """What may stand next in a spec behind these parts (None for a name that is not known)."""
    if not before:
        return ("method",)
    roles = [getattr(entry, "role", "") for entry in before]
    if "head" in roles or not getattr(before[0], "needs_head", True):
        return ()
    return ("head",) if "reducer" in roles else ("reducer", "head")


def _options(name: str, done: str, word: str) -> list[str]:
    """``option=`` for the beginning of an option, ``option=value`` where the option is clear."""
    from nlpwb.catalogue import CATALOGUE, load
    from nlpwb.options import option_table, show

    if name not in CATALOGUE:
        return []
    table = option_table(load(CATALOGUE[name].config))
    given = {one.partition("=")[0] for one in done.split(",")}
    option, equals, value = word.partition("=")
    if equals:
        matching = [option] if option in table else []
    else:
        matching = [known for known in table if known.startswith(option) and known not in given]
    if len(matching) != 1:
        return [f"{known}=" for known in matching]
    info = table[matching[0]]
    values = info.choices or (("yes", "no") if info.kind == "yes | no" else (show(info.default),))
    found = [f"{info.name}={one}" for one in values if one.startswith(value)]
    # The bare option beside its values keeps the shell from setting a space behind a sole answer.
    return found if equals else [f"{info.name}=", *found]


def complete_corpus(incomplete: str) -> list[str]:
    """Built-in corpora, with the files that begin alike; where no built-in name fits, the shell offers its files itself."""
    from nlpwb.data.builtin import BUILTINS

    names = [
        entry.name
        for entry in BUILTINS
        if entry.name.startswith(incomplete) and entry.kind not in ("similarity", "analogies")
    ]
    return [*names, *_paths(incomplete)] if names else []


def _paths(incomplete: str) -> list[str]:
    """Files and folders (with a slash) that begin so; hidden ones where the dot is typed."""
    folder, slash, start = incomplete.rpartition("/")
    try:
        found = sorted(Path(folder + slash or ".").iterdir())
    except OSError:
        return []
    return [
        folder + slash + path.name + ("/" if path.is_dir() else "")
        for path in found
        if path.name.startswith(start) and (start or not path.name.startswith("."))
    ]


def in_bash(environ: MutableMapping[str, str], answer: Callable[[], object]) -> None:
    """Answer a bash that completes: joined words for Typer, and its answers printed without what bash has already."""
    words, place = joined(environ.get("COMP_WORDS", ""), int(environ.get("COMP_CWORD", "0")))
    environ["COMP_WORDS"], environ["COMP_CWORD"] = "\n".join(words), str(place)
    word = words[place] if place < len(words) else ""
    kept = max((cut.end() for cut in CUTS.finditer(word)), default=0)
    caught = io.StringIO()
    with contextlib.redirect_stdout(caught), contextlib.suppress(SystemExit):
        answer()
    for line in caught.getvalue().splitlines():
        print(line[kept:] if line.startswith(word[:kept]) else line)


def joined(line: str, place: int) -> tuple[list[str], int]:
    """bash's words with what it cut put together again, and the place of the word at the cursor among them.

    >>> joined("nlpwb train tfidf : ngrams = 1-2 , x", 6)
    (['nlpwb', 'train', 'tfidf:ngrams=1-2', ',', 'x'], 2)
    """
    words: list[str] = []
    found = 0
    glue = False
    for number, word in enumerate(line.split("\n" if "\n" in line else " ")):
        cut = CUTS.fullmatch(word) is not None
        if words and (cut or glue):
            words[-1] += word
        else:
            words.append(word)
        glue = cut or word == "@"
        if number <= place:
            found = len(words) - 1
    if place >= number + 1:  # the cursor stands behind a blank, at a word that is still empty
        found = len(words)
    return words, found
