"""The field's names of tensors: with a prefix and without, old and new; what is missing is named."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
from torch import Tensor

from nlpwb.errors import ModelError
from nlpwb.methods.finetuning.checkpoint import (
    body_of,
    head_of,
    new_body,
    written_checkpoint,
)
from nlpwb.methods.finetuning.configurations import Architecture, architecture_of
from nlpwb.methods.finetuning.families import FAMILIES
from nlpwb.methods.finetuning.tensors import Found, rows_of_body

from .test_configurations import BERT, DISTILBERT, GPT2

LABELS = ("a", "b", "c")


def architecture(kind: str, task: str) -> Architecture:
    plain = {"gpt2": GPT2, "distilbert": DISTILBERT}.get(kind, BERT)
    config = {**plain, "model_type": kind}
    config["architectures"] = [FAMILIES[kind].classes[task]]  # type: ignore[index]
    if kind == "electra":
        config["embedding_size"] = 16
    if task in ("text", "tokens"):
        config["id2label"] = dict(enumerate(LABELS))
    return architecture_of(config, name="it")


def made(kind: str, task: str) -> tuple[Architecture, dict[str, Tensor]]:
    """A checkpoint of ours under the field's names, weights of deviation 0.3."""
    what = architecture(kind, task)
    torch.manual_seed(0)
    body = new_body(what, vocabulary=50)
    head = head_of(what, task, outputs=3)  # type: ignore[arg-type]
    for part in (body, head):
        for weights in () if part is None else part.parameters():
            torch.nn.init.normal_(weights, std=0.3)
    return what, written_checkpoint(what, body, head, labels=what.labels)[1]


def body_weights(what: Architecture, tensors: dict[str, Tensor]) -> list[Tensor]:
    return list(body_of(Found(tensors, what.family, name="it"), what).parameters())


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("task", ["encoder", "text", "tokens", "language"])
def test_what_is_written_is_read_to_the_last_bit(kind: str, task: str) -> None:
    what, tensors = made(kind, task)
    found = Found(tensors, what.family, name="it")
    body = body_of(found, what)
    head = head_of(what, task, outputs=3, found=found)  # type: ignore[arg-type]
    again = written_checkpoint(what, body, head, labels=what.labels)[1]
    assert set(again) == set(tensors)
    for name, tensor in tensors.items():
        assert torch.equal(tensor, again[name]), name
    # safetensors refuses tensors that share memory, as the thirds of a packed matrix would
    assert len({tensor.data_ptr() for tensor in tensors.values()}) == len(tensors)


@pytest.mark.parametrize("kind", FAMILIES)
def test_names_with_and_without_the_prefix(kind: str) -> None:
    """A body by itself has none, a body below a head has one, and some folders mix them up."""
    what, tensors = made(kind, "encoder")
    longer = {f"{what.family.prefix}{name}": tensor for name, tensor in tensors.items()}
    deeper = {f"module.{name}": tensor for name, tensor in longer.items()}
    plain = body_weights(what, tensors)
    for other in (longer, deeper):
        for one, same in zip(plain, body_weights(what, other), strict=True):
            assert torch.equal(one, same)


@pytest.mark.parametrize("before", ["", "module."])
def test_the_first_checkpoints_call_a_norms_tensors_gamma_and_beta(before: str) -> None:
    what, tensors = made("bert", "encoder")
    old = {
        before
        + name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): tensor
        for name, tensor in tensors.items()
    }
    assert f"{before}embeddings.LayerNorm.gamma" in old
    for one, same in zip(body_weights(what, tensors), body_weights(what, old), strict=True):
        assert torch.equal(one, same)


@pytest.mark.parametrize("kind", FAMILIES)
def test_every_tensor_that_is_missing_is_named(kind: str) -> None:
    what, tensors = made(kind, "encoder")
    for row in rows_of_body(what.family, what.shape.layers):
        for name in row.theirs:
            fewer = {key: tensor for key, tensor in tensors.items() if key != name}
            if len(fewer) == len(tensors):
                continue  # a part that this one does not have
            with pytest.raises(ModelError, match=f"it lacks the tensor {name}, which its config"):
                body_of(Found(fewer, what.family, name="it"), what)


