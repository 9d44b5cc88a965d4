"""Which modules of a network are watched, and under which names their steps are asked for.

Networks of one house name their parts alike, so names are read off: ``blocks.0.attention`` is ``block1.attention``,
``decoder.1.cross`` is ``decoder.block2.cross``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nlpwb.workflows.looking.attention_steps import attentions, record_attention

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nlpwb.methods.networks.tracing import Recorder, Step

_STACK = re.compile(r"\b(block|layer)s\.(\d+)\b")
_SIDE = re.compile(r"\b(encoder|decoder)\.(\d+)\b")


def step_name(path: str) -> str:
    """The name of a module's steps: places in a stack are counted from 1.

    >>> step_name("blocks.1.attention"), step_name("decoder.0.cross")
    ('block2.attention', 'decoder.block1.cross')
    """
    name = _STACK.sub(lambda found: f"{found[1]}{int(found[2]) + 1}", path)
    return _SIDE.sub(lambda found: f"{found[1]}.block{int(found[2]) + 1}", name)


def kind_of(path: str) -> str:
    """What an attention reads, by the module's path.

    >>> kind_of("blocks.0.attention"), kind_of("decoder.0.cross"), kind_of("encoder.1.attention")
    ('self', 'cross', 'encoder')
    """
    parts = path.split(".")
    if any("cross" in part for part in parts):
        return "cross"
    for side in ("encoder", "decoder"):
        if any(part.startswith(side) for part in parts):
            return side
    return "self"


def watch_attention(recorder: Recorder, network: nn.Module) -> dict[str, tuple[str, int]]:
    """Watch every attention of a network; returns the kind and the layer of each name, in the network's order."""
    names: dict[str, tuple[str, int]] = {}
    counts: dict[str, int] = {}
    for path, module in attentions(network):
        kind = kind_of(path)
        counts[kind] = counts.get(kind, 0) + 1
        names[step_name(path)] = kind, counts[kind]
        record_attention(recorder, module, step_name(path))
    return names | watch_pooling(recorder, network) | watch_sources(recorder, network)


def watch_sources(recorder: Recorder, network: nn.Module) -> dict[str, tuple[str, int]]:
    """Watch how a recurrent decoder weighs its source: all places at once, or each as it comes (:func:`merged`)."""
    from nlpwb.methods.seq2seq.attention import Attention, Source

    names: dict[str, tuple[str, int]] = {}
    for path, module in network.named_modules():
        if isinstance(module, Attention):
            names[step_name(path)] = "cross", len(names) + 1

            def weights(
                states: Tensor, source: Source, own: Attention = module, name: str = step_name(path)
            ) -> Iterator[tuple[str, Tensor]]:
                yield f"{name}.weights", own.weights(states, source).unsqueeze(1)  # (B, 1, T, S)

            recorder.before(module, weights)
    return names


def merged(steps: Sequence[Step]) -> list[Step]:
    """Steps that were computed a place at a time, each as one: along the last axis but one, where its first stood.

    All of them come to the processor.
    """
    import torch

    found: dict[str, list[Tensor]] = {}
    for step in steps:
        found.setdefault(step.name, []).append(step.value)
    whole: list[Step] = []
    for step in steps:
        parts = found.get(step.name, [])
        if len(parts) > 1 and all(part.dim() > 2 and part.shape[-2] == 1 for part in parts):
            step = step._replace(value=torch.cat(found.pop(step.name), dim=-2))
        elif not parts:
            continue
        whole.append(step._replace(value=step.value.cpu()))
    return whole


def watch_pooling(recorder: Recorder, network: nn.Module) -> dict[str, tuple[str, int]]:
    """Watch a mean over states whose weights are learned, as the attention of one query."""
    from nlpwb.methods.networks.pooling import AttentionPooling

    names: dict[str, tuple[str, int]] = {}
    for path, module in network.named_modules():
        if isinstance(module, AttentionPooling):
            name = step_name(path)
            names[name] = "pooling", len(names) + 1
            _record_pooling(recorder, module, name)
    return names


def _record_pooling(recorder: Recorder, module: nn.Module, name: str) -> None:
    from nlpwb.methods.networks.pooling import AttentionPooling

    assert isinstance(module, AttentionPooling)

    def weights(values: Tensor, lengths: Tensor) -> Iterator[tuple[str, Tensor]]:
        found = module.weights(values, lengths)  # (B, T)
        yield f"{name}.weights", found[:, None, None]  # (B, 1 head, 1 query, T)

    recorder.before(module, weights)
