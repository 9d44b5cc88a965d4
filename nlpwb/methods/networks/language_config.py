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

    ngrams: int = option(
        0,
        help="mixed with counts of up to so many tokens (modified Kneser-Ney); 0: the network alone",
        low=0,
        high=8,
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
            UsageError: a tokenizer without meaning, an option of batches that does nothing here, or ngrams without a context or
                without a tuning part.
        """
        super().validate(method)
        for name in ("batch_tokens", "batch_documents"):
            if getattr(self, name) != type(self).__dataclass_fields__[name].default:
                raise UsageError(
                    f"{method}: {name} does nothing here; a batch is {self.batch_words}"
                )
        if self.ngrams == 1:
            raise UsageError(
                f"{method}: ngrams=1 counts tokens without what comes before them; write ngrams=2 to 8, or leave it out"
            )
        if self.ngrams and self.patience == 0:
            raise UsageError(
                f"{method}: ngrams={self.ngrams} learns from the tuning part how far to trust the network, and patience=0 "
                "keeps none; leave patience=0 out (patience=10000 trains all epochs)"
            )
