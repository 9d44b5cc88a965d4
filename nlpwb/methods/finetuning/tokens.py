"""Texts to the ids of a checkpoint that somebody else trained, its marks included."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nlpwb.errors import ModelError
from nlpwb.methods.networks.tokens import EncodedTexts
from nlpwb.text.subwords import encodable

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_BATCH = 256


class CheckpointTokens:
    """A checkpoint's tokenizer.

    Args:
        inner: the library's tokenizer, which sets the marks.
        vocabulary: rows of the checkpoint's table.
        longest: tokens of a text, marks included; what is behind is cut off.
        name: of the checkpoint, for the error.

    Raises:
        ModelError: the tokenizer has ids without a row.
    """

    def __init__(self, inner: Tokenizer, *, vocabulary: int, longest: int, name: str) -> None:
        self.inner = inner
        self.vocabulary = vocabulary
        self.longest = longest
        self.name = name
        most = max(inner.get_vocab(with_added_tokens=True).values(), default=-1)
        if most >= vocabulary:
            raise ModelError(
                f"the tokenizer of {name} has {most + 1:,} tokens, and its table of embeddings {vocabulary:,} rows; they are not "
                "of one model"
            )
        self.marks = inner.num_special_tokens_to_add(False)
        if longest <= self.marks:
            raise ModelError(
                f"{name}: {longest} tokens leave no room for a text beside its {self.marks} marks"
            )
        inner.no_padding()
        inner.enable_truncation(longest)
        self._unknown = _unknown_id(inner)

    @property
    def tokens(self) -> list[str]:
        """The tokens by id; rows of the table without one are empty strings."""
        found = [""] * self.vocabulary
        for token, number in self.inner.get_vocab(with_added_tokens=True).items():
            found[number] = token
        return found

    @property
    def json(self) -> str:
        """All that the tokenizer is, as ``tokenizer.json`` holds it, without a length."""
        self.inner.no_truncation()
        try:
            text: str = self.inner.to_str()
        finally:
            self.inner.enable_truncation(self.longest)
        return text

    def encode(self, texts: Iterable[str]) -> EncodedTexts:
        """The ids of texts, marks included."""
        return self._held(self._encodings(map(encodable, texts)), marks=self.marks)

    def encode_pairs(self, pairs: Iterable[tuple[str, str]]) -> EncodedTexts:
        """The ids of pairs of texts in one row each; of one that is too long the longer text is cut first.

        An id of the second segment (BERT's second text and the mark behind it) is larger by ``vocabulary``: ids and segments are
        one row of numbers that :func:`nlpwb.methods.finetuning.pairs.parted` takes apart.

        Raises:
            ModelError: the marks of a pair leave no room for it.
        """
        marks = self.inner.num_special_tokens_to_add(True)
        if self.longest <= marks:
            raise ModelError(
                f"{self.name}: {self.longest} tokens leave no room for two texts beside their {marks} marks"
            )
        both = ((encodable(one), encodable(other)) for one, other in pairs)
        return self._held(self._encodings(both), marks=marks)

    @property
    def unknown(self) -> int | None:
        """The id of what the tokenizer cannot write; None where it writes everything."""
        return self._unknown

    def is_unknown(self, number: int) -> bool:
        """Whether an id stands for what the tokenizer cannot write."""
        return number == self._unknown

    def surfaces(self, text: str) -> list[str]:
        """The tokens of a text, marks included."""
        found: list[str] = self.inner.encode(encodable(text)).tokens
        return found or self.tokens[:1]

    def _encodings(self, inputs: Iterator[Any]) -> Iterator[Any]:
        while batch := list(itertools.islice(inputs, _BATCH)):
            yield from self.inner.encode_batch_fast(batch)

    def _held(self, encodings: Iterator[Any], *, marks: int) -> EncodedTexts:
        ids, ends = array("i"), array("q")
        cut = unknown = total = 0
        for encoding in encodings:
            found: Sequence[int] = encoding.ids
            segments: Sequence[int] = encoding.type_ids
            # GPT-2 sets no marks: a text of nothing is one token, whatever it is
            if any(segments):
                ids.extend(
                    one + self.vocabulary * segment
                    for one, segment in zip(found, segments, strict=True)
                )
            else:
                ids.extend(found or (0,))
            ends.append(len(ids))
            cut += bool(encoding.overflowing)
            total += len(found) - marks
            if self._unknown is not None:
                unknown += found.count(self._unknown)
        return EncodedTexts(
            np.array(ids, dtype=np.int32),
            np.array(ends, dtype=np.int64),
            cut,
            unknown,
            max(0, total),
        )


def _unknown_id(inner: Tokenizer) -> int | None:
    token = getattr(inner.model, "unk_token", None)
    found: int | None = inner.token_to_id(token) if token else None
    return found
