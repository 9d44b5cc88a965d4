"""fastText models of a few bytes, put together by hand."""

from __future__ import annotations

import struct
from collections.abc import Sequence

MAGIC = 793712314


def tiny_model(
    words: Sequence[bytes],
    matrix: Sequence[Sequence[float]],
    *,
    version: int = 12,
    counts: Sequence[int] | None = None,
    labels: Sequence[bytes] = (),
    bucket: int = 1,
    ngrams: tuple[int, int] = (3, 3),
    model: int = 2,
    pruned: Sequence[tuple[int, int]] | None = None,
    quantised: bool = False,
    magic: int = MAGIC,
) -> bytes:
    """A model's bytes; ``matrix`` has a row for each word, then one for each slot."""
    dim = len(matrix[0])
    out = struct.pack("<ii", magic, version)
    out += struct.pack("<12id", dim, 5, 1, 1, 5, 1, 2, model, bucket, *ngrams, 100, 1e-4)
    entries = [(word, 0) for word in words] + [(label, 1) for label in labels]
    out += struct.pack(
        "<iiiqq", len(entries), len(words), len(labels), 99, -1 if pruned is None else len(pruned)
    )
    for number, (entry, kind) in enumerate(entries):
        count = counts[number] if counts is not None and kind == 0 else 1
        out += entry + b"\0" + struct.pack("<qb", count, kind)
    for pair in pruned or ():
        out += struct.pack("<ii", *pair)
    out += struct.pack("<?qq", quantised, len(matrix), dim)
    out += b"".join(struct.pack("<f", value) for row in matrix for value in row)
    return out + struct.pack("<?qq", False, 1, dim) + bytes(4 * dim)
