"""Small networks and batches that the tests of the transformer share."""

from __future__ import annotations

import torch
from torch import Tensor

from nlpwb.methods.transformer.attention import Sight
from nlpwb.methods.transformer.config import TransformerConfig
from nlpwb.methods.transformer.network import TransformerNetwork

VOCABULARY = 50


def network(*, outputs: int = 3, seed: int = 0, **options: object) -> TransformerNetwork:
    """A network of two narrow blocks, not in training."""
    torch.manual_seed(seed)
    config = TransformerConfig(
        **{"dim": 16, "layers": 2, "heads": 4, "max_tokens": 32, **options}  # type: ignore[arg-type]
    )
    built = TransformerNetwork.build(config, vocabulary=VOCABULARY, outputs=outputs, table=None)
    with torch.no_grad():  # weights large enough that a fault in what is seen shows in what is said
        for parameter in built.parameters():
            parameter += 0.2 * torch.randn(parameter.shape)
        built.embedding.weight[0] = 0
    return built.eval()


def batch(documents: list[list[int]], *, longest: int | None = None) -> tuple[Tensor, Tensor]:
    """Documents of ids, padded on the right to the longest, or further."""
    lengths = torch.tensor([len(one) for one in documents])
    ids = torch.zeros(len(documents), longest or int(lengths.max()), dtype=torch.int64)
    for row, one in enumerate(documents):
        ids[row, : len(one)] = torch.tensor(one)
    return ids, lengths


def padded(lengths: list[int], longest: int) -> Tensor:
    """The mask of a padded batch: bool (B, 1, 1, T)."""
    return (torch.arange(longest) < torch.tensor(lengths).unsqueeze(1))[:, None, None]


EVERYWHERE = Sight()
