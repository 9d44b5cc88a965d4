"""The options: what they derive, and what they refuse in one sentence."""

from __future__ import annotations

import pytest
import torch

from nlpwb.errors import UsageError
from nlpwb.methods.transformer.config import TransformerConfig
from nlpwb.methods.transformer.network import TransformerNetwork
from nlpwb.options import parse_options


def test_width_of_the_feed_forward_part() -> None:
    """Four times the width; SwiGLU's three matrices of 8/3 hold as many numbers as two of four times."""
    assert TransformerConfig(dim=96).inner == 384
    assert TransformerConfig(dim=96, activation="swiglu").inner == 256
    assert TransformerConfig(dim=96, feed_forward=50).inner == 50


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            {"dim": "100", "heads": "8"},
            "dim=100 is no multiple of heads=8; write heads=5 or dim=96",
        ),
        ({"dim": "3", "heads": "4"}, "dim=3 is no multiple of heads=4; write heads=3 or dim=4"),
        ({"dim": "6", "heads": "2", "positions": "rotary"}, "is 3 wide; write dim=8"),
        ({"positions": "rotery"}, "did you mean rotary?"),
        ({"layers": "0"}, "layers must be at least 1"),
    ],
)
def test_what_cannot_be_built_is_refused(words: dict[str, str], sentence: str) -> None:
    """A user gets the way out, not a stack of torch's."""
    with pytest.raises(UsageError, match=sentence.replace("?", r"\?")):
        parse_options(TransformerConfig, "transformer", words)


def test_width_of_word_vectors_is_checked_when_it_is_known() -> None:
    """Word vectors bring their own width: heads that cannot share it are told, and offered no other one."""
    with pytest.raises(
        UsageError, match="the embeddings' dim=50 is no multiple of heads=4; write heads=2"
    ):
        TransformerNetwork.build(
            TransformerConfig(dim=50), vocabulary=9, outputs=2, table=torch.zeros(9, 50)
        )
