"""Texts to their translations, as they come and in order: batches of like length, all beams of a batch at once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np  # noqa: TID253  only functions import this module
import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.methods.decoding.beams import Hypothesis, beam_search
from nlpwb.methods.networks.sequence_tokens import WORDS
from nlpwb.training import faults
from nlpwb.training.batches import like_lengths
from nlpwb.training.device import Setting, autocast, free_memory, threads_of, to_device
from nlpwb.workflows.translation.model import Translator
from nlpwb.workflows.translation.search import Search

WINDOWS = (16, 256, 2048)
"""Texts that are read before the first translations, the second, and so on; the last for all others. In large ones there are more
of like length."""
_LONGER, _MORE = 2, 20
T = TypeVar("T")


@dataclass(frozen=True)
class Translation:
    """What was written for a text.

    Args:
        text: the translation.
        tokens: as they were written, special ones left out.
        score: what hypotheses are compared by: log-probability over length penalty.
        log_probability: of all tokens and of the end, in nats.
        ended: whether the model ended it; otherwise it was cut at the most tokens.
        cut: whether the source was longer than the model's ``max_tokens`` and its end was not read.
        copied: words of the source that stand for words which the model does not have.
    """

    text: str
    tokens: tuple[str, ...]
    score: float
    log_probability: float
    ended: bool
    cut: bool = False
    copied: tuple[str, ...] = ()


def translate_all(
    translator: Translator, texts: Sequence[str], search: Search | None = None, *, threads: int = 1
) -> list[Translation]:
    """The translations of texts.

    Raises:
        MethodError: a single text does not fit into memory.
    """
    found = translate_stream(translator, iter(texts), str, search, threads=threads)
    return [translation for _, translation in found]


def translate_stream(
    translator: Translator,
    documents: Iterable[T],
    text_of: Callable[[T], str],
    search: Search | None = None,
    *,
    threads: int = 1,
) -> Iterator[tuple[T, Translation]]:
    """Documents with their translations, in order, some at a time as they come; the first ones after few.

    A blank text has a blank translation.

    Raises:
        MethodError: a single text does not fit into memory.
    """
    wanted = search or Search()
    setting = translator.setting(threads)
    translator.network.to(setting.device).eval()
    waiting = iter(documents)
    for size in itertools.chain(WINDOWS[:-1], itertools.repeat(WINDOWS[-1])):
        window = list(itertools.islice(waiting, size))
        if not window:
            return
        texts = [text_of(document) for document in window]
        with threads_of(setting), torch.inference_mode():
            found = _window(translator, texts, wanted, setting)
        yield from zip(window, found, strict=True)


def _window(
    translator: Translator, texts: Sequence[str], search: Search, setting: Setting
) -> list[Translation]:
    """Texts sorted by length, cut into batches, translated, and back in order."""
    found = [Translation("", (), 0.0, 0.0, True)] * len(texts)
    rows = np.array([row for row, text in enumerate(texts) if text.strip()], dtype=np.int64)
    if not len(rows):
        return found
    ids = {row: translator.source_ids(texts[row]) for row in rows.tolist()}
    lengths = np.array([len(ids[row]) for row in rows.tolist()])
    most = translator.part.config.max_tokens
    most_places = search.batch * max(64, int(lengths.max()))
    for batch in like_lengths(rows, lengths, tokens=most_places, documents=search.batch):
        places = batch.tolist()
        for row, one in zip(
            places,
            _searched(translator, [ids[row] for row in places], search, setting),
            strict=True,
        ):
            cut = len(ids[row]) > most and len(translator.source_tokens.encode(texts[row])) > most
            found[row] = _written(translator, texts[row], ids[row], one, setting, cut=cut)
    return found


def _searched(
    translator: Translator, ids: Sequence[NDArray[np.int32]], search: Search, setting: Setting
) -> list[Hypothesis]:
    """The best hypothesis of each source; in halves where they do not fit into memory together."""
    try:
        return _beams(translator, ids, search, setting)
    except (RuntimeError, MemoryError) as error:
        if not faults.is_out_of_memory(error):
            raise
    free_memory(setting)
    if len(ids) == 1:
        raise faults.does_not_fit()
    middle = len(ids) // 2
    return [
        *_searched(translator, ids[:middle], search, setting),
        *_searched(translator, ids[middle:], search, setting),
    ]


def _beams(
    translator: Translator, ids: Sequence[NDArray[np.int32]], search: Search, setting: Setting
) -> list[Hypothesis]:
    network: Any = translator.network
    tokens = translator.target_tokens
    lengths = torch.tensor([len(one) for one in ids])
    source = torch.zeros(len(ids), int(lengths.max()), dtype=torch.int64)
    for row, one in enumerate(ids):
        source[row, : len(one)] = torch.from_numpy(one)
    first = torch.full((len(ids), 1), tokens.begin, dtype=torch.int64)
    with autocast(setting):
        hypotheses = beam_search(
            network,
            to_device(first, setting.device),
            torch.ones(len(ids), dtype=torch.int64),
            network.encode(to_device(source, setting.device), lengths),
            ends=[tokens.end],
            beams=search.beams,
            length_penalty=search.length_penalty,
            limit=_limits(translator, lengths.tolist(), search),
            never=_never(translator),
        )
    return [found[0] for found in hypotheses]


def _limits(translator: Translator, lengths: Sequence[int], search: Search) -> list[int]:
    """The most tokens of each translation, its end counted."""
    context = translator.network.context
    limits = []
    for length in lengths:
        limit = _LONGER * length + _MORE if search.max_tokens is None else search.max_tokens
        limits.append(limit if context is None else min(limit, context))
    return limits


def _never(translator: Translator) -> list[int]:
    """What is not written: padding, another beginning, and, where nothing is unknown, the token that says so."""
    tokens = translator.target_tokens
    return [tokens.padding, tokens.begin, *([] if _copies(translator) else [tokens.unknown])]


def _copies(translator: Translator) -> bool:
    """Whether a word may be unknown, and attention tells which word of the source it stands for."""
    return bool(translator.source_tokens.spec == WORDS) and translator.looks_back


def _written(
    translator: Translator,
    text: str,
    ids: NDArray[np.int32],
    found: Hypothesis,
    setting: Setting,
    *,
    cut: bool,
) -> Translation:
    tokens = translator.target_tokens
    copied: tuple[str, ...] = ()
    if tokens.unknown in found.ids:
        pieces, copied = _with_copies(translator, text, ids, found, setting)
        written = "".join(pieces)
    else:
        pieces = [tokens.tokens[number] for number in found.ids]
        written = tokens.decode(found.ids)
    return Translation(
        text=written.strip(),
        tokens=tuple(pieces),
        score=found.score,
        log_probability=found.log_probability,
        ended=found.ended,
        cut=cut,
        copied=copied,
    )


def _with_copies(
    translator: Translator,
    text: str,
    ids: NDArray[np.int32],
    found: Hypothesis,
    setting: Setting,
) -> tuple[list[str], tuple[str, ...]]:
    """The words that were written, unknown ones replaced by the word of the source with the largest weight there.

    Luong, Sutskever et al. 2015, ACL, and Jean et al. 2015, ACL. Weights are those of the last layer, averaged over heads. Where
    the source has unknown words, it is one of these: a model that knows a word would have written it.
    """
    tokens = translator.target_tokens
    given = torch.tensor([[tokens.begin, *found.ids]])
    source = torch.from_numpy(ids.astype(np.int64)).unsqueeze(0)
    weights = translator.network.attention_weights(
        to_device(source, setting.device),
        torch.tensor([source.shape[1]]),
        to_device(given, setting.device),
        torch.tensor([given.shape[1]]),
    )["cross"][-1]
    across = weights[0].float().mean(dim=0)[:, :-1]  # (T, S) without the source's end
    strange = torch.from_numpy(ids[:-1] == translator.source_tokens.unknown).to(across.device)
    if bool(strange.any()):
        across = across.masked_fill(~strange, -1.0)
    surfaces = translator.source_tokens.surfaces(text)
    pieces, copied = [], []
    for place, number in enumerate(found.ids):
        if number != tokens.unknown:
            pieces.append(tokens.tokens[number])
            continue
        word = surfaces[int(across[place].argmax())].strip()
        copied.append(word)
        pieces.append(f" {word}" if pieces and word[:1].isalnum() else word)
    return pieces, tuple(copied)
