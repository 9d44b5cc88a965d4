"""Texts to vectors by a base as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np  # noqa: TID253  only functions import this module
import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.methods.finetuning.checkpoint import Body, token_states
from nlpwb.methods.finetuning.config import WEIGHTED, PretrainedConfig
from nlpwb.methods.finetuning.heads import Pooling, pooled
from nlpwb.methods.finetuning.pairs import parted
from nlpwb.methods.finetuning.wrapped import WrappedBody
from nlpwb.methods.networks.tokens import EncodedTexts
from nlpwb.methods.transformer.bert import BertNetwork
from nlpwb.training.batches import Batch, TextBatches
from nlpwb.training.device import choose_setting
from nlpwb.training.prediction import predict
from nlpwb.workflows.pretrained.opening import Base

TOKENS, DOCUMENTS = 4096, 256
"""Of a batch. Larger ones fall out of a processor's cache between the layers."""


@dataclass(frozen=True)
class Manner:
    """How the vectors of tokens become one of a text.

    Args:
        pooling: of the tokens.
        layers: last blocks whose vectors are averaged.
        normalised: whether its length is made 1.
        pairs: whether ids say their segment, too (``methods/finetuning/pairs.py``).
        every: whether it is the vectors of all layers, one behind the other, that are asked for; ``normalised`` then waits.
    """

    pooling: Pooling
    layers: int
    normalised: bool
    pairs: bool = False
    every: bool = False


def manner_of(config: PretrainedConfig, base: Base) -> Manner:
    """What the options say; ``auto``: as the base was trained, else the mean (a decoder's last token sees all the others)."""
    usual = base.sentences.pooling if base.sentences is not None else "mean"
    trained = base.sentences is not None and base.sentences.normalised
    normalised = trained if config.normalize == "auto" else config.normalize == "yes"
    if config.pooling == WEIGHTED:
        return Manner("mean", 1, normalised, every=True)
    pooling = cast(Pooling, usual if config.pooling == "auto" else config.pooling)
    return Manner(pooling, config.layers, normalised)


def encode(
    body: Body,
    encoded: EncodedTexts,
    manner: Manner,
    *,
    device: str = "auto",
    precision: str = "auto",
    threads: int = 1,
) -> NDArray[np.float32]:
    """A vector for each text, float32 (n, d); with ``manner.every`` (n, layers · d)."""
    setting = choose_setting(device, precision, threads)
    batches = TextBatches(encoded.ids, encoded.ends, tokens=TOKENS, documents=DOCUMENTS)
    found = predict(body, batches, setting, call=_call(manner))
    return np.asarray(found.numpy(), dtype=np.float32)


def _call(manner: Manner) -> Callable[[Any, Batch], torch.Tensor]:
    def call(body: Body, batch: Batch) -> torch.Tensor:
        ids, segments = parted(body, batch.ids) if manner.pairs else (batch.ids, None)
        if manner.every:
            assert isinstance(body, BertNetwork | WrappedBody)
            each = [
                pooled(one.float(), batch.lengths, "mean")
                for one in body.states(ids, batch.lengths, segments)
            ]
            return torch.cat(each, dim=1)
        if manner.layers == 1:
            states = token_states(body, ids, batch.lengths, segments)
        else:
            assert isinstance(body, BertNetwork | WrappedBody)
            every: Sequence[torch.Tensor] = body.states(ids, batch.lengths, segments)
            states = torch.stack([one.float() for one in every[-manner.layers :]]).mean(dim=0)
        vectors = pooled(states.float(), batch.lengths, manner.pooling)
        return torch.nn.functional.normalize(vectors, dim=1) if manner.normalised else vectors

    return call
