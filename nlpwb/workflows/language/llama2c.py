"""Small Llama-shaped models as llama2.c keeps them (format 0): a file of float32 with seven numbers before it, and its tokenizer.

The header says dim, width of the feed-forward part, layers, heads, heads of keys, vocabulary (negative where the output layer is
a table of its own) and context, int32 each; the weights follow kind by kind, layer by layer. The tokenizer's file has a score
and some bytes for each token; pairs of tokens are joined in the order of the scores, as SentencePiece's BPE does.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np  # noqa: TID253  only functions import this module
import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.errors import ModelError
from nlpwb.methods.networks.writing import Streamer, Writing, readable
from nlpwb.methods.transformer.gpt import GptNetwork
from nlpwb.methods.transformer.gpt_config import GptConfig
from nlpwb.specs import Part

_HEADER = struct.Struct("<7i")
_UNKNOWN, _BEGIN, _FIRST_BYTE, _BYTES = 0, 1, 3, 256


@dataclass(frozen=True)
class _Shape:
    dim: int
    inner: int
    layers: int
    heads: int
    kv_heads: int
    vocabulary: int
    context: int
    tied: bool


class Llama2cTokens:
    """The tokens of such a model, with the face of ``SequenceTokens``; its one mark stands where a text begins, and ends it."""

    padding, unknown, begin, end = _UNKNOWN, _UNKNOWN, _BEGIN, _BEGIN
    lossless = False
    """A space is put before every text."""
    spec = "llama2.c"

    def __init__(self, pieces: list[bytes], scores: list[float]) -> None:
        fragments = [_bytes_of(number, piece) for number, piece in enumerate(pieces)]
        self.tokens = [
            readable(fragment) if fragment else piece.decode("utf-8", "replace").strip()
            for fragment, piece in zip(fragments, pieces, strict=True)
        ]
        self.vocabulary = len(pieces)
        self._scores = scores
        self._writing = Writing(fragments, opens=True)
        self._ids = {piece: number for number, piece in reversed([*enumerate(pieces)])}

    def encode(self, text: str) -> NDArray[np.int32]:
        """The ids of a text, int32 (n,); a character without a row is spelt in bytes."""
        ids: list[int] = []
        for character in f" {text}" if text else "":
            raw = character.encode("utf-8", "replace")
            whole = self._ids.get(raw)
            ids += [_FIRST_BYTE + byte for byte in raw] if whole is None else [whole]
        while (best := self._best_pair(ids)) is not None:
            place, joined = best
            ids[place : place + 2] = [joined]
        return np.array(ids, dtype=np.int32)

    def _best_pair(self, ids: list[int]) -> tuple[int, int] | None:
        """Where the pair of the highest score stands, the first of equals, and what it becomes."""
        found: tuple[float, int, int] | None = None
        fragments = self._writing.fragments
        for place, (one, other) in enumerate(itertools.pairwise(ids)):
            joined = self._ids.get(fragments[one] + fragments[other])
            if joined is not None and (found is None or self._scores[joined] > found[0]):
                found = self._scores[joined], place, joined
        return None if found is None else found[1:]

    def encode_all(self, texts: Iterable[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The ids of texts, one after the other, and where each ends."""
        rows = [self.encode(text) for text in texts]
        ends = np.cumsum([len(row) for row in rows], dtype=np.int64)
        return np.concatenate([*rows, np.zeros(0, np.int32)]), ends

    def surfaces(self, text: str) -> list[str]:
        """The string of each token of a text."""
        return [self.tokens[number] for number in self.encode(text).tolist()]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids."""
        return self._writing.decode(ids)

    def streamer(self) -> Streamer:
        """Writes a text while its ids come."""
        return Streamer(self._writing)


def _bytes_of(number: int, piece: bytes) -> bytes:
    """What a token writes: special ones nothing, ``<0x0A>`` its byte."""
    if number < _FIRST_BYTE:
        return b""
    if number < _FIRST_BYTE + _BYTES:
        return bytes([number - _FIRST_BYTE])
    return piece


def open_llama2c(path: Path) -> tuple[Part, GptNetwork, Llama2cTokens]:
    """The model of a file, and its tokens, which stand beside it in the only file named ``tok*.bin``.

    Raises:
        ModelError: a file is missing, cut short, or something else.
    """
    beside = sorted(path.parent.glob("tok*.bin"))
    if len(beside) != 1:
        found = "none" if not beside else "more than one"
        raise ModelError(
            f"{path} needs its tokenizer beside it, one file named tok*.bin, and there is {found}"
        )
    content = path.read_bytes()
    shape = _shape_of(path, content)
    config = GptConfig(
        dim=shape.dim,
        layers=shape.layers,
        heads=shape.heads,
        kv_heads=shape.kv_heads,
        context=shape.context,
        positions="rotary",
        norm="rms",
        activation="swiglu",
        feed_forward=shape.inner,
        biases=False,
        tied=shape.tied,
        dropout=0.0,
    )
    network = GptNetwork.build(config, vocabulary=shape.vocabulary)
    _fill(network, shape, np.frombuffer(content, dtype="<f4", offset=_HEADER.size), path)
    tokens = _read_tokens(beside[0], shape.vocabulary)
    return Part("gpt", config), network.eval(), tokens


def _shape_of(path: Path, content: bytes) -> _Shape:
    if len(content) < _HEADER.size:
        raise ModelError(f"{path} is too short for a model of llama2.c; fetch it again")
    numbers = _HEADER.unpack_from(content)
    vocabulary = numbers[5]
    dim, inner, layers, heads, kv_heads = numbers[:5]
    shape = _Shape(dim, inner, layers, heads, kv_heads, abs(vocabulary), numbers[6], vocabulary > 0)
    sound = all(0 < number < 1 << 24 for number in (*numbers[:5], abs(vocabulary), numbers[6]))
    if not sound or shape.dim % shape.heads or shape.heads % shape.kv_heads:
        raise ModelError(f"{path} is no model of llama2.c: its first numbers make no sense")
    return shape


def _fill(network: GptNetwork, shape: _Shape, numbers: NDArray[np.float32], path: Path) -> None:
    """Copy the weights, which stand kind by kind.

    Raises:
        ModelError: there are fewer numbers than the shape needs.
    """
    dim, layers, inner = shape.dim, shape.layers, shape.inner
    few = dim // shape.heads * shape.kv_heads
    place = 0

    def take(*sizes: int) -> torch.Tensor:
        nonlocal place
        count = int(np.prod(sizes))
        if place + count > len(numbers):
            raise ModelError(
                f"{path} is cut short: it has {len(numbers):,} weights, and its shape needs more; fetch it again"
            )
        taken = numbers[place : place + count].astype(np.float32).reshape(sizes)
        place += count
        return torch.from_numpy(taken)

    table = take(shape.vocabulary, dim)
    attention_norms = take(layers, dim)
    q, k, v = take(layers, dim, dim), take(layers, few, dim), take(layers, few, dim)
    output = take(layers, dim, dim)
    feed_forward_norms = take(layers, dim)
    gate, back, value = take(layers, inner, dim), take(layers, dim, inner), take(layers, inner, dim)
    final = take(dim)
    take(2, shape.context, dim // shape.heads // 2)  # its tables of angles, which a formula gives
    with torch.no_grad():
        network.embedding.weight.copy_(table)
        network.final_norm.weight.copy_(final)  # type: ignore[operator]
        if network.output is not None:
            network.output.weight.copy_(take(shape.vocabulary, dim))
        for number, block in enumerate(network.blocks):
            parts: Any = block
            parts.attention_norm.weight.copy_(attention_norms[number])
            turned = (_halves(q[number], shape.heads), _halves(k[number], shape.kv_heads))
            parts.attention.packed.weight.copy_(torch.cat((*turned, v[number])))
            parts.attention.output.weight.copy_(output[number])
            parts.feed_forward_norm.weight.copy_(feed_forward_norms[number])
            parts.feed_forward.inner.weight.copy_(torch.cat((gate[number], value[number])))
            parts.feed_forward.output.weight.copy_(back[number])


def _halves(rows: torch.Tensor, heads: int) -> torch.Tensor:
    """Rows of queries or keys whose pairs are neighbours, in the order in which ours are: first ones, then second ones."""
    pairs = rows.view(heads, -1, 2, rows.shape[1])  # (heads, h / 2, 2, d)
    return pairs.transpose(1, 2).reshape(rows.shape)


def _read_tokens(path: Path, vocabulary: int) -> Llama2cTokens:
    pieces, scores = [], []
    try:
        for score, piece in _entries(path.read_bytes(), vocabulary):
            scores.append(score)
            pieces.append(piece)
    except struct.error:
        raise ModelError(
            f"{path} is cut short: it has {len(pieces):,} tokens, and the model {vocabulary:,}; fetch it again"
        ) from None
    return Llama2cTokens(pieces, scores)


def _entries(content: bytes, count: int) -> Iterator[tuple[float, bytes]]:
    place = 4  # behind the length of the longest token
    for _ in range(count):
        score, length = struct.unpack_from("<fi", content, place)
        place += 8
        (piece,) = struct.unpack_from(f"<{length}s", content, place)
        place += length
        yield score, piece
