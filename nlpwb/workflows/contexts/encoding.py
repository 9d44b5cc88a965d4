"""Places of a word to vectors: the mean over its pieces of the states of some layers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np  # noqa: TID253  only functions import this module
import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253
from torch import Tensor  # noqa: TID253

from nlpwb.errors import InputError
from nlpwb.methods.finetuning.checkpoint import Body
from nlpwb.methods.finetuning.tokens import CheckpointTokens
from nlpwb.methods.finetuning.wrapped import WrappedBody
from nlpwb.methods.transformer.bert import BertNetwork
from nlpwb.text.occurrences import Place
from nlpwb.text.subwords import encodable
from nlpwb.training.batches import Batch, TextBatches
from nlpwb.training.device import choose_setting
from nlpwb.training.prediction import predict
from nlpwb.workflows.contexts.records import Context, Contexts, Layers

if TYPE_CHECKING:
    from tokenizers import Encoding

    from nlpwb.workflows.pretrained.opening import Base

TOKENS, PLACES = 4096, 64
"""Of a batch."""


@dataclass(frozen=True)
class ReadPlace:
    """A place of a word as a network reads it.

    Args:
        ids: of the text, marks included.
        first: the word's first token.
        last: the one behind its last.
        begin: the text's first token that is no mark.
        end: the one behind its last.
        pieces: the word's tokens.
        cut: whether a part of the text is missing.
    """

    ids: tuple[int, ...]
    first: int
    last: int
    begin: int
    end: int
    pieces: tuple[str, ...]
    cut: bool


@dataclass(frozen=True, eq=False)
class Encoded:
    """Vectors of n places: ``word`` and ``others`` float32 (groups, n, d), ``static`` float32 (n, e)."""

    word: NDArray[np.float32]
    others: NDArray[np.float32]
    static: NDArray[np.float32]


def read_place(tokens: CheckpointTokens, text: str, place: Place) -> ReadPlace:
    """The tokens of a text, and which of them are the word's. Of a text that is too long, those around the word.

    Raises:
        InputError: the tokenizer makes no token of the word.
    """
    encoding = tokens.inner.encode(encodable(text))
    if encoding.overflowing:
        return _read_around(tokens, text, place)
    return _read(encoding, text, place, cut=False)


def _read_around(tokens: CheckpointTokens, text: str, place: Place) -> ReadPlace:
    """The place in as much of the text around it as the network reads."""
    spans = _all_spans(tokens, text)
    own = [number for number, span in enumerate(spans) if _overlap(text, span, place)]
    if not own:
        raise _no_token(text, place)
    room = tokens.longest - tokens.marks
    while room > 0:
        first = min(max(0, own[0] - (room - len(own)) // 2), max(0, len(spans) - room))
        start, end = spans[first][0], spans[min(first + room, len(spans)) - 1][1]
        encoding = tokens.inner.encode(encodable(text[start:end]))
        if not encoding.overflowing:
            within = (place[0] - start, place[1] - start)
            return _read(encoding, text[start:end], within, cut=True)
        room -= 1  # what begins in the middle of a text may be cut otherwise
    raise _no_token(text, place)


def _all_spans(tokens: CheckpointTokens, text: str) -> list[Place]:
    """The characters of each token of a text of any length, without the marks."""
    whole = tokens.inner.encode(encodable(text))
    return [
        span
        for part in (whole, *whole.overflowing)
        for span, mark in zip(part.offsets, part.special_tokens_mask, strict=True)
        if not mark
    ]


def _read(encoding: Encoding, text: str, place: Place, *, cut: bool) -> ReadPlace:
    marks = [bool(mark) for mark in encoding.special_tokens_mask]
    content = [number for number, mark in enumerate(marks) if not mark]
    own = [number for number in content if _overlap(text, encoding.offsets[number], place)]
    if not own:
        raise _no_token(text, place)
    return ReadPlace(
        ids=tuple(encoding.ids),
        first=own[0],
        last=own[-1] + 1,
        begin=content[0],
        end=content[-1] + 1,
        pieces=tuple(encoding.tokens[own[0] : own[-1] + 1]),
        cut=cut,
    )


def _overlap(text: str, span: Place, place: Place) -> bool:
    """Whether a token has a character of the word; white space in front of a token is none of it."""
    start, end = span
    while start < end and text[start].isspace():
        start += 1
    return start < place[1] and place[0] < end


def _no_token(text: str, place: Place) -> InputError:
    return InputError(
        f"the tokenizer of the base makes no token of {text[slice(*place)]!r}; ask for another word"
    )


def encode_places(
    body: Body,
    places: Sequence[ReadPlace],
    layers: Sequence[Layers],
    *,
    device: str = "auto",
    threads: int = 1,
) -> Encoded:
    """The vectors of places, in their order, of each group of layers. Numbers are float32: cosines are compared.

    Raises:
        UsageError: no such device here.
    """
    ids = np.array([number for place in places for number in place.ids], dtype=np.int32)
    ends = np.cumsum([len(place.ids) for place in places], dtype=np.int64)
    spans = np.array([(p.first, p.last, p.begin, p.end) for p in places], dtype=np.int64)
    batches = TextBatches(ids, ends, spans, tokens=TOKENS, documents=PLACES)
    setting = choose_setting(device, "float32", threads)
    found = predict(body, batches, setting, call=_call(layers)).numpy()  # (n, groups, 2, d)
    table = body.embedding.weight.detach().float().cpu()
    rows = [table[list(place.ids[place.first : place.last])].mean(dim=0) for place in places]
    return Encoded(
        np.ascontiguousarray(found[:, :, 0].swapaxes(0, 1)),
        np.ascontiguousarray(found[:, :, 1].swapaxes(0, 1)),
        torch.stack(rows).numpy(),
    )


def _call(layers: Sequence[Layers]) -> Callable[[Any, Batch], Tensor]:
    def call(body: Body, batch: Batch) -> Tensor:
        assert batch.targets is not None
        states = every_state(body, batch.ids, batch.lengths)
        first, last, begin, end = batch.targets.unsqueeze(-1).unbind(dim=1)  # each (B, 1)
        places = torch.arange(batch.ids.shape[1], device=batch.ids.device)  # (T,)
        own = (places >= first) & (places < last)  # (B, T)
        other = (places >= begin) & (places < end) & ~own
        found = []
        for group in layers:
            x = torch.stack([states[layer].float() for layer in group]).mean(dim=0)  # (B, T, d)
            units = torch.nn.functional.normalize(x, dim=2)
            found.append(torch.stack([_mean(x, own), _mean(units, other)], dim=1))
        return torch.stack(found, dim=1)  # (B, groups, 2, d)

    return call


def _mean(x: Tensor, chosen: Tensor) -> Tensor:
    """The mean of the chosen places, (B, T, d) to (B, d); zeros where none is."""
    count = chosen.sum(dim=1, keepdim=True).clamp(min=1)
    return torch.einsum("btd,bt->bd", x, chosen.to(x.dtype)) / count


def every_state(body: Body, ids: Tensor, lengths: Tensor) -> tuple[Tensor, ...]:
    """What enters the first block, and what leaves each, (B, T, d); of a decoder the last behind its final norm, as the field
    counts."""
    if isinstance(body, BertNetwork | WrappedBody):
        return body.states(ids, lengths)
    found: list[Tensor] = []

    def before(module: Any, inputs: tuple[Any, ...]) -> None:
        del module
        found.append(inputs[0])

    def behind(module: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        del module, inputs
        found.append(output)

    handles = [body.blocks[0].register_forward_pre_hook(before)]
    handles += [block.register_forward_hook(behind) for block in body.blocks]
    try:
        last, _ = body.hidden(ids)
    finally:
        for handle in handles:
            handle.remove()
    return (*found[:-1], last)


def in_context(
    base: Base,
    word: str,
    places: Sequence[Context],
    layers: Sequence[Layers],
    *,
    device: str = "auto",
    threads: int = 1,
) -> Contexts:
    """The vectors of places.

    Raises:
        InputError: the tokenizer makes no token of the word.
        UsageError: no such device here.
    """
    read = [read_place(base.tokens, place.text, (place.start, place.end)) for place in places]
    encoded = encode_places(base.body, read, layers, device=device, threads=threads)
    return Contexts(
        base=base.place.name,
        word=word,
        blocks=base.architecture.shape.layers,
        looks_back=base.architecture.looks_back,
        layers=tuple(layers),
        places=tuple(
            dataclasses.replace(
                place,
                pieces=one.pieces,
                cut=one.cut,
                unknown=any(map(base.tokens.is_unknown, one.ids[one.first : one.last])),
            )
            for place, one in zip(places, read, strict=True)
        ),
        vectors=encoded.word,
        others=encoded.others,
        static=encoded.static,
    )