@pytest.mark.parametrize(
    ("kind", "name", "shapes"),
    [
        ("bert", "encoder.layer.1.attention.self.value.weight", "24 × 20, .* 24 × 24"),
        ("bert", "embeddings.word_embeddings.weight", "50 × 20, .* 50 × 24"),
        ("gpt2", "h.1.mlp.c_fc.weight", "24 × 92, .* 24 × 96"),
        ("gpt2", "h.0.attn.c_attn.weight", "24 × 68, .* 24 × 72"),
    ],
)
def test_a_tensor_of_another_shape_is_named_with_both(kind: str, name: str, shapes: str) -> None:
    """Theirs and what the configuration says, both as the file has them: GPT-2's are transposed."""
    what, tensors = made(kind, "encoder")
    tensors[name] = tensors[name][:, :-4]
    with pytest.raises(ModelError, match=f"the tensor {name} of it has the shape {shapes}"):
        body_of(Found(tensors, what.family, name="it"), what)


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("task", ["text", "tokens", "language"])
def test_a_head_that_the_configuration_promises_must_be_there(kind: str, task: str) -> None:
    """Otherwise a checkpoint that lost its last layer would answer with one that was drawn."""
    what, tensors = made(kind, task)
    rows = {
        "text": what.family.text,
        "tokens": what.family.tokens,
        "language": what.family.language,
    }
    for row in rows[task]:
        if not tensors.keys() & set(row.theirs):
            continue  # GPT-2's head of a text has no offsets
        fewer = {name: tensor for name, tensor in tensors.items() if name not in row.theirs}
        with pytest.raises(ModelError, match=f"lacks the tensor {row.theirs[0]}"):
            head_of(
                what,
                task,  # type: ignore[arg-type]
                outputs=3,
                found=Found(fewer, what.family, name="it"),
            )


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_head_for_other_labels_begins_anew(kind: str) -> None:
    """What stands before the last layer is taken where the checkpoint has it; the last layer is drawn."""
    what, tensors = made(kind, "text")
    head: Any = head_of(what, "text", outputs=7, found=Found(tensors, what.family, name="it"))
    assert head.output.weight.shape == (7, 24)
    assert head.output.weight.abs().max() < 0.05, "drawn, and not of deviation 0.3"
    if head.dense is not None:
        row = next(row for row in what.family.text if row.ours == "dense.weight")
        assert torch.equal(head.dense.weight, tensors[row.theirs[0]])


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_body_without_a_head_gets_one(kind: str) -> None:
    what, tensors = made(kind, "encoder")
    found = Found(tensors, what.family, name="it")
    for task in ("text", "tokens", "language"):
        head = head_of(what, task, outputs=3, found=found)
        assert (head is None) == (kind == "gpt2" and task == "language")
        if head is not None:
            weights = dict(head.named_parameters())
            assert all(
                weight.abs().max() < 0.05
                for name, weight in weights.items()
                if not name.startswith("norm")
            )


def test_berts_pooler_is_taken_from_a_body() -> None:
    """Its own checkpoints hold it without the prefix; the head for texts stands on it."""
    what, tensors = made("bert", "encoder")
    pooler = torch.full((24, 24), 0.5)
    tensors |= {"pooler.dense.weight": pooler, "pooler.dense.bias": torch.ones(24)}
    head: Any = head_of(what, "text", outputs=2, found=Found(tensors, what.family, name="it"))
    assert torch.equal(head.dense.weight, pooler)


@pytest.mark.parametrize("kind", FAMILIES)
def test_an_output_layer_of_its_own_is_refused(kind: str) -> None:
    """All networks of ours say tokens by the table of embeddings; a copy of it may stand beside it."""
    what, tensors = made(kind, "language")
    for copy, original in what.family.copies.items():
        same = Found({**tensors, copy: tensors[original].clone()}, what.family, name="it")
        body_of(same, what)
        head_of(what, "language", found=same)
        other = Found({**tensors, copy: tensors[original] + 1e-3}, what.family, name="it")
        with pytest.raises(ModelError, match=f"an output layer of its own, {copy}"):
            head_of(what, "language", found=other)
        if kind == "gpt2":  # its body writes by itself
            with pytest.raises(ModelError, match="an output layer of its own"):
                body_of(other, what)
        head_of(what, "text", outputs=2, found=other)


def test_labels_that_nobody_named_get_the_fields_names() -> None:
    """Without them theirs would make a head for two labels, and find one for three."""
    what = dataclasses.replace(architecture("bert", "tokens"), labels=())
    body = new_body(what, vocabulary=50)
    head = head_of(what, "tokens", outputs=3)
    config, _ = written_checkpoint(what, body, head)
    assert config["id2label"] == {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}


def test_nothing_is_drawn_where_weights_are_read() -> None:
    """Reading must leave torch's random numbers as they are: a seed stands for what comes behind it."""
    what, tensors = made("bert", "encoder")
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    body_of(Found(tensors, what.family, name="it"), what)
    assert torch.equal(torch.rand(3), expected)
    assert torch.nn.Linear(4, 4).weight.std() > 0.05, "and drawing is as it was before"
