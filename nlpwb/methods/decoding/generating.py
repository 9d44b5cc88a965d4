"""Texts that follow prompts, token by token, several rows at once.

A row is one sample of one prompt. Its text depends on the network, the prompt, the seed and the row's number alone (to rounding
of the network's sums): not on the rows beside it, nor on whether keys and states are kept.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
import torch
from torch import Tensor

from nlpwb.methods.decoding.config import Sampling
from nlpwb.methods.decoding.draws import row_keys, uniforms
from nlpwb.methods.decoding.protocol import Memory, Reader
from nlpwb.methods.decoding.sampling import choose

Reason = Literal["end", "stop", "length"]


class LanguageReader(Reader, Protocol):
    """A reader that can begin with nothing."""

    def start(self, batch: int) -> Memory:
        """The memory of rows that have read nothing."""


@dataclass(frozen=True)
class Row:
    """Which text is meant: number of its prompt and of its sample, both from 0."""

    prompt: int
    sample: int


@dataclass(frozen=True)
class Written:
    """A token was written; ``log_probability`` is the network's own, in nats, whatever temperature and filters say."""

    row: Row
    token: int
    log_probability: float


@dataclass(frozen=True)
class Cut:
    """A prompt was too long: so many tokens of its beginning are not read."""

    row: Row
    tokens: int


@dataclass(frozen=True)
class Slid:
    """The context was full: the row goes on from its last ``kept`` tokens."""

    row: Row
    kept: int


@dataclass(frozen=True)
class Finished:
    """Nothing more comes: the network wrote an end, the caller stopped it, or the most tokens are written."""

    row: Row
    reason: Reason


