"""What may stand where a text has a mask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch  # noqa: TID253  only functions import this module

from nlpwb.errors import InputError
from nlpwb.text.subwords import encodable
from nlpwb.training.device import choose_setting, threads_of
from nlpwb.workflows.masked.marks import MASKS
from nlpwb.workflows.masked.model import MaskedModel


@dataclass(frozen=True)
class Fillings:
    """The likeliest tokens of a mask, the likeliest first; ``mask`` counts those of a text from 1.

    ``cut``: tokens of the text that were too many to be read.
    """

    text: str
    mask: int
    tokens: tuple[str, ...]
    probabilities: tuple[float, ...]
    cut: int


def fill(
    model: MaskedModel, texts: Iterable[str], *, top_k: int, threads: int = 1
) -> Iterator[Fillings]:
    """What may stand at each mask of each text, each by itself: those of one text are not chosen together.

    ``[MASK]`` and ``<mask>`` mean the model's own mark. Of a text that is too long what lies around its masks is read.

    Raises:
        InputError: a text without a mask, or whose masks lie too far from each other.
    """
    setting = choose_setting(model.device, model.precision, threads)
    model.network.to(setting.device).eval()
    special = set(range(model.tokens.vocabulary)) - set(model.marks.plain.tolist())
    never = torch.tensor(sorted(special), device=setting.device)
    for text in texts:
        ids, masks, cut = _read(model, text)
        row = torch.tensor([ids], device=setting.device)
        places = torch.tensor(masks, device=setting.device)
        with torch.inference_mode(), threads_of(setting):
            seen = model.network(row, torch.tensor([len(ids)]), places)
            logits = model.network.logits(seen).double().index_fill_(1, never, -torch.inf)
            found = logits.softmax(dim=1).topk(min(top_k, len(model.marks.plain)))
        for number, (best, shares) in enumerate(
            zip(found.indices.tolist(), found.values.tolist(), strict=True), start=1
        ):
            names = tuple(_readable(model, one) for one in best)
            yield Fillings(text, number, names, tuple(shares), cut if number == 1 else 0)


def _read(model: MaskedModel, text: str) -> tuple[list[int], list[int], int]:
    """Ids with their marks, the places of masks among them, and how many ids were left out.

    Raises:
        InputError: no mask, or masks that no window holds.
    """
    inner, marks, own = model.tokens.inner, model.marks, model.mask
    written = encodable(text)
    for name in MASKS:
        written = written.replace(name, own)
    inner.no_truncation()
    try:
        ids: list[int] = inner.encode(written, add_special_tokens=False).ids
    finally:
        inner.enable_truncation(model.tokens.longest)
    masks = [place for place, number in enumerate(ids) if number == marks.mask]
    if not masks:
        raise InputError(
            f"the text {_short(text)!r} has no mask, and there is nothing to fill; write {own} where a word is missing"
        )
    room = model.tokens.longest - 2
    first, last = masks[0], masks[-1]
    if last - first >= room:
        raise InputError(
            f"the masks of {_short(text)!r} lie {last - first:,} tokens apart, and the model sees {room:,} at once; give it in "
            "parts"
        )
    start = max(0, min((first + last - room) // 2 + 1, len(ids) - room))
    part = ids[start : start + room]
    return (
        [marks.begin, *part, marks.end],
        [place - start + 1 for place in masks],
        len(ids) - len(part),
    )


def _readable(model: MaskedModel, number: int) -> str:
    """A token as it would be written; a piece that continues a word keeps its mark."""
    written: str = model.tokens.inner.decode([number], skip_special_tokens=False)
    return written.strip() or model.tokens.tokens[number]


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"
