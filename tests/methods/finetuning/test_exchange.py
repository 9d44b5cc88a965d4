"""Checkpoints go both ways: of every family and every head the logits are those of the field's library."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from nlpwb.bases.files import read_json, read_tensors, write_checkpoint
from nlpwb.errors import ModelError
from nlpwb.methods.finetuning.checkpoint import (
    body_of,
    head_of,
    masked_logits,
    token_states,
    written_checkpoint,
)
from nlpwb.methods.finetuning.configurations import Architecture, architecture_of
from nlpwb.methods.finetuning.families import FAMILIES
from nlpwb.methods.finetuning.heads import pooled
from nlpwb.methods.finetuning.tensors import Found, rows_of_body
from nlpwb.methods.transformer.bert import BertNetwork

TASKS = ("encoder", "text", "tokens", "language")
OF_BERT = {
    "vocab_size": 50,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 40,
    "max_position_embeddings": 32,
}
SIZES: dict[str, dict[str, Any]] = {
    "bert": OF_BERT,
    "roberta": {**OF_BERT, "pad_token_id": 1, "type_vocab_size": 1},
    "electra": {**OF_BERT, "embedding_size": 16},
    "distilbert": {
        "vocab_size": 50,
        "dim": 24,
        "n_layers": 2,
        "n_heads": 3,
        "hidden_dim": 40,
        "max_position_embeddings": 32,
    },
    "gpt2": {
        "vocab_size": 50,
        "n_embd": 24,
        "n_layer": 2,
        "n_head": 3,
        "n_positions": 32,
        "pad_token_id": 0,
        "eos_token_id": 1,
        "bos_token_id": 1,
    },
}
LENGTHS = torch.tensor([9, 5, 2])
REAL = torch.arange(9) < LENGTHS[:, None]


def auto(family: str, task: str) -> Any:
    transformers = pytest.importorskip("transformers")
    names = {
        "encoder": "AutoModel",
        "text": "AutoModelForSequenceClassification",
        "tokens": "AutoModelForTokenClassification",
        "language": "AutoModelForCausalLM" if family == "gpt2" else "AutoModelForMaskedLM",
    }
    return getattr(transformers, names[task])


def theirs(family: str, task: str) -> Any:
    """A model of the library with weights of deviation 0.3, so that an error anywhere is one of many digits."""
    transformers = pytest.importorskip("transformers")
    config = transformers.AutoConfig.for_model(family, num_labels=3, **SIZES[family])
    torch.manual_seed(0)
    model = auto(family, task).from_config(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.3)
    return model


def read(model: Any) -> tuple[Architecture, Found]:
    config = {**model.config.to_dict(), "architectures": [type(model).__name__]}
    architecture = architecture_of(json.loads(json.dumps(config)), name="a test")
    return architecture, Found(model.state_dict(), architecture.family, name="a test")


def ids_of(family: str) -> Tensor:
    torch.manual_seed(1)
    ids = torch.randint(2, 50, (3, 9))
    ids[~REAL] = SIZES[family].get("pad_token_id", 0)
    return ids


def ours(architecture: Architecture, body: Any, head: Any, task: str, ids: Tensor) -> Tensor:
    states = token_states(body, ids, LENGTHS)
    if task == "encoder":
        return states
    if task == "text":
        said: Tensor = head(pooled(states, LENGTHS, architecture.family.text_head.pooling))
        return said
    if task == "tokens":
        of_tokens: Tensor = head(states)
        return of_tokens
    if isinstance(body, BertNetwork):
        return masked_logits(body, head, states)
    next_ones: Tensor = body.logits(states)
    return next_ones


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("family", FAMILIES)
@torch.no_grad()
def test_logits_are_the_same_both_ways(family: str, task: str, tmp_path: Path) -> None:
    """Read from the library's tensors, and written to a folder that the library reads; rows of several lengths."""
    model, ids = theirs(family, task), ids_of(family)
    architecture, found = read(model)
    assert architecture.task == task
    body = body_of(found, architecture)
    head = head_of(architecture, task, outputs=3, found=found)  # type: ignore[arg-type]
    if head is not None:
        head.eval()
    wanted = model(input_ids=ids, attention_mask=REAL.long())[0]
    said = ours(architecture, body, head, task, ids)
    places = ... if task == "text" else REAL
    torch.testing.assert_close(said[places], wanted[places], atol=1e-5, rtol=1e-4)

    labels = architecture.labels if task in ("text", "tokens") else ()
    write_checkpoint(tmp_path, *written_checkpoint(architecture, body, head, labels=labels))
    again, told = auto(family, task).from_pretrained(tmp_path, output_loading_info=True)
    missing = {name for name in told["missing_keys"] if "pooler" not in name}
    assert (missing, set(told["unexpected_keys"])) == (set(), set())
    repeated = again.eval()(input_ids=ids, attention_mask=REAL.long())[0]
    torch.testing.assert_close(repeated[places], wanted[places], atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("family", ["bert", "roberta", "electra", "distilbert"])
@torch.no_grad()
def test_every_layer_and_every_weight_of_attention(family: str) -> None:
    transformers = pytest.importorskip("transformers")
    model = theirs(family, "encoder")
    model.config._attn_implementation = "eager"
    assert transformers is not None
    ids = ids_of(family)
    architecture, found = read(model)
    body = body_of(found, architecture)
    assert isinstance(body, BertNetwork)
    told = model(
        input_ids=ids,
        attention_mask=REAL.long(),
        output_hidden_states=True,
        output_attentions=True,
    )
    for mine, wanted in zip(body.states(ids, LENGTHS), told.hidden_states, strict=True):
        torch.testing.assert_close(mine[REAL], wanted[REAL], atol=1e-5, rtol=1e-4)
    for mine, wanted in zip(body.attention_weights(ids, LENGTHS), told.attentions, strict=True):
        torch.testing.assert_close(
            mine.transpose(1, 2)[REAL], wanted.transpose(1, 2)[REAL], atol=1e-5, rtol=1e-4
        )


@torch.no_grad()
def test_segments_of_pairs() -> None:
    model, ids = theirs("bert", "encoder"), ids_of("bert")
    architecture, found = read(model)
    body = body_of(found, architecture)
    segments = (torch.arange(9) > 3).long().expand(3, -1)
    assert isinstance(body, BertNetwork)
    wanted = model(input_ids=ids, attention_mask=REAL.long(), token_type_ids=segments)[0]
    torch.testing.assert_close(
        body(ids, LENGTHS, segments)[REAL], wanted[REAL], atol=1e-5, rtol=1e-4
    )
    assert not torch.allclose(body(ids, LENGTHS)[REAL], wanted[REAL], atol=1e-3)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_head_of_other_labels_begins_anew(family: str) -> None:
    """What stands before the last layer is taken where the checkpoint has it (BERT's pooler); the last layer is drawn."""
    model = theirs(family, "text")
    architecture, found = read(model)
    torch.manual_seed(3)
    head: Any = head_of(architecture, "text", outputs=7, found=found)
    assert head.output.weight.shape == (7, 24)
    assert head.output.weight.std() < 0.1, "drawn, and not of deviation 0.3"
    if head.dense is not None:
        row = next(row for row in architecture.family.text if row.ours == "dense.weight")
        assert torch.equal(head.dense.weight, found.get(row.theirs[0]))


@pytest.mark.parametrize("family", FAMILIES)
def test_names_with_and_without_the_prefix(family: str) -> None:
    """A body by itself has no prefix, a body below a head has one: both are read."""
    model = theirs(family, "encoder")
    architecture, found = read(model)
    prefix = architecture.family.prefix
    longer = {f"{prefix}{name}": tensor for name, tensor in model.state_dict().items()}
    for rows in rows_of_body(architecture.family, 2):
        for name in rows.theirs:
            with_prefix = Found(longer, architecture.family, name="a test").get(name)
            without = found.get(name)
            assert (with_prefix is None) == (without is None)
            assert without is None or torch.equal(with_prefix, without)  # type: ignore[arg-type]


def test_old_names_of_norms() -> None:
    """The first BERT checkpoints say gamma and beta."""
    model = theirs("bert", "encoder")
    architecture, found = read(model)
    old = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): tensor
        for name, tensor in model.state_dict().items()
    }
    body = body_of(Found(old, architecture.family, name="a test"), architecture)
    for mine, wanted in zip(
        body.parameters(), body_of(found, architecture).parameters(), strict=True
    ):
        assert torch.equal(mine, wanted)


