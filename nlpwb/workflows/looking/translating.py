"""A translator, opened to be looked at: the source that it reads, and the translation that it writes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.errors import InputError
from nlpwb.workflows.looking.looked import Answers, Sides, device_of, rows_of
from nlpwb.workflows.looking.reading import TokensRead, word_starts

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nlpwb.methods.networks.sequence_tokens import SequenceTokens
    from nlpwb.workflows.translation.model import Translator

_BYTE = re.compile(r"^<0x([2-7][0-9A-F])>$")
"""A token that is one byte, and a character of its own."""
_MORE = 10
"""A translation ends, at the latest, with twice the source's tokens and so many more."""


class LookedTranslator:
    """A :class:`~nlpwb.workflows.looking.looked.Looked`.

    The target is the likeliest token at each place, given those before it; what is asked at a place is what comes next.
    """

    def __init__(self, path: Path, translator: Translator) -> None:
        self.path = path
        self._translator = translator

    @property
    def method(self) -> str:
        """The spec."""
        return str(self._translator.part)

    @property
    def network(self) -> nn.Module:
        """The module."""
        network: nn.Module = self._translator.network
        return network

    def read(self, text: str) -> Sides:
        """The source with the token that ends it, and the translation with the token that begins it.

        Raises:
            InputError: a text without a token.
        """
        translator = self._translator
        ids = translator.source_ids(text).tolist()
        if len(ids) < 2:
            raise InputError(f"the text {text!r} holds no token; give one that does")
        tokens = translator.source_tokens
        source = tokens_read(tokens, text, ids[:-1]).within(last=tokens.tokens[tokens.end])
        source = _with_ids(source, ids)
        written = self._written(ids)
        names = translator.target_tokens.tokens
        body = tuple(names[number] for number in written[1:])
        target = TokensRead(
            text=translator.target_tokens.decode(written[1:]),
            tokens=(names[written[0]], *body),
            ids=tuple(written),
            starts=(True, *word_starts(body)),
            unknown=tuple(number == translator.target_tokens.unknown for number in written),
        )
        return Sides(source, target)

    def _written(self, source: list[int]) -> list[int]:
        """The token that begins a text, and the likeliest ones after it, without the one that ends it."""
        import torch

        network: Any = self.network
        tokens = self._translator.target_tokens
        most = self._translator.part.config.max_tokens
        there = device_of(network)
        one = torch.tensor([1])
        written = [tokens.begin]
        with torch.no_grad():
            ids = torch.tensor([source], device=there)
            memory = network.encode(ids, torch.tensor([len(source)]))
            for _ in range(min(most, 2 * len(source) + _MORE)):
                last = torch.tensor([written[-1:]], device=there)
                logits, memory = network.read(last, one, memory)
                logits[0, [tokens.padding, tokens.begin]] = -torch.inf
                following = int(logits[0].argmax())
                if following == tokens.end:
                    break
                written.append(following)
        return written

    def compute(self, sides: Sides) -> Tensor:
        """The logits of what follows the last token of the target, float32 (V,)."""
        import torch

        network: Any = self.network
        with torch.no_grad():
            hidden = network(*self.given(sides))
            logits: Tensor = network.logits(hidden[:, -1])
        return logits[0].float().cpu()

    def given(self, sides: Sides) -> tuple[Tensor, ...]:
        """Those of both sides."""
        assert sides.target is not None, "read"
        return rows_of(self.network, sides.source, sides.target)

    def answers(self, outputs: Tensor) -> Answers:
        """The probability of each token of the target's vocabulary, of what comes after the translation."""
        return next_answers(outputs, self._translator.target_tokens)

    def labels_of(self, kind: str, sides: Sides) -> tuple[TokensRead, TokensRead]:
        """Of cross-attention: what is written at each place, and the source."""
        source, target = sides.source, sides.target
        assert target is not None, "read"
        if kind == "encoder":
            return source, source
        if kind == "decoder":
            return target, target
        end = self._translator.target_tokens
        written = TokensRead(
            text=target.text,
            tokens=(*target.tokens[1:], end.tokens[end.end]),
            ids=(*target.ids[1:], end.end),
            starts=(*target.starts[1:], True),
            unknown=(*target.unknown[1:], False),
        )
        return written, source


def open_translator(path: Path) -> LookedTranslator:
    """Load a translator's folder.

    Raises:
        ModelError: no sound model.
    """
    from nlpwb.workflows.translation.folder import load_translator

    return LookedTranslator(path, load_translator(path, device="cpu"))


def tokens_read(tokens: SequenceTokens, text: str, ids: list[int]) -> TokensRead:
    """A text as a network reads it that writes; of a longer one the first ids."""
    surfaces = tokens.surfaces(text)
    shown = tuple(
        _BYTE.sub(lambda found: chr(int(found[1], 16)), one) for one in surfaces[: len(ids)]
    )
    return TokensRead(
        text=text,
        tokens=shown,
        ids=tuple(ids),
        starts=word_starts(shown),
        unknown=tuple(number == tokens.unknown for number in ids),
        cut=len(surfaces) > len(ids),
    )


def next_answers(outputs: Tensor, tokens: SequenceTokens) -> Answers:
    """The probability of each token, from its logits (V,)."""
    values = outputs.double().softmax(dim=0).tolist()
    return Answers(tuple(tokens.tokens), tuple(values), "next")


def _with_ids(read: TokensRead, ids: list[int]) -> TokensRead:
    import dataclasses

    return dataclasses.replace(read, ids=tuple(ids))
