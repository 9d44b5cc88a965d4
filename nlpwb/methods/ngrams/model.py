"""The n-gram language model with interpolated modified Kneser-Ney smoothing (Chen & Goodman 1998; Kneser & Ney 1995).

With h the n - 1 tokens before w, h' the same without the first of them, c adjusted counts and D discounts:

    p(w | h) = (c(h w) - D(c(h w))) / c(h) + gamma(h) p(w | h')

gamma(h) is what the discounts left over; where h was never seen, p(w | h) = p(w | h'). Single tokens are interpolated with the
uniform distribution, so that everything has a probability.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from nlpwb.errors import MethodError, ModelError
from nlpwb.methods.networks.sequence_tokens import BEGIN, END
from nlpwb.methods.ngrams.config import NgramLmConfig
from nlpwb.methods.ngrams.counts import Counts, Ids, Integers, Level, count
from nlpwb.methods.ngrams.known import Known
from nlpwb.methods.ngrams.lookup import find, find_one
from nlpwb.methods.ngrams.memory import NgramMemory, moved_on, opening
from nlpwb.methods.ngrams.smoothing import backoffs, discounted, discounts, unigram_distribution
from nlpwb.methods.protocol import State

if TYPE_CHECKING:
    from torch import Tensor

_BLOCK = 1 << 16
_PARTS = ("symbols", "starts", "counts", "totals")


class NgramModel:
    """Says what comes next from the last ``order - 1`` tokens; a :class:`~nlpwb.methods.decoding.protocol.Reader`."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._levels = counts.levels
        self._discounts = [discounts(tally) for tally in counts.tallies]
        self._unigrams = unigram_distribution(counts.unigrams, self._discounts[0])
        self._backoffs = [
            backoffs(level, taken)
            for level, taken in zip(counts.levels, self._discounts[1:], strict=True)
        ]

    @classmethod
    def fit(cls, config: NgramLmConfig, ids: Ids, vocabulary: int, *, threads: int = 1) -> Self:
        """Count the n-grams of training texts.

        Args:
            ids: int32 (n,), each text with END behind it; what comes after the last END is a text that goes on. An END at the
                very beginning stands for what went before, and is not counted.
            vocabulary: number of ids.
            threads: counting takes one, whatever is given.

        Raises:
            MethodError: texts without a token.
        """
        del threads
        if not (ids != END).any():
            raise MethodError(
                "there is no token to count n-grams of; check the corpus and its text column"
            )
        return cls(count(ids, vocabulary=vocabulary, order=config.order, prune=config.prune))

    @property
    def order(self) -> int:
        """The length of the longest n-grams."""
        return len(self._levels) + 1

    @property
    def vocabulary(self) -> int:
        """Number of ids."""
        return len(self._unigrams)

    @property
    def context(self) -> None:
        """There is no limit to what can be read."""

    @property
    def parameters(self) -> int:
        """N-grams that are kept, of all lengths."""
        return int(np.count_nonzero(self._counts.unigrams)) + sum(map(len, self._levels))

    def token_nats(self, ids: Ids) -> NDArray[np.float64]:
        """-ln p of each token given those before it, float64 (n,).

        Args:
            ids: int32 (n,), texts one after the other, each with END behind it. The first token begins a text, and so does
                every token behind an END.
        """
        found = np.empty(len(ids))
        for places, row, skip in self._blocks(ids):
            found[places] = self._block(row)[skip:]
        return -np.log(found)

    def known(self, ids: Ids) -> Known:
        """What is known of the context of each token of such a row."""
        found = Known.nothing(len(ids))
        for places, row, skip in self._blocks(ids):
            here = Known.nothing(len(row) - 1)
            for n, contexts, _ in self._walk(row):
                some = np.flatnonzero(contexts >= 0)
                self._learn(here, some + n - 2, n, contexts[some])
            found.lengths[places], found.left[places] = here.lengths[skip:], here.left[skip:]
        return found

    def _blocks(self, ids: Ids) -> Iterator[tuple[slice, Ids, int]]:
        """Places of a row, with what is read for them, and how many of that row's tokens but the first stand before them."""
        row = np.concatenate([[BEGIN], ids])
        for start in range(0, len(ids), _BLOCK):
            end = min(start + _BLOCK, len(ids))
            # the row has one token more before it
            before = max(0, start + 2 - max(self.order, 2))
            yield slice(start, end), row[before : end + 1], start - before

    def _walk(self, row: Ids) -> Iterator[tuple[int, Integers, Integers]]:
        """For each length n: n, the nodes of contexts of n - 1 tokens, and those of the n-grams that they begin in the row, (m,).

        The last of them ends where the row does.
        """
        contexts: Integers = np.where(row[:-1] == END, BEGIN, row[:-1])
        for n, level in enumerate(self._levels, start=2):
            last = row[n - 1 :]
            contexts = contexts[: len(last)]
            nodes = find(level, contexts, last)
            yield n, contexts, nodes
            contexts = nodes

    def _block(self, row: Ids) -> NDArray[np.float64]:
        """The probability of each token of a row but the first, given those before it in the row; float64 (n - 1,)."""
        p = self._unigrams[row[1:]]
        for n, contexts, nodes in self._walk(row):
            level = self._levels[n - 2]
            known = np.flatnonzero(contexts >= 0)
            p[known + n - 2] *= self._backoffs[n - 2][contexts[known]]
            hits = np.flatnonzero(nodes >= 0)
            left = discounted(level.counts[nodes[hits]], self._discounts[n - 1])
            p[hits + n - 2] += left / level.totals[contexts[hits]]
        return p

    def next_distribution(self, histories: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        """The probabilities of the next token after each text so far, an empty one included; float64 (B, V)."""
        width = self.order - 1
        last = [
            moved_on(opening(1, width), np.array([history], np.int64), np.array([len(history)]))
            for history in histories
        ]
        return self._distribution(np.concatenate([opening(0, width), *last]))

    def _distribution(self, last: NDArray[np.int32]) -> NDArray[np.float64]:
        """The same after these last tokens (B, order - 1)."""
        p = np.tile(self._unigrams, (len(last), 1))
        for row, tokens in zip(p, last.tolist(), strict=True):
            for n, (level, taken) in enumerate(
                zip(self._levels, self._discounts[1:], strict=True), start=2
            ):
                context = self._node(tokens[len(tokens) - n + 1 :])
                if context < 0:
                    continue
                start, end = level.starts[context : context + 2].tolist()
                if start == end:
                    continue
                left = discounted(level.counts[start:end], taken) / level.totals[context]
                row *= 1 - left.sum()
                row[level.symbols[start:end]] += left
        return p

    def _node(self, tokens: list[int]) -> int:
        """The node of these tokens, -1 where they were never seen."""
        node = tokens[0]
        for level, token in zip(self._levels, tokens[1:], strict=False):
            if node < 0:
                break
            node = find_one(level, node, token)
        return node

    def start(self, batch: int) -> NgramMemory:
        """The memory of rows that have read nothing."""
        import torch

        return NgramMemory(opening(batch, self.order - 1), torch.zeros(batch, dtype=torch.int64))

    def read(self, ids: Tensor, lengths: Tensor, memory: NgramMemory) -> tuple[Tensor, NgramMemory]:
        """Read the next tokens of each row; logits are logarithms of probabilities."""
        import torch

        last = moved_on(memory.last, ids.cpu().numpy(), lengths.numpy())
        logits = np.log(self._distribution(last)).astype(np.float32)
        following = NgramMemory(last, memory.lengths + lengths)
        return torch.from_numpy(logits).to(ids.device), following

    def known_after(self, memory: NgramMemory) -> Known:
        """What is known of what each row has read."""
        found = Known.nothing(len(memory.last))
        for row, tokens in enumerate(memory.last.tolist()):
            for n in range(2, self.order + 1):
                context = self._node(tokens[len(tokens) - n + 1 :])
                if context >= 0:
                    self._learn(found, np.array([row]), n, np.array([context]))
        return found

    def _learn(self, known: Known, at: Integers, n: int, contexts: Integers) -> None:
        """Contexts of n - 1 tokens, nodes (m,), stand at these places."""
        times, left = self._levels[n - 2].totals[contexts], self._backoffs[n - 2][contexts]
        known.learn(at, n - 1, times=times, left=left)

    def state(self) -> State:
        """All that :meth:`from_state` needs."""
        arrays: dict[str, NDArray[Any]] = {
            "unigrams": self._counts.unigrams,
            "tallies": self._counts.tallies,
        }
        for n, level in enumerate(self._levels, start=2):
            arrays |= {f"{part}.{n}": getattr(level, part) for part in _PARTS}
        return State(arrays=arrays)

    @classmethod
    def from_state(cls, config: NgramLmConfig, state: State) -> Self:
        """The fitted model again.

        Raises:
            ModelError: counts are missing.
        """
        found = state.arrays
        try:
            levels = [
                Level(**{part: found[f"{part}.{n}"] for part in _PARTS})
                for n in range(2, config.order + 1)
            ]
            return cls(Counts(found["unigrams"], levels, found["tallies"]))
        except KeyError as error:
            raise ModelError(f"the model has no n-gram counts {error}; train it anew") from None