Event = Written | Cut | Slid | Finished


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be written.

    Args:
        sampling: how a token is chosen.
        limit: most tokens of a text, its end included.
        ends: tokens that end a text.
        never: tokens that are not written.
        samples: texts for each prompt.
        seed: of the draws.
        batch: rows at a time.
        keep: whether keys and states are kept; otherwise all is read again for each token, to the same effect.
    """

    sampling: Sampling = Sampling()
    limit: int
    ends: frozenset[int]
    never: tuple[int, ...] = ()
    samples: int = 1
    seed: int = 0
    batch: int = 16
    keep: bool = True


def generate(
    reader: LanguageReader,
    prompts: Iterable[Sequence[int]],
    plan: Plan,
    *,
    device: torch.device | None = None,
    stops: Callable[[Row, int], bool] | None = None,
) -> Iterator[Event]:
    """Write texts; what happens is told at once.

    Prompts are taken as they come, so many that ``plan.batch`` rows are there; rows that are finished leave.

    Args:
        prompts: ids of each, at least one; of one longer than the reader's context the end is read.
        device: where the reader computes.
        stops: told of every token that a row writes; whether the row ends with it.

    Yields:
        Events of all rows of a batch, step by step. The token of an end is told as written, too.
    """
    device = device or torch.device("cpu")
    rows = (
        (Row(number, sample), prompt)
        for number, prompt in enumerate(prompts)
        for sample in range(plan.samples)
    )
    while chunk := list(itertools.islice(rows, plan.batch)):
        yield from _Batch(reader, plan, device, stops).write(chunk)


@dataclass(eq=False)
class _Text:
    """A row: what it holds, from where on the network sees it, and what was written."""

    row: Row
    ids: list[int]
    begins: int = 0
    written: int = 0

    @property
    def sight(self) -> int:
        """Tokens that the network sees."""
        return len(self.ids) - self.begins


@dataclass(eq=False)
class _Group:
    """Rows whose memory is one, and the logits of what follows; ``seen`` are the tokens that each holds."""

    texts: list[_Text]
    memory: Memory
    logits: Tensor
    keys: np.ndarray
    seen: Tensor | None

    def of(self, kept: list[int]) -> _Group:
        """Some of the rows; the memory of all is used up."""
        if kept == list(range(len(self.texts))):
            return self
        chosen = torch.tensor(kept, device=self.logits.device)
        seen = None if self.seen is None else self.seen[chosen]
        texts = [self.texts[place] for place in kept]
        return _Group(texts, self.memory.rows(chosen), self.logits, self.keys[kept], seen)


@dataclass(eq=False)
class _Batch:
    """The rows of one batch, in groups: those whose context was full at different times have no common memory."""

    reader: LanguageReader
    plan: Plan
    device: torch.device
    stops: Callable[[Row, int], bool] | None
    never: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self.never = torch.tensor(self.plan.never, dtype=torch.int64, device=self.device)

    def write(self, chunk: Sequence[tuple[Row, Sequence[int]]]) -> Iterator[Event]:
        """All events of these rows."""
        texts = [_Text(row, list(prompt)) for row, prompt in chunk]
        context = self.reader.context
        for text in texts:
            if context is not None and len(text.ids) > context:
                text.begins = len(text.ids) - context
                yield Cut(text.row, text.begins)
        groups = [self._begin(texts)]
        while groups:
            following: list[_Group] = []
            for group in groups:
                tokens, events, going = self._choose(group)
                yield from events
                if going:
                    parts, slid = self._read(group, tokens, going)
                    yield from slid
                    following += parts
            groups = following

    @torch.inference_mode()
    def _begin(self, texts: list[_Text]) -> _Group:
        """Read prompts; the samples of one share its reading."""
        first = {text.row.prompt: place for place, text in reversed(list(enumerate(texts)))}
        numbers = sorted(first)
        logits, memory = self._fresh([texts[first[number]] for number in numbers])
        if len(numbers) < len(texts):
            places = {number: place for place, number in enumerate(numbers)}
            chosen = torch.tensor([places[text.row.prompt] for text in texts], device=self.device)
            logits, memory = logits[chosen], memory.rows(chosen)
        return self._grouped(texts, logits, memory)

    def _grouped(self, texts: list[_Text], logits: Tensor, memory: Memory) -> _Group:
        keys = row_keys(self.plan.seed, [(text.row.prompt, text.row.sample) for text in texts])
        seen = None
        if self.plan.sampling.repetition_penalty != 1:
            seen = torch.zeros(logits.shape, dtype=torch.bool, device=self.device)
            for place, text in enumerate(texts):
                seen[place, torch.tensor(text.ids, device=self.device)] = True
        return _Group(texts, memory, logits, keys, seen)

    @torch.inference_mode()
    def _choose(self, group: _Group) -> tuple[Tensor, list[Event], list[int]]:
        """The next token of each row, what is to be told of it, and the places of the rows that go on."""
        plan = self.plan
        places = np.array([text.written for text in group.texts], dtype=np.int64)
        uniform = torch.from_numpy(uniforms(group.keys, places))
        chosen = choose(
            group.logits, plan.sampling, uniform=uniform, seen=group.seen, never=self.never
        )
        if group.seen is not None:
            group.seen.scatter_(1, chosen.tokens.unsqueeze(1), True)
        events: list[Event] = []
        going: list[int] = []
        pairs = zip(chosen.tokens.tolist(), chosen.log_probabilities.tolist(), strict=True)
        for place, (token, nats) in enumerate(pairs):
            text = group.texts[place]
            text.ids.append(token)
            text.written += 1
            events.append(Written(text.row, token, nats))
            reason = self._reason(text, token)
            if reason is None:
                going.append(place)
            else:
                events.append(Finished(text.row, reason))
        return chosen.tokens, events, going

    def _reason(self, text: _Text, token: int) -> Reason | None:
        if token in self.plan.ends:
            return "end"
        if self.stops is not None and self.stops(text.row, token):
            return "stop"
        return "length" if text.written >= self.plan.limit else None

    @torch.inference_mode()
    def _read(
        self, group: _Group, tokens: Tensor, going: list[int]
    ) -> tuple[list[_Group], list[Event]]:
        """Let the rows that go on read their token; those whose context is full read their last half again, apart."""
        context = self.reader.context
        full = [
            place for place in going if context is not None and group.texts[place].sight > context
        ]
        events: list[Event] = []
        groups: list[_Group] = []
        if full:
            assert context is not None
            kept = max(1, context // 2)
            texts = [group.texts[place] for place in full]
            for text in texts:
                text.begins = len(text.ids) - kept
                events.append(Slid(text.row, kept))
            groups.append(self._grouped(texts, *self._fresh(texts)))
        others = [place for place in going if place not in set(full)]
        if others:
            groups.insert(0, self._go_on(group.of(others), tokens[others]))
        return groups, events

    def _go_on(self, group: _Group, tokens: Tensor) -> _Group:
        if self.plan.keep:
            ones = torch.ones(len(tokens), dtype=torch.int64)
            group.logits, group.memory = self.reader.read(tokens.unsqueeze(1), ones, group.memory)
        else:
            group.logits, group.memory = self._fresh(group.texts)
        return group

    def _fresh(self, texts: list[_Text]) -> tuple[Tensor, Memory]:
        """Read all that rows see, padded on the right."""
        lengths = torch.tensor([text.sight for text in texts])
        ids = torch.zeros(len(texts), int(lengths.max()), dtype=torch.int64)
        for row, text in enumerate(texts):
            ids[row, : text.sight] = torch.tensor(text.ids[text.begins :])
        return self.reader.read(ids.to(self.device), lengths, self.reader.start(len(texts)))
