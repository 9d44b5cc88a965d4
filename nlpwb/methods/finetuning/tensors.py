"""The field's names of tensors to ours and back, over the tables of ``families.py``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from nlpwb.errors import ModelError
from nlpwb.methods.finetuning.families import Family, Row

_OLD_NAMES = ((".gamma", ".weight"), (".beta", ".bias"))
"""How the first BERT checkpoints name the two tensors of a LayerNorm."""


def rows_of_body(family: Family, layers: int) -> Iterator[Row]:
    """The rows of everything below the head, block by block; names of ours are those of the body's module."""
    yield from family.body
    for number in range(layers):
        for row in family.block:
            yield Row(
                f"blocks.{number}.{row.ours}",
                tuple(name.format(n=number) for name in row.theirs),
                row.transposed,
            )


class Found:
    """The tensors of a checkpoint, by their names.

    Args:
        tensors: as they were read.
        family: whose names they have.
        name: of the checkpoint, for errors.
    """

    def __init__(self, tensors: Mapping[str, Tensor], family: Family, *, name: str) -> None:
        self.family = family
        self.name = name
        self._tensors = {_today(key): tensor for key, tensor in tensors.items()}

    @property
    def tensors(self) -> Mapping[str, Tensor]:
        """All of them."""
        return self._tensors

    def get(self, theirs: str) -> Tensor | None:
        """A tensor by its name, with or without the prefix of the body."""
        prefix = self.family.prefix
        for name in (theirs, f"{prefix}{theirs}", theirs.removeprefix(prefix)):
            if name in self._tensors:
                return self._tensors[name]
        return None

    def has(self, rows: tuple[Row, ...]) -> bool:
        """Whether all tensors of some rows are there, and there are rows."""
        return bool(rows) and all(self.get(name) is not None for row in rows for name in row.theirs)

    def require_tied(self) -> None:
        """See that tokens are said by the table of embeddings, as all networks of ours do.

        Raises:
            ModelError: there is an output layer with other weights.
        """
        for copy, original in self.family.copies.items():
            one, other = self._tensors.get(copy), self.get(original)
            if one is not None and other is not None and not _same(one, other):
                raise ModelError(
                    f"{self.name} has an output layer of its own, {copy}, and this program reads those that are the table "
                    "of embeddings"
                )

    @torch.no_grad()
    def fill(self, module: nn.Module, rows: Iterator[Row] | tuple[Row, ...]) -> None:
        """Copy tensors into a module.

        Rows whose tensor the module does not have (a table of segments, a layer that widens) are left out.

        Raises:
            ModelError: a tensor is missing, or has another shape than the configuration says.
        """
        wanted = dict(module.named_parameters())
        for row in rows:
            if row.ours in wanted:
                own = wanted.pop(row.ours)
                own.copy_(self._joined(row, tuple(own.shape)))
        assert not wanted, f"no row of the table fills {sorted(wanted)}"

    def _joined(self, row: Row, shape: tuple[int, ...]) -> Tensor:
        part = (shape[0] // len(row.theirs), *shape[1:])
        parts = []
        for name in row.theirs:
            tensor = self.get(name)
            if tensor is None:
                raise ModelError(
                    f"{self.name} lacks the tensor {name}, which its config.json promises; fetch it again"
                )
            expected = part[::-1] if row.transposed else part
            if tuple(tensor.shape) != expected:
                raise ModelError(
                    f"the tensor {name} of {self.name} has the shape {_shape(tuple(tensor.shape))}, and its config.json says "
                    f"{_shape(expected)}"
                )
            parts.append(tensor.T if row.transposed else tensor)
        return parts[0] if len(parts) == 1 else torch.cat(parts)


def written(module: nn.Module, rows: Iterator[Row] | tuple[Row, ...]) -> dict[str, Tensor]:
    """The tensors of a module under the field's names, each with memory of its own, float32 on the processor."""
    own = dict(module.named_parameters())
    found: dict[str, Tensor] = {}
    for row in rows:
        if row.ours not in own:
            continue
        tensor = own.pop(row.ours).detach().to("cpu", torch.float32)
        for name, part in zip(row.theirs, tensor.chunk(len(row.theirs)), strict=True):
            found[name] = (part.T if row.transposed else part).contiguous().clone()
    assert not own, f"no row of the table writes {sorted(own)}"
    return found


def _today(name: str) -> str:
    name = name.removeprefix("module.")  # so torch names what was trained on several devices
    for old, new in _OLD_NAMES:
        if name.endswith(old):
            return name.removesuffix(old) + new
    return name


def _same(one: Tensor, other: Tensor) -> bool:
    if one.shape != other.shape:
        return False
    return one.data_ptr() == other.data_ptr() or torch.equal(one, other)


def _shape(sizes: tuple[int, ...]) -> str:
    return " × ".join(map(str, sizes)) or "a single number"
