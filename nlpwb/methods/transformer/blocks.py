"""The block that transformers are stacks of: self-attention and a feed-forward part, each added to what came in.

Letters of shapes: B documents, T places, d width of the model, f width inside the feed-forward part.
"""

from __future__ import annotations

from typing import Literal, assert_never, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from nlpwb.methods.transformer.attention import MultiHeadAttention, Sight
from nlpwb.methods.transformer.dropout import Dropout

Activation = Literal["relu", "gelu", "gelu_tanh", "swiglu"]
Norm = Literal["pre", "post"]
Scale = Literal["layer", "rms"]
"""What brings vectors to one length: LayerNorm (Ba et al. 2016), or RMSNorm, which takes no mean (Zhang & Sennrich 2019)."""

INITIAL_SCALE = 0.02
"""Standard deviation of matrices at the start, as in BERT and GPT-2."""


class FeedForward(nn.Module):
    """Two linear layers with something bent between them, at each place alone: (B, T, d) to (B, T, d).

    relu: Vaswani et al. 2017, equation 2. gelu: x · Φ(x), Hendrycks & Gimpel 2016, as in BERT; gelu_tanh: its approximation, as
    in GPT-2. swiglu: SiLU(x W) ⊙ (x V), then the second layer (Shazeer 2020, equation 6); W and V are the halves of ``inner``.
    """

    def __init__(
        self, dim: int, width: int, activation: Activation, *, biases: bool = True
    ) -> None:
        super().__init__()
        self.activation: Activation = activation
        inner = 2 * width if activation == "swiglu" else width
        self.inner = nn.Linear(dim, inner, bias=biases)
        self.output = nn.Linear(width, dim, bias=biases)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, d) to (B, T, d)."""
        inner = _bent(self.inner(x), self.activation)  # (B, T, f)
        return cast(Tensor, self.output(inner))


class EncoderBlock(nn.Module):
    """x + attention, then x + feed-forward; LayerNorm before each part (pre) or after each sum (post).

    post is Vaswani et al. 2017, section 3.1, and BERT; pre is GPT-2 (Radford et al. 2019), whose training needs no long warm-up
    (Xiong et al. 2020). RMSNorm without biases is Llama's (Touvron et al. 2023). With a causal
    sight it is the block of a decoder without an encoder. Dropout is that of BERT and
    GPT-2: on the attention weights and on the output of each part, none inside the feed-forward part.
    """

    def __init__(
        self,
        dim: int,
        heads: int,
        *,
        width: int,
        norm: Norm = "pre",
        activation: Activation = "gelu",
        dropout_rate: float = 0.0,
        attention_dropout_rate: float = 0.0,
        epsilon: float = 1e-5,
        kv_heads: int | None = None,
        scale: Scale = "layer",
        biases: bool = True,
    ) -> None:
        super().__init__()
        self.pre = norm == "pre"
        self.attention_norm = norm_of(scale, dim, epsilon, biases=biases)
        self.attention = MultiHeadAttention(
            dim, heads, kv_heads=kv_heads, biases=biases, dropout_rate=attention_dropout_rate
        )
        self.feed_forward_norm = norm_of(scale, dim, epsilon, biases=biases)
        self.feed_forward = FeedForward(dim, width, activation, biases=biases)
        self.dropout = Dropout(dropout_rate)

    def forward(self, x: Tensor, sight: Sight) -> Tensor:
        """(B, T, d) to (B, T, d)."""
        if self.pre:
            x = x + self.dropout(self.attention(self.attention_norm(x), sight))
            x = x + self.dropout(self.feed_forward(self.feed_forward_norm(x)))
        else:
            x = self.attention_norm(x + self.dropout(self.attention(x, sight)))
            x = self.feed_forward_norm(x + self.dropout(self.feed_forward(x)))
        return x

    def attention_weights(self, x: Tensor, sight: Sight) -> Tensor:
        """How much each place reads of each other in this block, given what comes in: (B, H, T, T)."""
        return self.attention.weights(self.attention_norm(x) if self.pre else x, sight)


@torch.no_grad()
def initialise(module: nn.Module, layers: int) -> None:
    """Draw the start of all blocks in ``module``: what the field starts from.

    Matrices from a normal distribution of deviation 0.02, cut at two deviations (BERT's program, Devlin et al. 2019); those that
    write into the sum that passes all blocks are narrower by √(2 · layers), so that it does not grow with depth (GPT-2,
    Radford et al. 2019, section 2.3); no offset.
    """
    for part in module.modules():
        if isinstance(part, nn.Linear):
            nn.init.trunc_normal_(
                part.weight, std=INITIAL_SCALE, a=-2 * INITIAL_SCALE, b=2 * INITIAL_SCALE
            )
            if part.bias is not None:
                nn.init.zeros_(part.bias)
    for part in module.modules():
        if isinstance(part, EncoderBlock):
            part.attention.output.weight /= (2 * layers) ** 0.5
            part.feed_forward.output.weight /= (2 * layers) ** 0.5


def norm_of(scale: Scale, dim: int, epsilon: float, *, biases: bool) -> nn.Module:
    """The layer that brings vectors of width ``dim`` to one length."""
    if scale == "rms":
        return nn.RMSNorm(dim, eps=epsilon)
    return nn.LayerNorm(dim, eps=epsilon, bias=biases)


def _bent(x: Tensor, activation: Activation) -> Tensor:
    if activation == "relu":
        return functional.relu(x)
    if activation == "gelu":
        return functional.gelu(x)
    if activation == "gelu_tanh":
        return functional.gelu(x, approximate="tanh")
    if activation == "swiglu":
        gate, value = x.chunk(2, dim=-1)
        return functional.silu(gate) * value
    assert_never(activation)
