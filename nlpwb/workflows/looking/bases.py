"""A base as it is, opened to be looked at: what its tokens read of each other, before any label was seen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.errors import InputError
from nlpwb.workflows.looking.looked import Answers, Sides, rows_of
from nlpwb.workflows.looking.reading import TokensRead, span_starts

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nlpwb.methods.finetuning.tokens import CheckpointTokens
    from nlpwb.workflows.pretrained.opening import Base


class LookedBase:
    """A :class:`~nlpwb.workflows.looking.looked.Looked`. A decoder says what comes next; an encoder answers nothing."""

    def __init__(self, base: Base) -> None:
        self.path = Path(base.place.name)
        self._base = base

    @property
    def method(self) -> str:
        """Its family."""
        return self._base.architecture.family.name

    @property
    def network(self) -> nn.Module:
        """The body."""
        return self._base.body

    def read(self, text: str) -> Sides:
        """The tokens with the family's marks, up to the longest text.

        Raises:
            InputError: a text without a token.
        """
        return Sides(read_marked(self._base.tokens, text))

    def compute(self, sides: Sides) -> Tensor:
        """Of a decoder the logits of what follows the last token, float32 (V,); of an encoder that token's state, (d,)."""
        import torch

        from nlpwb.methods.finetuning.checkpoint import token_states
        from nlpwb.methods.transformer.gpt import GptNetwork

        ids, lengths = self.given(sides)
        with torch.no_grad():
            last = token_states(self._base.body, ids, lengths)[0, -1]
            if isinstance(self._base.body, GptNetwork):
                last = self._base.body.logits(last)
        return last.float().cpu()

    def given(self, sides: Sides) -> tuple[Tensor, ...]:
        """The text's."""
        return rows_of(self.network, sides.source)

    def answers(self, outputs: Tensor) -> Answers:
        """The probability of each next token; nothing of an encoder."""
        from nlpwb.methods.transformer.gpt import GptNetwork

        if not isinstance(self._base.body, GptNetwork):
            return Answers((), (), "vector")
        values = outputs.double().softmax(dim=0).tolist()
        return Answers(tuple(self._base.tokens.tokens), tuple(values), "next")

    def labels_of(self, kind: str, sides: Sides) -> tuple[TokensRead, TokensRead]:
        """The text's own tokens."""
        del kind
        return sides.source, sides.source


def read_marked(tokens: CheckpointTokens, text: str) -> TokensRead:
    """A text as a checkpoint cuts it, its marks included.

    Raises:
        InputError: there is nothing in it but marks.
    """
    encoding = tokens.inner.encode(text)
    marks = [bool(mark) for mark in encoding.special_tokens_mask]
    if all(marks):
        raise InputError(f"the text {text!r} holds no token; give one that does")
    rule = tokens.inner.normalizer
    normalised = text if rule is None else str(rule.normalize_str(text))
    within = span_starts(
        text, [span for span, mark in zip(encoding.offsets, marks, strict=True) if not mark]
    )
    order = iter(within)
    return TokensRead(
        text=text,
        tokens=tuple(
            token if mark else (text[span[0] : span[1]].strip() or token)
            for token, span, mark in zip(encoding.tokens, encoding.offsets, marks, strict=True)
        ),
        ids=tuple(encoding.ids),
        starts=tuple(True if mark else next(order) for mark in marks),
        unknown=tuple(tokens.is_unknown(number) for number in encoding.ids),
        cut=bool(encoding.overflowing),
        normalised=normalised if normalised != text else None,
    )
