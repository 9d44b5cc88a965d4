"""A text on its way through a model, step by step, from the string to what is said of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.errors import UsageError, nearest
from nlpwb.workflows.looking.looked import Answers, Looked, Sides, networks
from nlpwb.workflows.looking.reading import TokensRead

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TEXT, NORMALISED, TOKENS, IDS, ANSWER = "text", "normalised", "tokens", "ids", "answer"


@dataclass(frozen=True, eq=False)
class TraceStep:
    """One thing that was computed.

    Args:
        name: by which ``--values`` asks for it.
        shape: of the numbers, without the batch; of a text its characters.
        dtype: as torch says it, or ``text``.
        values: the numbers; None for texts.
        texts: the text, or the tokens; none for numbers.
        labels: the token of each place along the last axis but one, where that is one of places.
        columns: the token of each place along the last axis, where that is one of places.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    values: NDArray[np.float64] | None = None
    texts: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    def statistics(self) -> tuple[float | None, float | None, float | None]:
        """Mean, deviation and norm (root of the sum of squares); scores of what a query may not look at are not counted."""
        import numpy as np

        if self.values is None:
            return None, None, None
        finite = self.values[np.isfinite(self.values)]
        if not finite.size:
            return None, None, None
        return float(finite.mean()), float(finite.std()), float(math.sqrt((finite**2).sum()))

    def rows(self) -> tuple[list[str], list[dict[str, object]]]:
        """The numbers as rows: the names of the columns that say where, and the rows with their ``values``."""
        if self.values is None:
            texts = enumerate(self.texts, start=1)
            return ["place"], [{"place": n, "values": [text]} for n, text in texts]
        values = self.values
        if values.ndim == 1:
            names = self.columns or tuple(str(n) for n in range(1, len(values) + 1))
            return ["place", "token"], [
                {"place": n, "token": name, "values": [value]}
                for n, (name, value) in enumerate(zip(names, values.tolist(), strict=True), start=1)
            ]
        heads = values if values.ndim == 3 else values[None]
        where = ["head", "place", "token"] if values.ndim == 3 else ["place", "token"]
        labels: Sequence[str] = self.labels or [""] * values.shape[-2]
        return where, [
            {"head": head, "place": place, "token": label, "values": line}
            for head, table in enumerate(heads, start=1)
            for place, (label, line) in enumerate(zip(labels, table.tolist(), strict=True), start=1)
        ]


@dataclass(frozen=True, eq=False)
class Trace:
    """A text's whole way: ``steps`` in the order in which they were computed; the last is what ``nlpwb predict`` says."""

    model: str
    method: str
    text: str
    sides: Sides
    answers: Answers
    steps: tuple[TraceStep, ...]

    def step(self, name: str) -> TraceStep:
        """A step by its name.

        Raises:
            UsageError: there is none of this name; the sentence offers the nearest.
        """
        for step in self.steps:
            if step.name == name:
                return step
        raise UsageError(
            f"--values {name}: {self.method} has no such step; {nearest(name, {s.name for s in self.steps})}"
        )


def trace(looked: Looked, text: str) -> Trace:
    """Run a model once and keep every named step.

    Raises:
        InputError: there is nothing in the text to read.
    """
    from nlpwb.methods.networks.tracing import Recorder
    from nlpwb.workflows.looking.steps import LOGITS, watch_steps
    from nlpwb.workflows.looking.watching import merged

    sides = looked.read(text)
    with Recorder() as recorder:
        watch_steps(recorder, looked.network)
        outputs = looked.compute(sides)
    answers = looked.answers(outputs)
    steps = [*_texts(sides)]
    numbers: dict[str, int] = {}
    for step in merged(recorder.steps):
        # a module that is called for the source and for the target has its name twice
        numbers[step.name] = numbers.get(step.name, 0) + 1
        name = _named(step.name, numbers[step.name], sides)
        values = step.value[0] if step.value.dim() > 1 else step.value
        steps.append(_step(name, values.double().numpy(), str(step.value.dtype), sides))
    if not any(step.name == LOGITS for step in steps):
        steps.append(_step(LOGITS, outputs.double().numpy(), str(outputs.dtype), sides))
    steps.append(_answer(answers))
    return Trace(str(looked.path), looked.method, text, sides, answers, tuple(steps))


def _named(name: str, number: int, sides: Sides) -> str:
    """A step's name: of the tables of an encoder-decoder the side that is looked up."""
    if sides.target is not None and name.startswith(("tables.", "positions")):
        what = "embedding" if name.startswith("tables.") else name
        if name == "tables.written":
            number = 2
        return f"{('source', 'target')[min(number, 2) - 1]}.{what}"
    return name if number == 1 else f"{name}.{number}"


def open_and_trace(path: Path, text: str, *, device: str = "cpu", threads: int = 1) -> Trace:
    """The same for the model of a folder.

    Raises:
        ModelError: no sound model, or one that is no network.
        InputError: there is nothing in the text to read.
        UsageError: no such device here.
    """
    from nlpwb.workflows.looking.opening import opened

    with opened([path], f"steps to follow; {networks()}", device=device, threads=threads) as (
        looked,
    ):
        return trace(looked, text)


def _texts(sides: Sides) -> Iterator[TraceStep]:
    """What happens before there are vectors."""
    yield from _side(sides.source, "" if sides.target is None else "source.")
    if sides.target is not None:
        yield from _side(sides.target, "target.")


def _side(read: TokensRead, prefix: str) -> Iterator[TraceStep]:
    import numpy as np

    if read.text:
        yield TraceStep(f"{prefix}{TEXT}", (len(read.text),), "text", texts=(read.text,))
    if read.normalised is not None:
        changed = read.normalised
        yield TraceStep(f"{prefix}{NORMALISED}", (len(changed),), "text", texts=(changed,))
    yield TraceStep(f"{prefix}{TOKENS}", (len(read),), "text", texts=read.tokens)
    ids = np.array(read.ids, dtype=np.float64)
    yield TraceStep(f"{prefix}{IDS}", (len(read),), "int64", values=ids, columns=read.tokens)


def _step(name: str, values: NDArray[np.float64], dtype: str, sides: Sides) -> TraceStep:
    places = _places(sides)
    labels: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    if values.ndim >= 2:
        labels = places.get(values.shape[-2], ())
    if name.endswith((".weights", ".scores", ".bias")):
        columns = places.get(values.shape[-1], ())
    return TraceStep(
        name,
        tuple(values.shape),
        dtype.removeprefix("torch."),
        values,
        labels=labels,
        columns=columns,
    )


def _places(sides: Sides) -> dict[int, tuple[str, ...]]:
    """Tokens by how many there are, with one more in front for a vector that stands for the document."""
    found: dict[int, tuple[str, ...]] = {}
    for read in (sides.source, sides.target):
        if read is not None:
            found.setdefault(len(read), read.tokens)
            found.setdefault(len(read) + 1, ("[CLS]", *read.tokens))
    return found


def _answer(answers: Answers) -> TraceStep:
    import numpy as np

    values = np.array(answers.values, dtype=np.float64)
    return TraceStep(
        ANSWER if answers.what == "value" else "probabilities",
        (len(values),),
        "float64",
        values,
        columns=answers.names,
    )
