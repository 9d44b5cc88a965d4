"""An encoder with the head that says hidden tokens (Devlin et al. 2019, section 3.1): one module, for training and for asking."""

from __future__ import annotations

from torch import Tensor, nn

from nlpwb.methods.transformer.bert import BertNetwork, MaskedTokenHead


class MaskedNetwork(nn.Module):
    """Says what stood at some places of texts, from all their other tokens."""

    def __init__(self, body: BertNetwork, top: MaskedTokenHead) -> None:
        super().__init__()
        self.body = body
        self.top = top

    @property
    def vocabulary(self) -> int:
        """V."""
        return int(self.body.embedding.weight.shape[0])

    def forward(self, ids: Tensor, lengths: Tensor, places: Tensor) -> Tensor:
        """Ids int64 (B, T), lengths int64 (B,), places int64 (m,) of the flattened ids: what the output layer sees, (m, e)."""
        states = self.body(ids, lengths)
        seen: Tensor = self.top(states.flatten(0, 1).index_select(0, places))
        return seen

    def head(self) -> tuple[Tensor, Tensor]:
        """The output layer: the table of embeddings, (V, e), and offsets (V,)."""
        return self.body.embedding.weight, self.top.bias

    def logits(self, seen: Tensor) -> Tensor:
        """(…, e) to (…, V)."""
        return nn.functional.linear(seen, *self.head())
