"""The senses of a word, as ``nlpwb contexts --corpus`` prints them: their shares, and the sentences that stand for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nlpwb.report.columns import Column
from nlpwb.report.contexts import document, marked, remarks, static_line
from nlpwb.report.numbers import decimals

if TYPE_CHECKING:
    from nlpwb.report.sink import Sink
    from nlpwb.workflows.contexts.asking import Answer

CLEAR = 0.2
"""Mean silhouette that words of one sense do not reach: in 300 sentences of Wikipedia oxygen and elephant have .19, piano .17,
and window .28 (MiniLM)."""


def print_senses(sink: Sink, answer: Answer, *, seed: int) -> None:
    """Print senses with the sentences nearest to their centres; programs get every sentence with its sense."""
    contexts, senses = answer.contexts, answer.senses
    assert senses is not None
    rows: list[dict[str, Any]] = []
    for sense in senses.senses:
        for turn, member in enumerate(sense.nearest):
            head = {"sense": str(sense.sense), "share": f"{100 * sense.share:.0f} %"}
            head |= {"size": f"{sense.size:,}", "cohesion": decimals(sense.cohesion, 2)}
            row = head if turn == 0 else dict.fromkeys(head, "")
            rows.append(row | {"shown": marked(member.place)})
    records = [
        {
            "context": member.place.label,
            "sense": member.sense,
            "cosine": member.cosine,
            "silhouette": member.silhouette,
            "text": member.place.text,
        }
        for member in senses.members
    ]
    columns = [
        Column("sense", "sense", right=True, keep=True, machine=False),
        Column("share", "share", right=True, keep=True, machine=False),
        Column("size", "sentences", right=True, machine=False),
        Column("cohesion", "cohesion", right=True, machine=False),
        Column("shown", "nearest to its centre", keep=True, wrap=True, machine=False),
        *(Column(key, key, table=False) for key in records[0]),
    ]
    source = answer.sample.source if answer.sample is not None else "texts"
    n = len(contexts.places)
    found = document(answer)
    found["senses"] = [
        {
            "sense": sense.sense,
            "size": sense.size,
            "share": sense.share,
            "cohesion": sense.cohesion,
            "silhouette": sense.silhouette,
            "nearest": [member.place.label for member in sense.nearest],
        }
        for sense in senses.senses
    ]
    found["silhouette"] = senses.silhouette
    found["tried"] = [list(pair) for pair in senses.tried]
    found["members"] = records
    sink.table(
        rows,
        columns,
        before=[
            f"{source}   {contexts.word} in {n:,} sentences   {contexts.base}, {contexts.phrase()}   "
            f"mean silhouette {decimals(senses.silhouette, 2)}"
        ],
        after=[*_after(answer, seed), static_line(contexts), *remarks(contexts)],
        records=records,
        document=found,
    )


def _after(answer: Answer, seed: int) -> list[str]:
    senses, sample = answer.senses, answer.sample
    assert senses is not None
    found = []
    if senses.tried:
        scores = ", ".join(f"{count}: {decimals(score, 2)}" for count, score in senses.tried)
        found.append(
            f"The number of senses has the highest mean silhouette of those tried ({scores})."
        )
    if senses.silhouette < CLEAR:
        found.append(
            f"Words of one sense have silhouettes below {decimals(CLEAR, 2)}, too: these may be surroundings, and not senses."
        )
    if sample is not None and sample.taken < sample.sentences:
        found.append(
            f"{sample.taken:,} of {sample.sentences:,} sentences, drawn at random (seed {seed})."
        )
    return found
