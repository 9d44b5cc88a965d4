"""An evaluation of word vectors as people read it, and the rows of the machine formats."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from nlpwb.report.columns import Column, Row, Table
from nlpwb.report.numbers import difference, interval, score
from nlpwb.report.sink import Sink

if TYPE_CHECKING:
    from nlpwb.workflows.words.evaluation import JudgedFile, WordEvaluation
    from nlpwb.workflows.words.verdicts import WordScore

SHARE, CORRELATION = "accuracy", "spearman"
"""How a figure is shown: as a share, whose differences are spoken of in points, or as a correlation."""
_METHODS = {"3cosadd": "3CosAdd", "3cosmul": "3CosMul"}
_GEOMETRY = ("isotropy", "mean_cosine", "hubness", "antihubs")


def show_evaluation(sink: Sink, found: WordEvaluation) -> None:
    """Print an evaluation in the sink's format. In TSV, CSV and JSON lines the geometry has rows of kind ``geometry``."""
    rows = [_row(one) for one in found.scores]
    geometry = [row for file in found.files for row in _geometry_rows(file)]
    sink.table(
        rows,
        _columns(found),
        before=[_headline(found)],
        after=[*_geometry_table(found), *_closing_lines(found)],
        records=[*rows, *geometry],
        document=found.document(),
    )


def _columns(found: WordEvaluation) -> tuple[Column, ...]:
    several = len(found.files) > 1
    questions = any(row.kind == "analogies" for row in found.scores)
    parts = len({row.part for row in found.scores}) > 1

    def figure(value: float) -> str:
        return score(value, SHARE)

    return (
        Column("set", "set", keep=True),
        Column("part", "part", keep=True, table=parts),
        Column("vectors", "vectors", keep=several, wrap_at="/", table=several),
        Column("kind", "kind", table=False),
        Column("score", "score", right=True, keep=True, show=figure),
        Column("low", "low", table=False),
        Column("high", "high", table=False),
        Column("interval", "95 % interval", right=True, keep=True, machine=False),
        Column("words_low", "over words low", table=False),
        Column("words_high", "over words high", table=False),
        Column("words", "over words", right=True, machine=False, table=questions),
        Column("letters", "≈", keep=True, table=several),
        Column("delta", "Δ", table=False),
        Column("delta_low", "Δ low", table=False),
        Column("delta_high", "Δ high", table=False),
        Column("difference", "Δ best", right=True, machine=False, table=several),
        Column("used", "covered", right=True, keep=True),
        Column("total", "of", right=True, keep=True),
        Column("score_of_all", "all", right=True, show=figure),
        Column("why", "why not", table=False),
    )


def _row(one: WordScore) -> Row:
    """A score with its intervals and its difference to the best in words; the best differs from nothing."""
    row: dict[str, Any] = dataclasses.asdict(one)
    row["interval"] = _ends(one.low, one.high)
    row["words"] = _ends(one.words_low, one.words_high) if one.kind == "analogies" else ""
    row["difference"] = "" if one.score is not None else None
    if one.delta is not None and one.delta_low is not None and one.delta_high is not None:
        unit = SHARE if one.kind == "analogies" else CORRELATION
        row["difference"] = difference(one.delta, one.delta_low, one.delta_high, unit)
    if one.letters is None:
        row["letters"] = ""
    return row


def _ends(low: float | None, high: float | None) -> str | None:
    return None if low is None or high is None else interval(low, high, SHARE)


def _headline(found: WordEvaluation) -> str:
    if len(found.files) > 1:
        return f"{len(found.files)} files of word vectors   seed {found.seed}"
    file = found.files[0]
    return (
        f"{file.vectors}   {file.words:,} words   {file.dimensions} dimensions   seed {found.seed}"
    )


def _geometry_rows(file: JudgedFile) -> list[Row]:
    """The figures of the geometry as rows like those of the scores, a figure each."""
    shape = file.geometry
    if shape is None:
        return []
    return [
        {
            "set": "geometry",
            "part": name.replace("_", "-"),
            "vectors": file.vectors,
            "kind": "geometry",
            "score": getattr(shape, name),
            "used": shape.words,
            "total": file.words,
        }
        for name in _GEOMETRY
    ]


def _geometry_table(found: WordEvaluation) -> list[str | Table]:
    shapes = [(file, file.geometry) for file in found.files if file.geometry is not None]
    if not shapes:
        return []
    rows = [
        {"vectors": file.vectors, "of": file.words, **dataclasses.asdict(shape)}
        for file, shape in shapes
    ]
    k = shapes[0][1].neighbors

    def decimals(value: float) -> str:
        return score(value, SHARE, places=3)

    return [
        "The shape of the table, over its first words: isotropy 1 and mean cosine 0 say that no direction "
        "is preferred, hubness 0 that no word is near to more words than others; anti-hubs are near to none.",
        "",
        Table(
            rows,
            [
                Column("vectors", "vectors", keep=True, wrap_at="/", table=len(found.files) > 1),
                Column("words", "words", right=True, keep=True),
                Column("isotropy", "isotropy", right=True, show=decimals),
                Column("mean_cosine", "mean cosine", right=True, show=decimals),
                Column("hubness", f"hubness N_{k}", right=True, show=decimals),
                Column("antihubs", "anti-hubs", right=True, show=lambda x: f"{100 * x:.1f} %"),
                Column("hub", "greatest hub"),
                Column("hub_count", "near", right=True),
            ],
        ),
    ]


def _closing_lines(found: WordEvaluation) -> list[str]:
    """How it was judged, in as few lines as that takes, and what could not be."""
    kinds = {row.kind for row in found.scores}
    lines = []
    if "analogies" in kinds:
        lines.append(
            f"Analogies: accuracy of {_METHODS[found.method]} among {_among(found.analogy_words)} of a file "
            "(--restrict-vocab changes it). The 95 % interval is Wilson's, over questions; they share "
            "words, and over words is the interval for questions of other pairs of words."
        )
    if "similarity" in kinds:
        grams = ", n-grams for unknown ones" if found.subwords else ""
        lines.append(
            "Similarity: Spearman's correlation with people's scores, bootstrap over pairs; "
            f"{_among(found.similarity_words)} of a file{grams}."
        )
    lines.append(
        "Covered: every word has a vector, and score is theirs; all: the others count as cosine 0, or wrong."
    )
    if found.pairs:
        lines.append(
            "Files that share a letter cannot be told apart on a set (paired bootstrap on what both cover, "
            "analogies by their pairs of words, Holm); Δ in points for analogies."
        )
    missing = [row for row in found.scores if row.why and row.part == "all"]
    lines += [f"! {row.vectors} on {row.set}: {row.why}." for row in missing]
    return lines


def _among(words: int | None) -> str:
    return "all words" if words is None else f"the first {words:,} words"
