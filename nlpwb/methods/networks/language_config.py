"""The options that language models made of networks share, whatever reads the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from nlpwb.errors import UsageError
from nlpwb.methods.networks.sequence_config import SequenceConfig
from nlpwb.options import option


@dataclass(frozen=True, kw_only=True)
class LanguageConfig(SequenceConfig):
    """Running text, read in windows; its end says when training should end."""

    schedule: str = option(
        "cosine",
        help="course of the step size",
        choices=("constant", "linear", "cosine", "slanted", "onecycle"),
    )
    tuning: float = option(
        0.05,
        help="share of the training text, its end, that is the tuning part; 256 kB of it at most",
        low=0.001,
        high=0.9,
    )

    def settled(self, places: int | None) -> Self:
        """The same with every ``auto`` of training decided; ``places`` are the most that the network tells apart."""
        del places
        return self

    @property
    def window(self) -> int:
        """Tokens of a row of a batch."""
        raise NotImplementedError

    @property
    def batch_words(self) -> str:
        """What a batch is, in the names of the options."""
        raise NotImplementedError

    def validate(self, method: str) -> None:
        """Refuse what concerns batches of documents.

        Raises:
            UsageError: a tokenizer without meaning, or an option of batches that does nothing here.
        """
        super().validate(method)
        for name in ("batch_tokens", "batch_documents"):
            if getattr(self, name) != type(self).__dataclass_fields__[name].default:
                raise UsageError(
                    f"{method}: {name} does nothing here; a batch is {self.batch_words}"
                )
