"""Small encoder-decoders with weights from seed 0, and pairs for them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from nlpwb.methods.seq2seq.config import (
    Seq2seqAttentionConfig,
    Seq2seqConfig,
    Seq2seqTransformerConfig,
)
from nlpwb.methods.seq2seq.network import RecurrentTranslator
from nlpwb.methods.seq2seq.transformer import TransformerTranslator

VOCABULARY = 11
PLAIN, ATTENTIVE = Seq2seqConfig, Seq2seqAttentionConfig

RECURRENT: list[tuple[type, dict[str, Any]]] = [
    (PLAIN, {}),
    (PLAIN, {"summary": False, "bidirectional": False, "reverse": True, "layers": 2}),
    (PLAIN, {"cell": "gru", "tied": False}),
    (PLAIN, {"cell": "rnn", "layers": 2}),
    (ATTENTIVE, {}),
    (ATTENTIVE, {"score": "additive", "cell": "gru", "layers": 2}),
    (ATTENTIVE, {"score": "dot", "cell": "rnn"}),
    (ATTENTIVE, {"score": "additive", "feeding": "context", "layers": 2}),
    (ATTENTIVE, {"score": "general", "feeding": "output", "cell": "gru"}),
]
"""Every path through the recurrent network at least once."""

TRANSFORMERS: list[dict[str, Any]] = [
    {},
    {"norm": "post", "positions": "learned"},
    {"positions": "rotary", "activation": "swiglu"},
    {"positions": "alibi", "tied": False},
    {"positions": None},
]


def recurrent(kind: type = ATTENTIVE, **options: Any) -> RecurrentTranslator:
    """States of 6 numbers, embeddings of 5; not in training."""
    torch.manual_seed(0)
    config = kind(**{"dim": 5, "hidden": 6, "shared": False, **options})
    return RecurrentTranslator.build(
        config, source_vocabulary=VOCABULARY, target_vocabulary=VOCABULARY + 2
    ).eval()


def transformer(**options: Any) -> TransformerTranslator:
    """Two blocks of 8 numbers and 2 heads; not in training."""
    torch.manual_seed(0)
    config = Seq2seqTransformerConfig(
        **{"dim": 8, "heads": 2, "layers": 2, "shared": False, "max_tokens": 20, **options}
    )
    return TransformerTranslator.build(
        config, source_vocabulary=VOCABULARY, target_vocabulary=VOCABULARY + 2
    ).eval()


def every_network() -> list[nn.Module]:
    """One of each path."""
    nets: list[nn.Module] = [recurrent(kind, **options) for kind, options in RECURRENT]
    return [*nets, *(transformer(**options) for options in TRANSFORMERS)]


def pairs(
    sources: list[int], targets: list[int], *, seed: int = 1
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Random ids of these lengths, 0 behind the ends, and the lengths."""
    generator = torch.Generator().manual_seed(seed)

    def side(lengths: list[int]) -> tuple[Tensor, Tensor]:
        ids = torch.randint(4, VOCABULARY, (len(lengths), max(lengths)), generator=generator)
        for row, length in enumerate(lengths):
            ids[row, length:] = 0
        return ids, torch.tensor(lengths)

    return *side(sources), *side(targets)
