"""A language model, opened to be looked at: the text that it reads, and what may come next."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.errors import ModelError
from nlpwb.workflows.looking.looked import Answers, Sides, rows_of
from nlpwb.workflows.looking.reading import TokensRead
from nlpwb.workflows.looking.translating import next_answers, tokens_read

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nlpwb.workflows.language.model import LanguageModel


class LookedLanguageModel:
    """A :class:`~nlpwb.workflows.looking.looked.Looked`. A text begins with the token that ends the one before."""

    def __init__(self, path: Path, model: LanguageModel) -> None:
        self.path = path
        self._model = model

    @property
    def method(self) -> str:
        """The spec; of a model that counts help, what is looked at is its network alone."""
        alone = "" if self._model.mixture is None else ", its network alone"
        return f"{self._model.part}{alone}"

    @property
    def network(self) -> nn.Module:
        """The module."""
        network: nn.Module = self._model.network
        return network

    def read(self, text: str) -> Sides:
        """The text behind the end of another; of a longer one than the model sees, the end."""
        tokens = self._model.tokens
        ids = tokens.encode(text).tolist()
        read = tokens_read(tokens, text, ids).within(first=tokens.tokens[tokens.end])
        read = dataclasses.replace(read, ids=(tokens.end, *ids))
        context = self._model.reader.context
        if context is not None and len(read) > context:
            read = _last(read, context)
        return Sides(read)

    def compute(self, sides: Sides) -> Tensor:
        """The logits of what follows the last token, float32 (V,)."""
        import torch

        network: Any = self.network
        ids, _ = self.given(sides)
        with torch.no_grad():
            hidden, _ = network.hidden(ids, None)
            logits: Tensor = network.logits(hidden[:, -1])
        return logits[0].float().cpu()

    def given(self, sides: Sides) -> tuple[Tensor, ...]:
        """The text's."""
        return rows_of(self.network, sides.source)

    def answers(self, outputs: Tensor) -> Answers:
        """The probability of each next token: what ``nlpwb predict`` prints the first of."""
        return next_answers(outputs, self._model.tokens)

    def labels_of(self, kind: str, sides: Sides) -> tuple[TokensRead, TokensRead]:
        """The text's own tokens."""
        del kind
        return sides.source, sides.source


def open_language_model(path: Path, fitting: str) -> LookedLanguageModel:
    """Load a language model's folder, or a llama2.c file; ``fitting`` as in :func:`~nlpwb.workflows.looking.opening.open_model`.

    Raises:
        ModelError: no sound model, or one that is no network.
    """
    from nlpwb.workflows.language.model import load_language_model

    model = load_language_model(path, device="cpu")
    if model.counted:
        raise ModelError(
            f"the model {path} ({model.part}) counts and is no network: it has no {fitting}"
        )
    model.network.eval()
    return LookedLanguageModel(path, model)


def _last(read: TokensRead, count: int) -> TokensRead:
    """The last tokens of a text; the first of them begins a word, whatever it did."""
    return TokensRead(
        text=read.text,
        tokens=read.tokens[-count:],
        ids=read.ids[-count:],
        starts=(True, *read.starts[-count + 1 :]) if count > 1 else (True,),
        unknown=read.unknown[-count:],
        cut=True,
        normalised=read.normalised,
    )
