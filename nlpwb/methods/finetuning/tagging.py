"""A body that somebody else trained with a head of our own that labels words; and words cut into what it reads.

A word is labelled at its first piece (Devlin et al. 2019, section 5.3), and the loss is over first pieces alone. Batches carry
ids: that of such a piece is larger by ``vocabulary`` times its mark, which is 1, or, where labels are learned, the label's
number and 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from nlpwb.methods.finetuning.checkpoint import Body, token_states
from nlpwb.methods.finetuning.heads import TokenHead
from nlpwb.methods.finetuning.tokens import CheckpointTokens
from nlpwb.text.subwords import encodable

_KEPT_WORDS = 1 << 20


@dataclass(frozen=True, eq=False)
class Windows:
    """Sentences as rows of ids, a long one as several that end between words: row i is ``ids[ends[i - 1]:ends[i]]``.

    Args:
        ids: int64 (tokens,), marks included, first pieces with their marks (see above).
        ends: int64 (n,).
        words: int64 (n,), words of each row, one at least.
        sentences: int64 (n,), the sentence that a row is of.
        divided: sentences that are longer than the base can see.
        unknown: pieces that the tokenizer cannot write; ``total``: all pieces.
    """

    ids: NDArray[np.int64]
    ends: NDArray[np.int64]
    words: NDArray[np.int64]
    sentences: NDArray[np.int64]
    divided: int
    unknown: int
    total: int

    def __len__(self) -> int:
        return len(self.ends)


class WordTokens:
    """A checkpoint's tokens for texts that are words already: each word is cut by itself, as it is behind a space."""

    def __init__(self, tokens: CheckpointTokens) -> None:
        self.tokens = tokens
        example = tokens.inner.encode("a")
        places = [at for at, mark in enumerate(example.special_tokens_mask) if not mark]
        self._before: list[int] = example.ids[: places[0]]
        self._behind: list[int] = example.ids[places[-1] + 1 :]
        self._space = " " if _wants_space(tokens) else ""
        self._pieces: dict[str, tuple[int, ...]] = {}

    def encode(
        self, sentences: Sequence[Sequence[str]], labels: Sequence[Iterable[int]] | None = None
    ) -> Windows:
        """The windows of sentences of one word at least; with the numbers of their words' ``labels`` for training.

        A word longer than a window is cut; one of which the tokenizer leaves nothing is its unknown token.
        """
        self._cut({word for sentence in sentences for word in sentence})
        room = self.tokens.longest - len(self._before) - len(self._behind)
        rows = self.tokens.vocabulary
        ids: list[int] = []
        ends: list[int] = []
        words: list[int] = []
        owners: list[int] = []
        divided = unknown = total = 0
        for number, sentence in enumerate(sentences):
            marks: Iterable[int] = (
                [1] * len(sentence) if labels is None else _raised(labels[number])
            )
            held, count, first = list(self._before), 0, len(ends)
            for word, mark in zip(sentence, marks, strict=True):
                pieces = self._pieces[word][:room]
                if count and len(held) - len(self._before) + len(pieces) > room:
                    ids += held + self._behind
                    ends.append(len(ids))
                    words.append(count)
                    held, count = list(self._before), 0
                held.append(pieces[0] + rows * mark)
                held += pieces[1:]
                count += 1
                total += len(pieces)
                unknown += sum(map(self.tokens.is_unknown, pieces))
            ids += held + self._behind
            ends.append(len(ids))
            words.append(count)
            owners += [number] * (len(ends) - first)
            divided += len(ends) - first > 1
        return Windows(
            np.array(ids, dtype=np.int64),
            np.array(ends, dtype=np.int64),
            np.array(words, dtype=np.int64),
            np.array(owners, dtype=np.int64),
            divided,
            unknown,
            total,
        )

    def _cut(self, words: set[str]) -> None:
        if len(self._pieces) > _KEPT_WORDS:  # a stream that never ends
            self._pieces.clear()
        new = [word for word in words if word not in self._pieces]
        cut = self.tokens.inner.encode_batch_fast(
            [self._space + encodable(word) for word in new], add_special_tokens=False
        )
        nothing = (self.tokens.unknown or 0,)
        for word, encoding in zip(new, cut, strict=True):
            self._pieces[word] = tuple(encoding.ids) or nothing


def _raised(labels: Iterable[int]) -> list[int]:
    return [label + 1 for label in labels]


def _wants_space(tokens: CheckpointTokens) -> bool:
    """Whether the tokenizer tells a word behind a space from one that begins a text, and does not put the space there itself."""
    found = json.loads(tokens.json).get("pre_tokenizer") or {}
    rules = found.get("pretokenizers", [found])
    return any(
        rule.get("type") == "ByteLevel" and not rule.get("add_prefix_space") for rule in rules
    )


class TaggingNetwork(nn.Module):
    """Words to their outputs."""

    def __init__(self, body: Body, head: TokenHead) -> None:
        super().__init__()
        self.body = body
        self.head = head

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Ids with marks, int64 (B, T), and lengths int64 (B,) to outputs of the marked places, (words, outputs)."""
        outputs: Tensor = self.head(self.states(ids, lengths))
        return outputs

    def states(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """What the head sees, (words, d)."""
        plain, marks = self.parted(ids)
        return token_states(self.body, plain, lengths)[marks > 0]

    def parted(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Ids without their marks, and the marks, int64 (B, T)."""
        rows = self.body.embedding.weight.shape[0]
        return ids % rows, ids // rows
