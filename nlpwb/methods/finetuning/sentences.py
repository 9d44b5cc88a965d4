"""A body that somebody else trained as an encoder of sentences: ids to one vector for each text."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from nlpwb.methods.finetuning.checkpoint import Body, token_states
from nlpwb.methods.finetuning.heads import Pooling, pooled


class SentenceNetwork(nn.Module):
    """A text to its vector of length 1 (Reimers & Gurevych 2019, section 3)."""

    def __init__(self, body: Body, pooling: Pooling) -> None:
        super().__init__()
        self.body = body
        self.pooling = pooling

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Ids int64 (B, T) and lengths int64 (B,) to vectors, float32 (B, d)."""
        vectors = pooled(token_states(self.body, ids, lengths).float(), lengths, self.pooling)
        return functional.normalize(vectors, dim=1)
