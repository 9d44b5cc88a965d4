"""What ``nlpwb trace`` prints: a line for each step, the numbers of one step, gradients by distance."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nlpwb.report.attention import shown
from nlpwb.report.attention_output import VECTORS, answer_rows
from nlpwb.report.columns import Column, Row
from nlpwb.report.numbers import decimals, significant

if TYPE_CHECKING:
    from nlpwb.report.sink import Sink
    from nlpwb.workflows.looking.gradients import Fading
    from nlpwb.workflows.looking.trace import Trace, TraceStep

VALUES = 8
"""Numbers of a row that a table shows."""
_WHAT: Mapping[str, str] = {
    "text": "the string",
    "normalised": "as the tokenizer cuts it",
    "tokens": "what has a row in the vocabulary",
    "ids": "the number of each row",
    "embedding": "the row of each token",
    "positions": "what tells the order",
    "positions.cosine": "cosine of the turns of queries and keys",
    "positions.sine": "sine of these turns",
    "positions.bias": "what distance takes from scores",
    "input": "what enters the first block",
    "attention_norm": "LayerNorm",
    "cross_norm": "LayerNorm",
    "feed_forward_norm": "LayerNorm",
    "queries": "Q, what a place asks",
    "keys": "K, what a place answers to",
    "values": "V, what a place says",
    "bias": "what positions add to scores",
    "scores": "Q Kᵀ / √h",
    "weights": "softmax of the scores",
    "context": "weights · V",
    "attention": "heads side by side, projected",
    "cross": "heads side by side, projected",
    "attention_sum": "what came in + attention",
    "cross_sum": "what came in + cross-attention",
    "inner": "the wide layer, before it is bent",
    "feed_forward": "two layers at each place alone",
    "feed_forward_sum": "what came in + feed-forward",
    "final_norm": "LayerNorm at the end",
    "encoder_norm": "LayerNorm at the end of the encoder",
    "decoder_norm": "LayerNorm at the end of the decoder",
    "input_gate": "how much of the candidate enters",
    "forget_gate": "how much of the cell stays",
    "output_gate": "how much of the cell is seen",
    "reset_gate": "how much of the state the candidate sees",
    "update_gate": "how much of the state stays",
    "candidate": "what is new",
    "cell": "what is carried on",
    "hidden": "the state at each token",
    "pooled": "one row for the text",
    "logits": "the last linear layer",
    "probabilities": "softmax: what `nlpwb predict` says",
    "answer": "what `nlpwb predict` says",
}
_REPEATED = re.compile(r"\.\d+$")


def what(name: str) -> str:
    """What a step is, in a few words.

    >>> what("block2.attention.scores"), what("layer1.forwards.hidden")
    ('Q Kᵀ / √h', 'the state at each token')
    """
    parts = _REPEATED.sub("", name).split(".")
    return _WHAT.get(".".join(parts[-2:])) or _WHAT.get(parts[-1], "")


def print_trace(sink: Sink, found: Trace) -> None:
    """All steps, in the sink's format; JSON has the text, the tokens and the answer beside them."""
    rows = [step_row(step) for step in found.steps]
    answer = answer_line(found)
    sink.table(
        rows,
        [
            Column("step", "step", keep=True),
            Column("shape", "shape", right=True, keep=True, show=shape),
            Column("dtype", "type"),
            Column("mean", "mean", right=True, keep=True, show=significant),
            Column("deviation", "deviation", right=True, show=significant),
            Column("norm", "norm", right=True, keep=True, show=significant),
            Column("what", "what", wrap=True),
        ],
        before=[f"{found.method} on {' '.join(found.text.split())!r}"],
        after=[answer, "--values STEP prints the numbers of a step."],
        document=document(found),
    )


def document(found: Trace) -> dict[str, Any]:
    """A trace as JSON has it; the numbers of a step are printed by ``--values``."""
    source = found.sides.source
    made: dict[str, Any] = {
        "model": found.model,
        "method": found.method,
        "text": found.text,
        "tokens": list(source.tokens),
        "ids": list(source.ids),
        "unknown": list(source.unknown),
        "cut": source.cut,
        "answers": answer_rows(found.answers),
        "steps": [step_row(step) for step in found.steps],
    }
    if found.sides.target is not None:
        made["target"] = list(found.sides.target.tokens)
    return made


