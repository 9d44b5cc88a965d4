"""Two texts in one row of a checkpoint: which of the two a token belongs to is told by its id.

[CLS] a [SEP] b [SEP] with the segments 0 0 0 1 1 (Devlin et al. 2019, section 3.2), or <s> a </s></s> b </s> without (Liu et al.
2019): the checkpoint's own tokenizer says which. Batches carry ids alone, so the segment rides on them.
"""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor

from nlpwb.methods.finetuning.checkpoint import Body
from nlpwb.methods.finetuning.tokens import CheckpointTokens
from nlpwb.methods.finetuning.wrapped import WrappedBody
from nlpwb.methods.networks.tokens import EncodedTexts
from nlpwb.methods.transformer.bert import BertNetwork
from nlpwb.text.pairs import split_pair


class PairTokens:
    """A checkpoint's tokens for texts that are pairs (:mod:`nlpwb.text.pairs`)."""

    def __init__(self, tokens: CheckpointTokens) -> None:
        self.tokens = tokens

    def encode(self, texts: Iterable[str]) -> EncodedTexts:
        """The ids of pairs as :meth:`CheckpointTokens.encode_pairs` has them.

        Raises:
            ModelError: the marks of a pair leave no room for it.
        """
        return self.tokens.encode_pairs(map(split_pair, texts))


def parted(body: Body, ids: Tensor) -> tuple[Tensor, Tensor | None]:
    """Ids that say their segment, int64 (B, T), as ids and segments; of a body that has no second segment, without segments."""
    rows = body.embedding.weight.shape[0]
    several = isinstance(body, BertNetwork | WrappedBody) and body.shape.segments > 1
    return ids % rows, ids // rows if several else None