def test_a_tensor_that_is_missing_or_of_another_shape_is_named() -> None:
    model = theirs("bert", "encoder")
    architecture, _ = read(model)
    tensors = dict(model.state_dict())
    name = "encoder.layer.1.attention.self.value.weight"
    kept = tensors.pop(name)
    with pytest.raises(ModelError, match=f"a test lacks the tensor {name}"):
        body_of(Found(tensors, architecture.family, name="a test"), architecture)
    tensors[name] = kept[:, :20]
    with pytest.raises(ModelError, match=f"{name} of a test has the shape 24 × 20, and .* 24 × 24"):
        body_of(Found(tensors, architecture.family, name="a test"), architecture)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"model_type": "bart"}, "architecture bart, and this program reads bert, roberta"),
        ({"model_type": None}, "reads bert, roberta"),
        ({"hidden_size": None}, "lacks a size"),
        ({"hidden_size": -3}, "dim: -3"),
        ({"num_attention_heads": 5}, "heads=5 for a width of 24"),
        ({"hidden_act": "mish"}, "the activation mish"),
        ({"hidden_dropout_prob": 1.5}, "a share of 1.5"),
        ({"position_embedding_type": "relative_key"}, "relative_key"),
    ],
)
def test_configurations_without_meaning(change: dict[str, Any], sentence: str) -> None:
    config = {"model_type": "bert", "hidden_act": "gelu", "type_vocab_size": 2, **OF_BERT, **change}
    with pytest.raises(ModelError, match=sentence):
        architecture_of(config, name="a test")