def step_row(step: TraceStep) -> dict[str, Any]:
    """A step's fields."""
    mean, deviation, norm = step.statistics() if step.name.split(".")[-1] != "ids" else (None,) * 3
    return {
        "step": step.name,
        "shape": list(step.shape),
        "dtype": step.dtype,
        "mean": mean,
        "deviation": deviation,
        "norm": norm,
        "what": what(step.name),
    }


def answer_line(found: Trace) -> str:
    """``says positive .998, negative .002``; of a translator what it writes."""
    answers = found.answers
    if found.sides.target is not None:
        return f"writes {' '.join(found.sides.target.text.split())!r}"
    if answers.what == "vector":
        return f"makes {VECTORS}"
    if answers.what == "value":
        return f"says {answers.values[0]:.4g}"
    order = sorted(range(len(answers.values)), key=lambda place: -answers.values[place])[:5]
    said = ", ".join(f"{shown(answers.names[n])} {decimals(answers.values[n])}" for n in order)
    return f"next: {said}" if answers.what == "next" else f"says {said}"


def print_values(sink: Sink, step: TraceStep) -> None:
    """The numbers of one step: TSV and CSV have a column for each, JSON the whole array."""
    where, rows = step.rows()
    columns = [Column(name, name, right=name != "token", keep=True) for name in where]
    wide = max((len(_values(row)) for row in rows), default=0)
    titles = [shown(token) for token in step.columns] if wide == len(step.columns) else []
    names = titles or [str(number) for number in range(1, wide + 1)]
    spread: list[Row] = [
        {
            **row,
            **{f"v{number}": value for number, value in enumerate(_values(row), start=1)},
        }
        for row in rows
    ]
    machine = sink.format not in ("table", "md")
    for number, name in enumerate(names[: wide if machine else VALUES], start=1):
        show = significant if step.values is not None else None
        columns.append(
            Column(f"v{number}", name, right=step.values is not None, keep=number < 3, show=show)
        )
    after = [] if machine or wide <= VALUES else [f"{VALUES} of {wide} numbers a row are shown."]
    if where[-1] == "place" and len(where) == 1:
        columns[-1:] = [Column("v1", step.name.split(".")[-1], wrap=True)]
    values = step.values.tolist() if step.values is not None else list(step.texts)
    sink.table(
        spread,
        columns,
        before=[f"{step.name}, {shape(step.shape)}: {what(step.name)}"],
        after=after,
        document={
            "step": step.name,
            "shape": list(step.shape),
            "dtype": step.dtype,
            "rows": list(step.labels),
            "columns": list(step.columns),
            "values": values,
        },
    )


def print_fading(sink: Sink, found: Sequence[Fading]) -> None:
    """The gradient at each token, the last one first."""
    rows = [
        {
            "model": one.model,
            "method": one.method,
            "distance": distance,
            "token": token,
            "norm": norm,
            "share": share,
        }
        for one in found
        for distance, (token, norm, share) in enumerate(
            zip(one.tokens, one.norms, one.shares, strict=True)
        )
    ]
    several = len(found) > 1
    sink.table(
        rows,
        [
            Column("model", "model", keep=several, table=several),
            Column("method", "method", table=False),
            Column("distance", "distance", right=True, keep=True),
            Column("token", "token", keep=True, show=shown),
            Column("norm", "gradient", right=True, keep=True, show=significant),
            Column("share", "share of the last token's", right=True, keep=True, show=_share),
        ],
        before=["How much of each token reaches the last state."],
    )


def shape(sizes: Sequence[int]) -> str:
    """``2 × 15 × 16``."""
    return " × ".join(f"{size:,}" for size in sizes)


def _values(row: Mapping[str, Any]) -> list[Any]:
    found: list[Any] = row["values"]
    return found


def _share(value: float) -> str:
    return f"{value:.1e}" if 0 < value < 0.001 else f"{value:.3f}"
