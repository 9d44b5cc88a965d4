"""A language model of ours that labels texts: what it makes of each token, pooled, and a head (Howard & Ruder 2018).

Letters of shapes: B texts, T tokens, d width of what the output layer of the language model sees.
"""

from __future__ import annotations

import dataclasses
from typing import Any, cast

import torch
from torch import Tensor, nn

from nlpwb.methods.finetuning.concat_head import ConcatHead, concat_pooled

AWD = {"dropout": 0.4, "embedding_dropout": 0.05, "weight_drop": 0.5}
"""What the paper (section 4.1) drops in a classifier: before its layers, of the vocabulary, of state-to-state weights."""
_OF_BLOCKS = 0.1
"""What transformers drop (Radford et al. 2018, section 4.1)."""


class LanguageTextNetwork(nn.Module):
    """Ids to one row of outputs for each text.

    Texts are read in windows, each from the state in which the one before ended; gradients stay within a window, and reach all
    of them through the pooling (BPTT for text classification: section 3.3). Padding stands behind a text, and is not looked at.

    Args:
        body: a language model with ``hidden(ids, memory) -> (B, T, d), memory``.
        head: what is new.
        window: tokens that are read at a time; None: all, by a body that carries no state.
    """

    def __init__(self, body: nn.Module, head: ConcatHead, *, window: int | None) -> None:
        super().__init__()
        self.body = body
        self.head = head
        self.window = window
        # one draw for a whole text is as large as its mean over time, from which texts differ by little: nothing is learned
        if hasattr(body, "drops_output"):
            body.drops_output = False  # type: ignore[assignment]

    @property
    def feature_dimensions(self) -> int:
        """Columns of :meth:`features`."""
        return int(self.head.output.in_features)

    def states(self, ids: Tensor) -> Tensor:
        """What the language model's output layer would see: ids int64 (B, T) to (B, T, d)."""
        body = cast(Any, self.body)
        if self.window is None:
            whole: Tensor = body.hidden(ids)[0]
            return whole
        found, memory = [], None
        for window in torch.split(ids, self.window, dim=1):
            states, memory = body.hidden(window, memory)
            memory = memory.detached()
            found.append(states)
        return torch.cat(found, dim=1)

    def features(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """What the last layer sees: float (B, hidden)."""
        return self.head.features(concat_pooled(self.states(ids), lengths))

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Ids int64 (B, T) and lengths int64 (B,) to outputs, float (B, outputs)."""
        outputs: Tensor = self.head(concat_pooled(self.states(ids), lengths))
        return outputs


def regularised(config: Any, drop_mult: float) -> Any:
    """The options of a language model's network with a classifier's dropout."""
    held = {field.name for field in dataclasses.fields(config)}
    shares = AWD if held.issuperset(AWD) else {"dropout": _OF_BLOCKS}
    changes = {name: min(share * drop_mult, 0.99) for name, share in shares.items()}
    return dataclasses.replace(config, **changes)
