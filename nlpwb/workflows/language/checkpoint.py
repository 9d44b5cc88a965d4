"""A GPT-2-shaped checkpoint that somebody else trained, as a language model: it says what comes next, and writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np  # noqa: TID253  only functions import this module
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.bases.files import CONFIG, read_json
from nlpwb.bases.tokenizers import read_tokenizer
from nlpwb.errors import ModelError
from nlpwb.methods.finetuning.configurations import Architecture
from nlpwb.methods.networks.writing import Streamer, keeps_all, readable, writing_of
from nlpwb.methods.protocol import State
from nlpwb.methods.transformer.gpt import GptNetwork
from nlpwb.text.subword_tokenizer import SubwordTokenizer
from nlpwb.text.subwords import encodable
from nlpwb.workflows.folders import as_base
from nlpwb.workflows.pretrained.opening import open_body

GPT2 = "gpt2"
MARK = "mark"
"""The fact by which kept tokens are known to be a checkpoint's."""


class CheckpointText:
    """The tokens of such a checkpoint, with the face of ``SequenceTokens``; one mark stands between texts."""

    spec = GPT2

    def __init__(self, tokenizer: SubwordTokenizer, *, vocabulary: int, mark: int) -> None:
        self._inner = tokenizer
        self._writing = writing_of(tokenizer, range(vocabulary), vocabulary=vocabulary)
        self.vocabulary = vocabulary
        self.padding = self.unknown = self.begin = self.end = mark
        self.lossless = keeps_all(tokenizer)
        self.tokens = [readable(fragment) for fragment in self._writing.fragments]

    def state(self) -> State:
        """All that :meth:`from_state` needs."""
        text: str = self._inner.inner.to_str()
        return State(
            lists={"tokenizer": [text]}, facts={"vocabulary": self.vocabulary, MARK: self.end}
        )

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The tokens again."""
        from tokenizers import Tokenizer

        facts: Any = state.facts
        inner = Tokenizer.from_str(state.lists["tokenizer"][0])
        tokenizer = SubwordTokenizer(inner, name=GPT2, spec=GPT2)
        return cls(tokenizer, vocabulary=int(facts["vocabulary"]), mark=int(facts[MARK]))

    def encode(self, text: str) -> NDArray[np.int32]:
        """The ids of a text, int32 (n,)."""
        found = self._inner.inner.encode(encodable(text), add_special_tokens=False).ids
        return np.array(found, dtype=np.int32)

    def encode_all(self, texts: Iterable[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The ids of texts, one after the other, and where each ends."""
        rows = [np.array(ids, dtype=np.int32) for ids in self._inner.id_lists(texts)]
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


@dataclass(frozen=True, eq=False)
class OpenedCheckpoint:
    """A language model of the field: what it is, its network, and its tokens."""

    architecture: Architecture
    network: GptNetwork
    tokens: CheckpointText


def open_checkpoint(folder: Path) -> OpenedCheckpoint:
    """The language model of a folder.

    Raises:
        ModelError: it is no checkpoint that writes, or a damaged one.
    """
    architecture, body, _ = open_body(folder, name=str(folder))
    if not isinstance(body, GptNetwork):
        raise as_base(str(folder))
    vocabulary = len(body.embedding.weight)
    tokenizer = SubwordTokenizer(read_tokenizer(folder, family=GPT2), name=GPT2, spec=GPT2)
    if tokenizer.vocabulary_size > vocabulary:
        raise ModelError(
            f"the tokenizer of {folder} has {tokenizer.vocabulary_size:,} tokens, and its table of embeddings "
            f"{vocabulary:,} rows; they are not of one model"
        )
    said = read_json(folder, CONFIG).get("eos_token_id")
    mark = said if isinstance(said, int) and 0 <= said < vocabulary else vocabulary - 1
    tokens = CheckpointText(tokenizer, vocabulary=vocabulary, mark=mark)
    return OpenedCheckpoint(architecture, body, tokens)
