"""Every step of a network that is worth a name, watched from outside: embeddings, positions, norms, attention, sums, outputs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from nlpwb.workflows.looking.attention_steps import record_attention
from nlpwb.workflows.looking.recurrent_steps import watch_recurrent
from nlpwb.workflows.looking.watching import step_name, watch_pooling, watch_sources

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nlpwb.methods.networks.tracing import Recorder

_PARTS = ("attention", "cross", "feed_forward")
"""Parts of a block, each added to what came in; the norm of each is called after it."""
_LAST = ("output", "head")
"""The names that networks give the layer behind which there are logits."""
POOLED, LAST, LOGITS = "pooled", "last", "logits"


def watch_steps(recorder: Recorder, network: nn.Module) -> None:
    """Watch all of a network that has a name of its own. Names are those of its modules, with numbers from 1."""
    from torch import nn

    from nlpwb.methods.networks.embedding import TokenEmbedding
    from nlpwb.methods.transformer.attention import MultiHeadAttention
    from nlpwb.methods.transformer.positions import PositionEmbedding

    theirs = watch_wrapped(recorder, network)
    own = [one for one in network.named_modules() if not one[0].startswith(theirs)]
    blocks = [(path, part) for path, part in own if _is_block(part)]
    inside = tuple(f"{path}." for path, _ in blocks)
    watch_formulas(recorder, network, blocks)
    for path, part in own:
        name = step_name(path)
        if isinstance(part, PositionEmbedding):
            recorder.output(part, name, shared=True)
        elif isinstance(part, TokenEmbedding | nn.Embedding):
            recorder.output(part, name)
        elif isinstance(part, MultiHeadAttention):
            record_attention(recorder, part, name)
            recorder.output(part.output, name)
        elif path.endswith("norm") and not path.startswith(inside):
            recorder.output(part, name)
        elif path in _LAST:
            recorder.input(part, POOLED if isinstance(part, nn.Linear) else LAST)
            recorder.output(part, LOGITS)
        elif path == "readout":
            recorder.output(part, name)
    for path, block in blocks:
        _watch_block(recorder, block, step_name(path))
    watch_recurrent(recorder, network)
    watch_pooling(recorder, network)
    watch_sources(recorder, network)


def watch_wrapped(recorder: Recorder, network: nn.Module) -> tuple[str, ...]:
    """Watch what every network offers in those of another library; returns the beginnings of the names of their own parts."""
    from torch import nn

    from nlpwb.methods.finetuning.wrapped import WrappedBody

    found = []
    for path, body in network.named_modules():
        if not isinstance(body, WrappedBody):
            continue
        found.append(f"{path}.inner" if path else "inner")
        for part in body.modules():
            if isinstance(part, nn.Embedding) and part.weight is body.embedding.weight:
                recorder.output(part, "embedding")
        for number, block in enumerate(body.blocks, start=1):
            recorder.output(block, f"block{number}")
        if body.final_norm is not None:
            recorder.output(body.final_norm, "final_norm")
    return tuple(found)


def _is_block(part: nn.Module) -> bool:
    return hasattr(part, "feed_forward") and hasattr(part, "attention")


def _watch_block(recorder: Recorder, block: Any, name: str) -> None:
    """Norms, sums and the feed-forward part of a block. In front of a part a norm reads a sum; behind it, it makes one even."""
    for number, part in enumerate(part for part in _PARTS if hasattr(block, part)):
        norm = getattr(block, f"{part}_norm")
        if not block.pre:
            recorder.input(norm, f"{name}.{part}_sum")
        elif number:
            before = [one for one in _PARTS if hasattr(block, one)][number - 1]
            recorder.input(norm, f"{name}.{before}_sum")
        recorder.output(norm, f"{name}.{part}_norm")
    recorder.output(block.feed_forward.inner, f"{name}.feed_forward.inner")
    recorder.output(block.feed_forward, f"{name}.feed_forward")
    if block.pre:
        recorder.output(block, f"{name}.feed_forward_sum")


def watch_formulas(
    recorder: Recorder, network: nn.Module, blocks: list[tuple[str, nn.Module]]
) -> None:
    """What enters a stack of blocks, and positions that are a formula and no module: waves, turns, slopes."""
    config = getattr(network, "config", None)
    positions = getattr(config, "positions", None)
    begun: set[str] = set()
    for path, block in blocks:
        side = path.rpartition(".")[0].removesuffix("blocks").rstrip(".")
        if side not in begun:
            begun.add(side)
            prefix = f"{side}." if side else ""
            recorder.before(block, partial(_entering, prefix, positions))


def _entering(
    prefix: str, positions: str | None, x: Tensor, sight: Any, *_: Any, **__: Any
) -> Iterator[tuple[str, Tensor]]:
    import torch

    from nlpwb.methods.transformer.positions import sinusoidal

    if positions == "sinusoidal":
        waves = sinusoidal(torch.arange(x.shape[1]), x.shape[2])
        yield f"{prefix}positions", waves.unsqueeze(0)
    turn = getattr(sight, "turn", None)
    if turn is not None:
        yield f"{prefix}positions.cosine", turn.cosine.reshape(1, x.shape[1], -1)
        yield f"{prefix}positions.sine", turn.sine.reshape(1, x.shape[1], -1)
    bias = getattr(sight, "bias", None)
    if bias is not None:
        yield f"{prefix}positions.bias", bias if bias.dim() == 4 else bias.unsqueeze(0)
    yield f"{prefix}input", x
