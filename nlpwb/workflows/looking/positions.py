"""What an encoding of positions looks like, and how alike places are by the distance between them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.errors import ModelError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

KINDS = ("sinusoidal", "learned", "rotary", "alibi")


@dataclass(frozen=True, eq=False)
class Similarity:
    """A line over distance, from 0 on.

    Args:
        name: of the line.
        values: float64 (length,).
        spread: float64 (length,), the deviation among pairs of places at this distance; zero where all are alike.
    """

    name: str
    values: NDArray[np.float64]
    spread: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Positions:
    """An encoding.

    Args:
        kind: one of :data:`KINDS`.
        length: places.
        dim: width of a vector, or of a head.
        heads: of alibi; else 0.
        encoding: float64 (length, dim); of alibi (heads, length): the bias of each head by distance.
        rows: what a row of it is.
        columns: what a column of it is.
        similarities: lines over distance.
        note: what must be said of them.
        source: the model whose table it is, or nothing.
    """

    kind: str
    length: int
    dim: int
    heads: int
    encoding: NDArray[np.float64]
    rows: str
    columns: str
    similarities: tuple[Similarity, ...]
    note: str
    source: str = ""


def positions(
    kind: str, *, length: int, dim: int, heads: int, seed: int = 0, model: Path | None = None
) -> Positions:
    """Compute an encoding with the functions that the networks use.

    Args:
        kind: one of :data:`KINDS`.
        length: places, from 0 to length - 1.
        dim: width of a vector (sinusoidal, learned) or of a head (rotary).
        heads: of alibi.
        seed: of a learned table as it is before training.
        model: a folder whose learned table is shown in place of that.

    Raises:
        UsageError: a width that cannot be turned; a model for a kind that is a formula.
        ModelError: the model has no learned positions.
    """
    import torch

    from nlpwb.methods.transformer.positions import sinusoidal

    assert kind in KINDS, "checked by whoever asks"
    if model is not None and kind != "learned":
        raise UsageError(f"--model shows learned positions, and {kind} is a formula; leave it out")
    places = torch.arange(length)
    if kind == "rotary":
        return _rotary(places, dim)
    if kind == "alibi":
        return _alibi(places, heads)
    if kind == "sinusoidal":
        return _of_table(
            kind,
            sinusoidal(places, dim),
            "Dot products of the vectors, divided by that of a vector with itself, depend on the distance alone.",
        )
    return _learned(length, dim, seed=seed, model=model)


def _learned(length: int, dim: int, *, seed: int, model: Path | None) -> Positions:
    import torch

    from nlpwb.methods.transformer.positions import PositionEmbedding

    if model is not None:
        table, method = _table_of(model)
        note = (
            f"The table of {method}, as it was trained; means over pairs of places at a distance."
        )
        return _of_table("learned", table[:length], note, source=str(model))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        table = PositionEmbedding(length, dim).weight.detach()
    note = (
        f"A table before training (seed {seed}): no place is like another; --model MODEL shows a "
        "trained one. Means over pairs of places at a distance."
    )
    return _of_table("learned", table, note)


def _table_of(model: Path) -> tuple[Tensor, str]:
    """The learned positions of a model, and its spec.

    Raises:
        ModelError: it has none.
    """
    from nlpwb.methods.finetuning.wrapped import WrappedBody
    from nlpwb.methods.transformer.bert import BertNetwork
    from nlpwb.methods.transformer.positions import PositionEmbedding
    from nlpwb.workflows.looking.looked import POSITIONED
    from nlpwb.workflows.looking.opening import open_model

    looked = open_model(model, f"learned positions; {POSITIONED}")
    for part in looked.network.modules():
        if isinstance(part, BertNetwork):  # what stands before the first place belongs to none
            return part.positions.weight.detach()[part.shape.first_place :], looked.method
        if isinstance(part, PositionEmbedding):
            return part.weight.detach(), looked.method
        if isinstance(part, WrappedBody) and part.positions is not None:
            return part.positions.detach(), looked.method
    raise ModelError(f"the model {model} ({looked.method}) has no learned positions; {POSITIONED}")


def _of_table(kind: str, table: Tensor, note: str, *, source: str = "") -> Positions:
    """A vector for each place: dot products and cosines, mean and deviation over all pairs at a distance."""
    import numpy as np

    vectors = table.double().numpy()
    products = vectors @ vectors.T
    lengths = np.sqrt(np.diag(products))
    own = float(np.mean(np.diag(products)))
    return Positions(
        kind=kind,
        length=len(vectors),
        dim=vectors.shape[1],
        heads=0,
        encoding=vectors,
        rows="place",
        columns="column of the vector",
        similarities=(
            _by_distance("dot product, as a share", products / own),
            _by_distance("cosine", products / np.outer(lengths, lengths)),
        ),
        note=note,
        source=source,
    )


def _by_distance(name: str, table: NDArray[np.float64]) -> Similarity:
    import numpy as np

    diagonals = [np.diag(table, distance) for distance in range(len(table))]
    return Similarity(
        name,
        np.array([one.mean() for one in diagonals]),
        np.array([one.std() for one in diagonals]),
    )


def _rotary(places: Tensor, dim: int) -> Positions:
    """The mean score of a turned query with the same vector, turned as a key, over random directions.

    Each of the d / 2 pairs holds the same share of a random vector of length 1 on average, so the mean over directions is that of
    the vector whose pairs are equally long: Σ cos(distance · rate) / (d / 2).

    Raises:
        UsageError: an odd width.
    """
    import numpy as np
    import torch

    from nlpwb.methods.transformer.positions import rotate, rotation

    if dim % 2:
        raise UsageError(f"--dim {dim}: rotary positions turn pairs; give an even width")
    turn = rotation(places, dim)
    even = torch.full((len(places), dim), dim**-0.5)
    turned = rotate(even, turn).double()
    scores = (turned @ turned.T).numpy()
    pairs = turn.cosine.double().numpy()
    # a random vector's pairs have shares that vary: 1 / (n + 1) of (mean of squares - square of mean), Dirichlet(1, …, 1)
    spread = np.sqrt(np.maximum(pairs.var(axis=1), 0) / (dim // 2 + 1))
    mean = _by_distance("mean score of a vector with itself", scores)
    return Positions(
        kind="rotary",
        length=len(places),
        dim=dim,
        heads=0,
        encoding=torch.cat((turn.cosine, turn.sine), dim=1).double().numpy(),
        rows="place",
        columns="cosine and sine of each pair's turn",
        similarities=(Similarity(mean.name, mean.values, spread),),
        note="Queries and keys are turned: a score depends on the distance alone. Mean and deviation over "
        "random vectors of length 1 that ask for themselves.",
    )


def _alibi(places: Tensor, heads: int) -> Positions:
    import numpy as np
    import torch

    from nlpwb.methods.transformer.positions import alibi, alibi_slopes

    slopes = alibi_slopes(heads)
    bias = alibi(slopes, places, torch.zeros(1, dtype=torch.int64))[:, :, 0].double().numpy()
    return Positions(
        kind="alibi",
        length=len(places),
        dim=0,
        heads=heads,
        encoding=bias,
        rows="head",
        columns="distance",
        similarities=tuple(
            Similarity(f"head {number}", line, np.zeros(len(line)))
            for number, line in enumerate(bias, start=1)
        ),
        note="No vectors: each head takes its slope times the distance from every score "
        f"({', '.join(f'{slope:.3g}' for slope in slopes.tolist()[:8])}{' …' if heads > 8 else ''}).",
    )