def test_gpt2_whose_scores_are_divided_otherwise() -> None:
    config = {"model_type": "gpt2", **SIZES["gpt2"], "scale_attn_by_inverse_layer_idx": True}
    with pytest.raises(ModelError, match="not divided by √h alone"):
        architecture_of(config, name="a test")


def test_what_a_configuration_said_is_written_back(tmp_path: Path) -> None:
    """A word that means nothing here may mean something to others."""
    model = theirs("bert", "text")
    architecture, found = read(model)
    source = {**architecture.source, "house": "of others", "torch_dtype": "float16"}
    architecture = dataclasses.replace(architecture, source=source)
    head = head_of(architecture, "text", outputs=3, found=found)
    config, tensors = written_checkpoint(
        architecture, body_of(found, architecture), head, labels=("a", "b", "c")
    )
    write_checkpoint(tmp_path, config, tensors)
    again = read_json(tmp_path, "config.json")
    assert again["house"] == "of others"
    assert "torch_dtype" not in again, "what is written is float32"
    assert again["id2label"] == {"0": "a", "1": "b", "2": "c"}
    assert set(read_tensors(tmp_path)) == set(tensors)


def test_a_real_folder_with_weights_of_the_old_format(shared_data: Path) -> None:
    """``pytorch_model.bin`` by the loader of weights alone; five layers, and a width of 37 inside."""
    transformers = pytest.importorskip("transformers")
    folder = shared_data / "models" / "hf_tiny" / "BertForSequenceClassification"
    architecture = architecture_of(read_json(folder, "config.json"), name="tiny")
    found = Found(read_tensors(folder), architecture.family, name="tiny")
    body, head = body_of(found, architecture), head_of(architecture, "text", outputs=2, found=found)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    assert head is not None
    ids = torch.randint(5, 1000, (2, 12))
    with torch.no_grad():
        wanted = model(input_ids=ids).logits
        said = head.eval()(pooled(body(ids, torch.tensor([12, 12])), torch.tensor([12, 12]), "cls"))
    torch.testing.assert_close(said, wanted, atol=1e-5, rtol=1e-4)
