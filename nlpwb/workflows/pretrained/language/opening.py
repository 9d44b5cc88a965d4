"""A language model of ours as a base: its folder to a network, and the texts that it is tuned on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch  # noqa: TID253  only functions import this module

from nlpwb.data.corpus import ReadOptions
from nlpwb.data.reading import read_corpus
from nlpwb.errors import ModelError
from nlpwb.methods.finetuning.config import OWN_MAX_TOKENS
from nlpwb.methods.finetuning.language_tokens import DocumentTokens
from nlpwb.methods.networks.sequence_tokens import SequenceTokens
from nlpwb.specs import Part
from nlpwb.workflows.language.model import load_language_model
from nlpwb.workflows.language.texts import Texts


@dataclass(frozen=True, eq=False)
class LanguageBase:
    """A language model that was opened.

    Args:
        part: what it was trained by.
        tokens: how it cuts texts.
        network: with its weights.
    """

    part: Part
    tokens: SequenceTokens
    network: torch.nn.Module

    @property
    def carried(self) -> bool:
        """Whether it reads with a state."""
        return bool(self.part.config.carried)

    @property
    def width(self) -> int:
        """d, of what its output layer sees."""
        config = self.part.config
        tied = config.tied or not self.carried
        return int(config.dim if tied else config.hidden)

    def documents(self, max_tokens: int | Literal["auto"]) -> DocumentTokens:
        """Texts as the classifier reads them; a model of limited sight reads no further than it sees."""
        longest = OWN_MAX_TOKENS if max_tokens == "auto" else max_tokens
        sight = getattr(self.network, "trained_context", None)
        return DocumentTokens(
            self.tokens, longest=longest if sight is None else min(longest, sight)
        )


def open_language_base(folder: Path) -> LanguageBase:
    """The language model of a folder.

    Raises:
        ModelError: a model of another kind, a damaged one, or one that counts.
    """
    model = load_language_model(folder, device="cpu")
    if model.counted:
        raise ModelError(
            f"the model {folder} is {model.part.name}, which counts and has no weights that could go on learning; "
            "`nlpwb train lstm-lm` makes one that has"
        )
    return LanguageBase(model.part, model.tokens, model.network)


def target_texts(training: Sequence[str], unlabelled: str | None) -> tuple[Texts, tuple[str, ...]]:
    """The texts on which a language model is tuned, each once: those of a file, and those to be labelled that it does not hold.

    These are sorted: whoever has the same texts in another order, or other labels for them, tunes the same model. Also
    what a reader should know of the file.

    Raises:
        InputError: the file cannot be read, or holds no text.
    """
    held: list[str] = []
    notes: tuple[str, ...] = ()
    if unlabelled is not None:
        corpus = read_corpus(unlabelled, ReadOptions(labelled=False))
        held, notes = corpus.texts, corpus.notes
    first = dict.fromkeys(text for text in held if text.strip())
    more = sorted({text for text in training if text.strip()} - first.keys())
    return Texts([*first, *more], running=False, name=unlabelled or "the corpus"), notes
