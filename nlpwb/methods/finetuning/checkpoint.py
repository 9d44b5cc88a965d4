"""A checkpoint of the field as networks of ours: its body, and the head that stands on it.

``body_of`` and ``head_of`` take tensors and a configuration and give modules; ``written_checkpoint`` goes back. Files are the
concern of ``nlpwb.bases``.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from nlpwb.methods.finetuning.configurations import (
    Architecture,
    config_of,
    labelled,
    unnamed_labels,
)
from nlpwb.methods.finetuning.families import GPT2, Task
from nlpwb.methods.finetuning.heads import TextHead, TokenHead
from nlpwb.methods.finetuning.tensors import Found, rows_of_body, written
from nlpwb.methods.finetuning.wrapped import (
    WrappedBody,
    WrappedShape,
    wrapped_body,
    wrapped_checkpoint,
)
from nlpwb.methods.transformer.bert import BertNetwork, BertShape, MaskedTokenHead
from nlpwb.methods.transformer.gpt import GptNetwork

Body = BertNetwork | GptNetwork | WrappedBody
_DRAWING = ("uniform_", "normal_", "trunc_normal_", "kaiming_uniform_")


def body_of(found: Found, architecture: Architecture) -> Body:
    """The body of a checkpoint, with its weights, in evaluation mode.

    Raises:
        ModelError: a tensor is missing, or has another shape than the configuration says; or a language model's output layer
            is not its table of embeddings.
    """
    if isinstance(architecture.shape, WrappedShape):
        return wrapped_body(architecture.source, found.tensors, architecture.shape, name=found.name)
    if architecture.family is GPT2 and architecture.task == "language":
        found.require_tied()  # it needs no head of ours to say tokens
    with undrawn():
        body = new_body(architecture, vocabulary=_rows_of_table(found, architecture))
    found.fill(body, rows_of_body(architecture.family, architecture.shape.layers))
    return body.eval()


@contextlib.contextmanager
def undrawn() -> Iterator[None]:
    """Networks that are made meanwhile hold whatever stood in memory: numbers that are written over need not be drawn.

    Drawing takes longer than reading a file. (torch's device ``meta`` would do, but it imports torch's compiler to draw nothing.)
    """
    drawing = {name: getattr(nn.init, name) for name in _DRAWING}
    for name in drawing:
        setattr(nn.init, name, lambda tensor, *_, **__: tensor)
    try:
        yield
    finally:
        for name, function in drawing.items():
            setattr(nn.init, name, function)


def new_body(architecture: Architecture, *, vocabulary: int) -> BertNetwork | GptNetwork:
    """The body of an architecture of the tables with weights drawn at random."""
    shape = architecture.shape
    assert not isinstance(shape, WrappedShape), "made by the library that knows it"
    if isinstance(shape, BertShape):
        return BertNetwork(dataclasses.replace(shape, vocabulary=vocabulary))
    return GptNetwork.build(shape, vocabulary=vocabulary)


def _rows_of_table(found: Found, architecture: Architecture) -> int:
    if isinstance(architecture.shape, BertShape):
        return architecture.shape.vocabulary
    said = architecture.source.get(architecture.family.sizes["vocabulary"])
    if isinstance(said, int):
        return said
    table = found.get("wte.weight")
    return 0 if table is None else len(table)


def head_of(
    architecture: Architecture, task: Task, *, outputs: int = 0, found: Found | None = None
) -> nn.Module | None:
    """The head of a task: as the checkpoint has it, or drawn at random; None for ``encoder``, and for GPT-2's ``language``.

    Where a checkpoint holds a part of it, that part is taken (BERT's pooler) and the last layer is drawn.

    Args:
        architecture: of the body.
        task: what is asked for.
        outputs: of the last layer, for ``text`` and ``tokens``.
        found: where weights are taken from.

    Raises:
        ModelError: a tensor that the configuration promises is missing, or has another shape than it says; or a language
            model's output layer is not its table of embeddings.
    """
    family, shape = architecture.family, architecture.shape
    if task == "language" and found is not None:
        found.require_tied()
    head: nn.Module
    if task == "text":
        how = family.text_head
        head = TextHead(
            shape.dim,
            outputs,
            bend=how.bend,
            drop_first=how.drop_first,
            offsets=how.offsets,
            dropout=shape.dropout,
        )
        rows = family.text
    elif task == "tokens":
        head, rows = TokenHead(shape.dim, outputs, dropout=shape.dropout), family.tokens
    elif task == "language" and isinstance(shape, BertShape):
        head = MaskedTokenHead(shape, activation=family.masked_activation)
        rows = family.language
    else:
        return None
    if found is None:
        return head
    if architecture.task == task and (
        task == "language" or len(architecture.labels) in (0, outputs)
    ):
        found.fill(head, rows)
    elif task == "language":
        if found.has(rows):  # BERT's own checkpoints hold it beside what they are named after
            found.fill(head, rows)
    else:
        rows = tuple(row for row in rows if not row.ours.startswith("output."))
        if found.has(rows):
            dense = nn.ModuleDict({"dense": head.dense})  # type: ignore[dict-item]
            found.fill(dense, rows)
    return head


def written_checkpoint(
    architecture: Architecture,
    body: Body,
    head: nn.Module | None = None,
    *,
    labels: tuple[str, ...] = (),
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The ``config.json`` and the tensors of a network as the field's libraries read them.

    ``architecture.task`` says what it ends in; labels that nobody named get the names that those libraries give. What is the
    same tensor there (an output layer that is the table of embeddings) is written once.
    """
    family = architecture.family
    vocabulary = body.embedding.weight.shape[0]
    if isinstance(head, TextHead | TokenHead) and not labels:
        labels = unnamed_labels(head.output.out_features)
    if isinstance(body, WrappedBody):
        config, tensors = wrapped_checkpoint(architecture.source, body)
        config = labelled(config, labels, architecture.problem)
        if head is not None:
            tensors |= written(head, family.tokens if isinstance(head, TokenHead) else family.text)
        return config, tensors
    config = config_of(architecture, labels=labels, vocabulary=vocabulary)
    tensors = written(body, rows_of_body(family, architecture.shape.layers))
    if architecture.task != "encoder":
        tensors = {f"{family.prefix}{name}": tensor for name, tensor in tensors.items()}
    if head is not None:
        rows = {"text": family.text, "tokens": family.tokens, "language": family.language}
        tensors |= written(head, rows[architecture.task])
    if family is GPT2 and architecture.task == "text" and config.get("pad_token_id") is None:
        config["pad_token_id"] = config.get("eos_token_id", vocabulary - 1)
    return config, tensors


def token_states(
    body: Body, ids: Tensor, lengths: Tensor, segments: Tensor | None = None
) -> Tensor:
    """A vector for each token, (B, T, d); of a decoder what its output layer sees."""
    if isinstance(body, BertNetwork | WrappedBody):
        states: Tensor = body(ids, lengths, segments)
        return states
    return body.hidden(ids)[0]


def masked_logits(body: BertNetwork, head: MaskedTokenHead, states: Tensor) -> Tensor:
    """What each token may have been: (…, d) to (…, V)."""
    return torch.nn.functional.linear(head(states), body.embedding.weight, head.bias)
