"""A classifier of a network's own, opened to be looked at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.errors import InputError, ModelError
from nlpwb.workflows.looking.bases import read_marked
from nlpwb.workflows.looking.looked import Answers, Sides, rows_of
from nlpwb.workflows.looking.reading import TokensRead, span_starts
from nlpwb.workflows.model_folder import load_model

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nlpwb.methods.finetuning.tokens import CheckpointTokens
    from nlpwb.methods.networks.tokens import TextEncoder
    from nlpwb.text.rules import RuleTokenizer
    from nlpwb.text.subword_tokenizer import SubwordTokenizer
    from nlpwb.workflows.classifier import Classifier
    from nlpwb.workflows.networks.classifier import NetworkClassifier

FIRST = "[CLS]"
"""The name of the place in front that stands for the document, as BERT's."""
DOCUMENT = "document"
"""The name of what asks where states are pooled by attention."""


class LookedClassifier:
    """A :class:`~nlpwb.workflows.looking.looked.Looked`."""

    def __init__(self, path: Path, classifier: Classifier, network: NetworkClassifier) -> None:
        self.path = path
        self._classifier = classifier
        self._network = network

    @property
    def method(self) -> str:
        """The spec."""
        return str(self._classifier.spec)

    @property
    def network(self) -> nn.Module:
        """The module."""
        return self._network.model

    def read(self, text: str) -> Sides:
        """The tokens up to ``max_tokens``.

        Raises:
            InputError: a text without a token.
        """
        return Sides(_read(self._network.encoder, text))

    def compute(self, sides: Sides) -> Tensor:
        """The outputs, float32 (outputs,)."""
        import torch

        with torch.no_grad():
            outputs: Tensor = self.network(*self.given(sides))
        return outputs[0].cpu()

    def given(self, sides: Sides) -> tuple[Tensor, ...]:
        """The source's."""
        return rows_of(self.network, sides.source)

    def answers(self, outputs: Tensor) -> Answers:
        """Probabilities of the labels, or the number: what ``nlpwb predict`` prints."""
        from nlpwb.workflows.networks.tasks import scores_of

        shape = self._network.shape
        values = tuple(scores_of(shape, outputs.unsqueeze(0))[0].tolist())
        if shape.task == "regression":
            return Answers(("value",), values, "value")
        return Answers(self._classifier.labels, values, "probability")

    def labels_of(self, kind: str, sides: Sides) -> tuple[TokensRead, TokensRead]:
        """The text's own tokens; with ``pooling=cls`` a place more in front; where states are pooled, one that asks."""
        tokens = sides.source
        if kind == "pooling":
            asks = TokensRead("", (DOCUMENT,), (-1,), (True,), (False,))
            return asks, tokens
        if getattr(self.network, "first", None) is not None:
            tokens = tokens.within(first=FIRST)
        return tokens, tokens


def open_classifier(path: Path, fitting: str) -> LookedClassifier:
    """Load a classifier's folder; ``fitting`` as in :func:`~nlpwb.workflows.looking.opening.open_model`.

    Raises:
        ModelError: no sound model, one that is no network, or one of pairs.
    """
    classifier = load_model(path, device="cpu")
    if classifier.network is None:
        raise ModelError(
            f"the model {path} ({classifier.spec}) is no network: it has no {fitting}; "
            "`nlpwb vectorize --top 20` shows what a model of counts goes by"
        )
    if classifier.pairs:
        raise ModelError(
            f"the model {path} ({classifier.spec}) reads pairs of texts, and this command looks at one; give a model of single "
            "texts, or the base"
        )
    from nlpwb.workflows.pretrained.language.classifier import LanguageClassifier

    if isinstance(classifier.network, LanguageClassifier):
        raise ModelError(
            f"the model {path} is a language model that labels ({classifier.spec}), and this command does not look into such; "
            "it looks into the language model itself"
        )
    return LookedClassifier(path, classifier, classifier.network)


def _read(encoder: TextEncoder | CheckpointTokens, text: str) -> TokensRead:
    from nlpwb.methods.finetuning.tokens import CheckpointTokens
    from nlpwb.methods.networks.embedding import UNKNOWN
    from nlpwb.text.subword_tokenizer import SubwordTokenizer

    if isinstance(encoder, CheckpointTokens):
        return read_marked(encoder, text)
    ids = tuple(encoder.encode([text]).ids.tolist())
    (found,) = encoder.tokenizer.encode([text])
    if not found.tokens:
        raise InputError(
            f"the text {text!r} holds no token (tokenizer {encoder.tokenizer.spec}); give one that does"
        )
    starts = span_starts(text, found.offsets)
    tokens = list(found.tokens[: len(ids)])
    if isinstance(encoder.tokenizer, SubwordTokenizer):
        # the library's own signs for spaces, ends of words and bytes are not for people; what stands in the text is
        spans = found.offsets[: len(ids)]
        tokens = [text[a:b].strip() or token for token, (a, b) in zip(tokens, spans, strict=True)]
    return TokensRead(
        text=text,
        tokens=tuple(tokens),
        ids=ids,
        starts=starts[: len(ids)],
        unknown=tuple(number == UNKNOWN for number in ids),
        cut=len(found.tokens) > len(ids),
        normalised=_normalised(encoder.tokenizer, text),
    )


def _normalised(tokenizer: RuleTokenizer | SubwordTokenizer, text: str) -> str | None:
    from nlpwb.text.subword_tokenizer import SubwordTokenizer

    if isinstance(tokenizer, SubwordTokenizer):
        rule = tokenizer.inner.normalizer
        changed = text if rule is None else str(rule.normalize_str(text))
    else:
        changed = text.lower() if tokenizer.lowercase else text
    return changed if changed != text else None
