"""Beam search: the likeliest continuations of several prompts, or translations of several sources, at once.

The step is that of Sutskever et al. 2014, section 3.2; scores are divided by the length penalty of Wu et al. 2016, equation 14.
Letters of shapes: S sources, W hypotheses of each that are still being written, V vocabulary, C candidates of a step.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from nlpwb.methods.decoding.protocol import Memory, Reader

LEAVING_SHARE = 8
"""Sources that are done leave when they are an eighth of all: to take rows out of a memory copies what it holds."""


@dataclass(frozen=True)
class Hypothesis:
    """A text that was found.

    Args:
        ids: written after the prompt, without the token that ended them.
        score: log-probability over length penalty; what hypotheses are ordered by.
        log_probabilities: of each token in nats, that of the end included where it was written.
        ended: whether the end was written; otherwise the limit was reached.
    """

    ids: tuple[int, ...]
    score: float
    log_probabilities: tuple[float, ...]
    ended: bool

    @property
    def log_probability(self) -> float:
        """Of the whole, in nats."""
        return sum(self.log_probabilities)


def length_penalty_of(length: int, alpha: float) -> float:
    """lp(Y) = ((5 + |Y|) / (5 + 1))^α: Wu et al. 2016, equation 14; the end counts as a token."""
    return float(((5 + length) / 6) ** alpha)


@torch.inference_mode()
def beam_search(
    reader: Reader,
    ids: Tensor,
    lengths: Tensor,
    memory: Memory,
    *,
    ends: Collection[int],
    beams: int,
    length_penalty: float,
    limit: int | Sequence[int],
    best: int = 1,
    never: Sequence[int] = (),
) -> list[list[Hypothesis]]:
    """The best texts that follow each prompt.

    Of all one-token continuations of a source's hypotheses the likeliest ``2 · beams`` are looked at: those that end, and stand
    among the first ``beams``, are kept apart, the first ``beams`` others go on. A source is done when none that goes on could
    still come before the last of its ``best``; after ``beams`` have ended, when none that goes on does so now. One beam is
    greedy decoding; with as many as there are texts the search is exhaustive.

    Args:
        ids: int64 (S, T), what each row reads first, padded on the right: prompts, or the token that begins a translation.
        lengths: int64 (S,), on the processor, each at least 1.
        memory: of S rows; must not be used again.
        ends: ids that end a text.
        beams: hypotheses of a source at a time.
        length_penalty: α; 0 compares plain probabilities, larger values favour longer texts.
        limit: most tokens of a text, its end included, at least 1; one number, or one for each source.
        best: hypotheses to return of each source, at most ``beams``.
        never: ids that are not written.

    Returns:
        For each source its best hypotheses, the best first: ``best`` of them where so many were found.
    """
    assert 1 <= best <= beams
    assert length_penalty >= 0
    limits = [limit] * len(ids) if isinstance(limit, int) else list(limit)
    sources = [
        _Source(number, most, beams, best, length_penalty) for number, most in enumerate(limits)
    ]
    found = list(sources)
    live = _Live.of(len(sources), ids.device)
    logits, memory = reader.read(ids, lengths, memory)
    while True:
        candidates = _likeliest(logits, live, beams=beams, ends=ends, never=never)
        _end(candidates, live, sources, beams=beams)
        live, rows = _go_on(candidates, live, beams=beams)
        _judge(live, sources)
        going = [place for place, source in enumerate(sources) if not source.done]
        if not going:
            return [source.hypotheses() for source in found]
        if (len(sources) - len(going)) * LEAVING_SHARE >= len(sources):
            kept = torch.tensor(going, device=ids.device)
            live, rows = live.of_sources(kept), rows[kept]
            sources = [sources[place] for place in going]
        memory = memory.rows(rows.flatten())
        ones = torch.ones(rows.numel(), dtype=torch.int64)
        logits, memory = reader.read(live.written[:, :, -1].reshape(-1, 1), ones, memory)


class _Live(NamedTuple):
    """Hypotheses that are being written: scores float64 (S, W), -inf where there is none; ids and their nats (S, W, t)."""

    scores: Tensor
    written: Tensor
    nats: Tensor

    @classmethod
    def of(cls, sources: int, device: torch.device) -> _Live:
        """One for each source, with nothing written."""
        empty = torch.zeros(sources, 1, 0, dtype=torch.int64, device=device)
        scores = torch.zeros(sources, 1, dtype=torch.float64, device=device)
        return cls(scores, empty, empty.double())

    def of_sources(self, kept: Tensor) -> _Live:
        return _Live(self.scores[kept], self.written[kept], self.nats[kept])


class _Candidates(NamedTuple):
    """Continuations by one token, the likeliest first: each (S, C)."""

    scores: Tensor
    nats: Tensor
    parents: Tensor
    tokens: Tensor
    ending: Tensor


@dataclass
class _Source:
    """What was found for one source."""

    number: int
    limit: int
    beams: int
    best: int
    alpha: float
    done: bool = False
    ended: list[Hypothesis] = field(default_factory=list)

    def add(self, ids: list[int], nats: list[float], *, ended: bool) -> None:
        penalty = length_penalty_of(len(nats), self.alpha)
        kept = tuple(ids[:-1] if ended else ids)
        self.ended.append(Hypothesis(kept, sum(nats) / penalty, tuple(nats), ended))

    def hypotheses(self) -> list[Hypothesis]:
        return sorted(self.ended, key=lambda found: -found.score)[: self.best]

    def is_settled(self, likeliest: float, length: int) -> bool:
        """Whether what goes on, at best with this log-probability and length, is taken not to come among the best.

        It cannot while the penalty of the limit, the largest, would not suffice: a log-probability only falls. When as many
        have ended as there are beams, the present penalty is taken, as for those.
        """
        if len(self.ended) < self.best:
            return False
        full = len(self.ended) >= self.beams
        penalty = length_penalty_of(length if full else self.limit, self.alpha)
        return self.hypotheses()[-1].score >= likeliest / penalty


def _likeliest(
    logits: Tensor, live: _Live, *, beams: int, ends: Collection[int], never: Sequence[int]
) -> _Candidates:
    """The likeliest continuations of each source. Of a hypothesis no more are needed than of its source."""
    sources, width = live.scores.shape
    total = logits.logsumexp(dim=-1, keepdim=True)
    if len(never):
        logits = logits.index_fill(-1, torch.tensor(list(never), device=logits.device), -torch.inf)
    highest, tokens = logits.topk(min(2 * beams, logits.shape[-1]), dim=-1)
    nats = (highest.double() - total.double()).view(sources, width, -1)
    each = nats.shape[-1]
    scores = (live.scores.unsqueeze(-1) + nats).flatten(1)  # (S, W · each)
    scores, chosen = scores.topk(min(2 * beams, scores.shape[1]), dim=-1)
    tokens = tokens.view(sources, -1).gather(1, chosen)
    ending = torch.isin(tokens, torch.tensor(list(ends), device=tokens.device))
    return _Candidates(scores, nats.flatten(1).gather(1, chosen), chosen // each, tokens, ending)


def _end(candidates: _Candidates, live: _Live, sources: list[_Source], *, beams: int) -> None:
    """Put the hypotheses apart that end in this step."""
    ending = candidates.ending[:, :beams] & candidates.scores[:, :beams].isfinite()
    places = ending.nonzero().tolist()
    if not places:
        return
    rows, columns = zip(*places, strict=True)
    tokens, nats = candidates.tokens[rows, columns], candidates.nats[rows, columns]
    parents = candidates.parents[rows, columns]
    written = torch.cat((live.written[rows, parents], tokens.unsqueeze(1)), dim=1).tolist()
    gained = torch.cat((live.nats[rows, parents], nats.unsqueeze(1)), dim=1).tolist()
    for row, ids, losses in zip(rows, written, gained, strict=True):
        if not sources[row].done:
            sources[row].add(ids, losses, ended=True)


def _go_on(candidates: _Candidates, live: _Live, *, beams: int) -> tuple[_Live, Tensor]:
    """The hypotheses that are written on, and the rows that they come from, int64 (S, W)."""
    order = candidates.ending.to(torch.uint8).sort(dim=-1, stable=True).indices[:, :beams]
    scores, nats, parents, tokens, ending = (part.gather(1, order) for part in candidates)
    sources, width = live.scores.shape
    rows = parents + width * torch.arange(sources, device=parents.device).unsqueeze(1)
    before = live.written.flatten(0, 1)[rows], live.nats.flatten(0, 1)[rows]  # (S, W, t)
    following = _Live(
        scores.masked_fill(ending, -torch.inf),
        torch.cat((before[0], tokens.unsqueeze(-1)), dim=-1),
        torch.cat((before[1], nats.unsqueeze(-1)), dim=-1),
    )
    return following, rows


def _judge(live: _Live, sources: list[_Source]) -> None:
    """Find the sources that are done; what is at its limit has ended, too."""
    length = live.written.shape[-1]
    likeliest = live.scores[:, 0].tolist()
    for place, source in enumerate(sources):
        if source.done:
            continue
        if length >= source.limit:
            there = live.scores[place].isfinite()
            written, nats = live.written[place][there], live.nats[place][there]
            for ids, losses in zip(written.tolist(), nats.tolist(), strict=True):
                source.add(ids, losses, ended=False)
            source.done = True
        else:
            found = likeliest[place]
            source.done = found == float("-inf") or source.is_settled(found, length)
