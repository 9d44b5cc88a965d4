"""A word in its contexts, as ``nlpwb contexts`` prints it: which are alike, by layer, and to which axis each draws the word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from nlpwb.report.columns import Column, Row, visible
from nlpwb.report.numbers import decimals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nlpwb.report.sink import Sink
    from nlpwb.workflows.contexts.asking import Answer
    from nlpwb.workflows.contexts.leaning import Lean, Leanings
    from nlpwb.workflows.contexts.records import Context, Contexts

MATRIX = 8
"""Contexts whose cosines stand beside them in 80 columns; of more the nearest is told."""
PAIRS = 4
"""Contexts of which every pair has a column by layer."""
LONGEST = 160
"""Characters of a text in a table; of a longer one those around the word."""
RESERVED = ("context", "text", "leans_to", "margin", "lean")
"""Names that no axis can have: the other fields of a row."""


def print_contexts(sink: Sink, answer: Answer) -> None:
    """Print which contexts are alike."""
    contexts = answer.contexts
    cosines = contexts.cosines()
    n = len(contexts.places)
    columns = [
        Column("context", "", right=True, keep=True, machine=False),
        Column("text", "text", keep=True, wrap=True, machine=False),
    ]
    rows: list[dict[str, Any]] = [
        {"context": place.label, "text": marked(place)} for place in contexts.places
    ]
    if n <= MATRIX:
        for column, place in enumerate(contexts.places):
            columns.append(_cosine(f"c{column}", place.label, keep=True, machine=False))
            for row, cells in zip(rows, cosines.tolist(), strict=True):
                row[f"c{column}"] = cells[column]
    else:
        columns.append(Column("nearest", "nearest", right=True, keep=True, machine=False))
        columns.append(_cosine("its_cosine", "cosine", keep=True, machine=False))
        for number, row in enumerate(rows):
            others = [(c, -o) for o, c in enumerate(cosines[number].tolist()) if o != number]
            best, other = max(others)
            row |= {"nearest": contexts.places[-other].label, "its_cosine": best}
    columns += [
        Column("context", "context", table=False),
        Column("other", "other", table=False),
        Column("cosine", "cosine", table=False),
        Column("static", "static", table=False),
    ]
    sink.table(
        rows,
        columns,
        before=[_title(contexts, "cosines")],
        after=[static_line(contexts), *remarks(contexts)],
        records=list(_pairs(contexts)),
        document=document(answer),
    )


def print_layers(sink: Sink, answer: Answer) -> None:
    """Print how alike the contexts are in each layer, and how alike any two other tokens are there."""
    import numpy as np

    contexts = answer.contexts
    n = len(contexts.places)
    upper = np.triu_indices(n, 1)
    pairs = [
        (f"c{one}-{other}", f"{contexts.places[one].label}–{contexts.places[other].label}")
        for one, other in zip(*(side.tolist() for side in upper), strict=True)
    ]
    shown = pairs if n <= PAIRS else []
    summary, rows = [], []
    tables: list[tuple[str, NDArray[np.float64], float | None]]
    tables = [("static", contexts.static_cosines(), None)]
    tables += [
        (str(group[0]), contexts.cosines(number), contexts.usual(number))
        for number, group in enumerate(contexts.layers)
    ]
    for layer, cosines, usual in tables:
        found = cosines[upper]
        row = {
            "layer": layer,
            "mean": float(found.mean()),
            "least": float(found.min()),
            "greatest": float(found.max()),
            "other_tokens": usual,
        }
        summary.append(row)
        rows.append(row | dict(zip((key for key, _ in shown), found.tolist(), strict=False)))
    columns = [
        Column("layer", "layer", right=True, keep=True),
        *(_cosine(key, header, machine=False) for key, header in shown),
        _cosine("mean", "mean", keep=True),
        _cosine("least", "least"),
        _cosine("greatest", "greatest"),
        _cosine("other_tokens", "other tokens"),
    ]
    before = [_title(contexts, "cosines by layer")]
    if answer.sample is None and n <= MATRIX:
        before += ["", *(f"{place.label}  {marked(place)}" for place in contexts.places)]
    after = [
        "static: the word's row of the table, before any context; layer 0: what enters the first block, positions added. "
        "Other tokens: the mean cosine of two other tokens of different texts in that layer.",
        *remarks(contexts, usual=False),
    ]
    sink.table(
        rows,
        columns,
        before=before,
        after=after,
        records=summary,
        document=document(answer, summary),
    )


def print_leanings(sink: Sink, answer: Answer) -> None:
    """Print to which axis each context draws the word."""
    contexts, leanings = answer.contexts, answer.leanings
    assert leanings is not None
    several = len(leanings.axes) > 1
    alone: dict[str, Any] = {"context": "", "text": _framed(leanings, contexts.word), "lean": ""}
    alone |= {axis.name: value for axis, value in zip(leanings.axes, leanings.alone, strict=True)}
    rows = [_lean_row(lean, leanings) for lean in leanings.leans]
    columns = [
        Column("context", "", right=True, keep=True),
        Column("text", "text", keep=True, wrap=True),
        *(_cosine(axis.name, axis.name, keep=True) for axis in leanings.axes),
        *(
            Column(
                f"{axis.name}_drawn", "drawn", right=True, show=_signed, table=not several
            )
            for axis in leanings.axes
        ),
    ]  # fmt: skip
    if several:
        columns += [
            Column("lean", "leans to", keep=True, machine=False),
            Column("leans_to", "leans to", table=False),
            Column("margin", "by", table=False),
        ]
    shown = [
        {**row, "text": marked(lean.place), "lean": _lean_words(lean)}
        for row, lean in zip(rows, leanings.leans, strict=True)
    ]
    sink.table(
        [alone, *shown],
        columns,
        before=[_title(contexts, "mean cosine to the words of each axis")],
        after=[*_how(leanings, contexts.word), *remarks(contexts, usual=False)],
        records=rows,
        document=document(answer),
    )


def document(answer: Answer, layers: Sequence[Row] | None = None) -> dict[str, Any]:
    """All that was found, as JSON has it; of a corpus without the cosines of pairs."""
    contexts = answer.contexts
    found: dict[str, Any] = {
        "base": contexts.base,
        "word": contexts.word,
        "layers": [list(group) for group in contexts.layers],
        "contexts": [_place(place) for place in contexts.places],
    }
    if layers is not None:
        found["by_layer"] = list(layers)
    if answer.sample is None:
        every = [contexts.cosines(number).tolist() for number in range(len(contexts.layers))]
        found["cosines"] = every if layers is not None else every[0]
        found["static"] = contexts.static_cosines().tolist()
    else:
        found["corpus"] = {
            "name": answer.sample.source,
            "documents": answer.sample.documents,
            "sentences": answer.sample.sentences,
        }
    if layers is None:
        found["other_tokens"] = contexts.usual()
    if answer.leanings is not None:
        found["axes"] = [
            {"name": axis.name, "words": list(axis.words), "alone": alone}
            for axis, alone in zip(answer.leanings.axes, answer.leanings.alone, strict=True)
        ]
        found["frame"] = answer.leanings.frame
        found["leanings"] = [_lean_row(lean, answer.leanings) for lean in answer.leanings.leans]
    return found


def marked(place: Context) -> str:
    """A text in one line with the word in brackets; of a long one what is around the word.

    >>> from types import SimpleNamespace as place
    >>> marked(place(text="the river bank flows", start=10, end=14))
    'the river [bank] flows'
    """
    before, behind = place.text[: place.start], place.text[place.end :]
    room = max(0, LONGEST - (place.end - place.start)) // 2
    left = max(room, 2 * room - len(behind))
    right = max(room, 2 * room - len(before))
    if len(before) > left:
        before = "… " + before[len(before) - left :].partition(" ")[2]
    if len(behind) > right:
        behind = behind[:right].rpartition(" ")[0] + " …"
    return visible(" ".join(f"{before}[{place.text[place.start : place.end]}]{behind}".split()))


def static_line(contexts: Contexts) -> str:
    """What the same cosines are before any context: 1.00, where the word is the same tokens everywhere."""
    import numpy as np

    cosines = contexts.static_cosines()
    least = float(cosines[np.triu_indices(len(cosines), 1)].min()) if len(cosines) > 1 else 1.0
    head = "Static vector (the word's row of the table, before any context)"
    if least > 0.99995:
        return f"{head}: 1.00 between all."
    ways = dict.fromkeys(" ".join(place.pieces) for place in contexts.places)
    return (
        f"{head}: {_two(least)} to 1.00, for the base has other tokens for other spellings "
        f"({'; '.join(ways)})."
    )


def remarks(contexts: Contexts, *, usual: bool = True) -> Iterator[str]:
    """What is to be known of all contexts: how alike other tokens are, which way the base reads, what it did not see."""
    if usual and (mean := contexts.usual()) is not None:
        yield f"Two other tokens of different texts: {_two(mean)} on average."
    if contexts.looks_back:
        yield "This base reads from left to right: what stands behind the word changes nothing."
    if any(place.unknown for place in contexts.places):
        yield f"The base has no token for {contexts.word}, or a part of it, and reads one that stands for all it does not know."
    cut = sum(place.cut for place in contexts.places)
    if cut:
        texts = "1 text is" if cut == 1 else f"{cut:,} texts are"
        yield f"{texts} longer than the base reads, and it saw what is around the word."


def _how(leanings: Leanings, word: str) -> list[str]:
    """How leans come about, in lines; of many contexts also how many there are."""
    found = []
    if len(leanings.axes) > 1:
        if len(leanings.leans) > MATRIX:
            counts = Counter(lean.axis or "as alone" for lean in leanings.leans)
            names = [*(axis.name for axis in leanings.axes), "as alone"]
            found.append(f"{', '.join(f'{name}: {counts[name]:,}' for name in names)}.")
        found.append(
            f"The first line is {word} without a context. A text leans to the axis to which it draws the word, against that "
            f"line, more than to any other; by less than {decimals(leanings.least, 2)}: as alone."
        )
    else:
        found.append(
            f"The first line is {word} without a context; drawn: how much nearer than there."
        )
    if leanings.left_out:
        found.append(
            f"{word} itself was left out of {', '.join(leanings.left_out)}: it is near in any sense."
        )
    return found


def _lean_row(lean: Lean, leanings: Leanings) -> dict[str, Any]:
    row: dict[str, Any] = {"context": lean.place.label, "text": lean.place.text}
    for axis, cosine, drawn in zip(leanings.axes, lean.cosines, lean.drawn, strict=True):
        row[axis.name] = cosine
        row[f"{axis.name}_drawn"] = drawn
    if lean.margin is not None:
        row["leans_to"] = lean.axis
        row["margin"] = lean.margin
    return row


def _lean_words(lean: Lean) -> str:
    if lean.axis is None or lean.margin is None:
        return "as alone"
    return f"{lean.axis} {_signed(lean.margin)}"


def _framed(leanings: Leanings, word: str) -> str:
    return leanings.frame.replace("{}", f"[{word}]")


def _place(place: Context) -> dict[str, Any]:
    import dataclasses

    found = dataclasses.asdict(place)
    label = found.pop("label")
    return {"context": label, "text_number": found.pop("number"), **found}


def _pairs(contexts: Contexts) -> Iterator[Row]:
    cosines, static = contexts.cosines(), contexts.static_cosines()
    for one, place in enumerate(contexts.places):
        for other in range(one + 1, len(contexts.places)):
            yield {
                "context": place.label,
                "other": contexts.places[other].label,
                "cosine": float(cosines[one, other]),
                "static": float(static[one, other]),
            }


def _title(contexts: Contexts, what: str) -> str:
    n = len(contexts.places)
    where = f"{n:,} {'context' if n == 1 else 'contexts'}"
    layers = "" if len(contexts.layers) > 1 else f"   {contexts.phrase()}"
    return f"{contexts.base}   {visible(contexts.word)} in {where}{layers}   {what}"


def _cosine(key: str, header: str, *, keep: bool = False, machine: bool = True) -> Column:
    return Column(key, header, right=True, keep=keep, machine=machine, show=_two)


def _two(value: float) -> str:
    return decimals(value, 2)


def _signed(value: float) -> str:
    text = decimals(value, 2)
    return text if value < 0 or text == ".00" else f"+{text}"
