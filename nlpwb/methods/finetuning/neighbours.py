"""With what an encoder of BERT's kind begins to learn from text: heads that look at neighbours, and words by their frequency.

From weights as BERT draws them (Devlin et al. 2019: N(0, 0.02²)) it takes very long to find out *where* to look: for millions of
tokens the loss stays at the entropy of single ones, though a table of both neighbours leaves it within seconds. Who begins
with a sense of place leaves that plateau within a minute. What learns is the same network, and everything here is free to change;
to begin with what trained weights look like is Trockman & Kolter's idea (2023, Mimetic Initialization of Self-Attention Layers).
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor

from nlpwb.methods.transformer.bert import BertNetwork, MaskedTokenHead
from nlpwb.methods.transformer.blocks import EncoderBlock

PLACE = 4
"""A part in so many of the features tells places at first, and the rest tells tokens."""
TOKENS, PLACES = 0.2, 0.5
"""Deviation of the features of tokens, amplitude of those of places: large, so that some hundred steps do not undo them."""
SHARPNESS = 18.0
"""The score of the place a head looks at; of others it is less, by several units at the next one."""
LOUDNESS = 0.2
"""The gain of the head's norm, so that first answers differ little from frequencies although the table's rows are long."""
_LEAST_WAVE = 20.0


@torch.no_grad()
def look_at_neighbours(body: BertNetwork, top: MaskedTokenHead) -> None:
    """Overwrite drawn weights of a new network.

    Places are sinusoids (Vaswani et al. 2017, section 3.5) in the last features of the embeddings, and the heads of the first
    block look at the places -1, +1, -2, +2, … from theirs: a rotation of the queries by as many places. What they see
    there passes through matrices drawn at random.

    Args:
        body: d features, H heads, T places.
        top: its head for hidden tokens.
    """
    block = cast(EncoderBlock, body.blocks[0])
    dim, attention = body.embedding.weight.shape[1], block.attention
    pairs = dim // PLACE // 2
    heads = attention.heads
    width = dim // heads
    used = min(pairs, width // 2)
    if used == 0:  # too narrow to tell places apart
        return
    first = dim - 2 * pairs
    frequencies = _frequencies(pairs, len(body.positions.weight))
    angles = torch.arange(len(body.positions.weight))[:, None] * frequencies
    table, places = body.embedding.weight, body.positions.weight
    table.normal_(0, TOKENS)
    table[:, first:] = 0
    places.zero_()
    places[:, first::2], places[:, first + 1 :: 2] = PLACES * angles.sin(), PLACES * angles.cos()
    # after the norm over all features a pair has this squared length
    length = PLACES**2 * dim / (first * TOKENS**2 + pairs * PLACES**2)
    gain = math.sqrt(SHARPNESS * math.sqrt(width) / (length * used))
    packed = attention.packed.weight
    for head in range(heads):
        distance = (head // 2 + 1) * (-1 if head % 2 == 0 else 1)
        query = packed[head * width : (head + 1) * width]
        key = packed[dim + head * width : dim + (head + 1) * width]
        query.zero_()
        key.zero_()
        for pair in range(used):
            turn = float(frequencies[pair]) * distance
            row, column = 2 * pair, first + 2 * pair
            query[row, column], query[row, column + 1] = (
                gain * math.cos(turn),
                gain * math.sin(turn),
            )
            query[row + 1, column] = -gain * math.sin(turn)
            query[row + 1, column + 1] = gain * math.cos(turn)
            key[row, column] = key[row + 1, column + 1] = gain
    packed[2 * dim :].normal_(0, dim**-0.5)
    attention.output.weight.normal_(0, dim**-0.5)
    top.norm.weight.fill_(LOUDNESS)


@torch.no_grad()
def say_frequencies(top: MaskedTokenHead, counts: Tensor) -> None:
    """Offsets of the answers: the logarithm of how often each token stands in the text, its mean 0.

    ``counts`` int64 (V,); one is added to each.
    """
    logs = (counts.double() + 1).log()
    top.bias.copy_((logs - logs.mean()).float())


def _frequencies(pairs: int, places: int) -> Tensor:
    """Of the sinusoids, float32 (pairs,): from nearly half a turn a place down to a wave of twice a third of the places."""
    slowest = max(_LEAST_WAVE, places / 3)
    return 0.95 * math.pi * torch.exp(-math.log(slowest) * torch.linspace(0, 1, pairs))
