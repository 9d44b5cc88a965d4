"""``config.json``: what is read, what is refused and why, what is written back."""

from __future__ import annotations

from typing import Any

import pytest

from nlpwb.errors import ModelError
from nlpwb.methods.finetuning import wrapped
from nlpwb.methods.finetuning.configurations import architecture_of, config_of
from nlpwb.methods.finetuning.families import FAMILIES
from nlpwb.methods.transformer.bert import BertShape
from nlpwb.methods.transformer.gpt_config import GptConfig

BERT: dict[str, Any] = {
    "model_type": "bert",
    "vocab_size": 50,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 40,
    "max_position_embeddings": 32,
    "type_vocab_size": 2,
    "hidden_act": "gelu",
}
GPT2: dict[str, Any] = {
    "model_type": "gpt2",
    "vocab_size": 50,
    "n_embd": 24,
    "n_layer": 2,
    "n_head": 3,
    "n_positions": 32,
}
DISTILBERT: dict[str, Any] = {
    "model_type": "distilbert",
    "vocab_size": 50,
    "dim": 24,
    "n_layers": 2,
    "n_heads": 3,
    "hidden_dim": 40,
    "max_position_embeddings": 32,
    "activation": "gelu",
}


def bert_shape(**change: Any) -> BertShape:
    shape = architecture_of({**BERT, **change}, name="it").shape
    assert isinstance(shape, BertShape)
    return shape


def gpt_shape(**change: Any) -> GptConfig:
    shape = architecture_of({**GPT2, **change}, name="it").shape
    assert isinstance(shape, GptConfig)
    return shape


def test_an_unknown_architecture_names_those_that_are_known_and_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wrapped, "reads_others", lambda: False)
    with pytest.raises(
        ModelError,
        match=r"it is of the architecture bart; this program reads bert, roberta, electra, distilbert, gpt2 by .*nlpwb\[hf\]",
    ):
        architecture_of({**BERT, "model_type": "bart"}, name="it")


@pytest.mark.parametrize("config", [{}, {**BERT, "model_type": None}])
def test_a_configuration_that_names_no_architecture(config: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="this program reads bert, roberta"):
        architecture_of(config, name="it")


@pytest.mark.parametrize(
    ("whole", "name", "sentence"),
    [
        *((BERT, name, "lacks a size") for name in list(BERT)[1:8]),
        *((GPT2, name, "lacks a size") for name in list(GPT2)[2:]),
        *((DISTILBERT, name, "lacks a size") for name in list(DISTILBERT)[1:7]),
        (BERT, "hidden_act", "the activation None; known are gelu"),
    ],
)
def test_a_size_that_is_missing(whole: dict[str, Any], name: str, sentence: str) -> None:
    config = {key: value for key, value in whole.items() if key != name}
    with pytest.raises(ModelError, match=sentence):
        architecture_of(config, name="it")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"hidden_size": -3}, "dim: -3"),
        ({"hidden_size": "24"}, "dim: 24"),
        ({"num_hidden_layers": 0}, "layers: 0"),
        ({"num_attention_heads": 5}, "heads=5 for a width of 24, which they cannot share"),
        ({"hidden_act": "mish"}, "the activation mish; known are gelu, gelu_new"),
        ({"hidden_dropout_prob": 1.5}, r"a share of 1\.5"),
        ({"layer_norm_eps": "small"}, "makes no sense"),
        ({"pad_token_id": 50}, "padding: 50"),
        ({"pad_token_id": -1}, "padding: -1"),
        ({"position_embedding_type": "relative_key"}, "relative_key, .* absolute positions only"),
        ({"is_decoder": True}, "a decoder of the family bert"),
        ({"add_cross_attention": True}, "half of an encoder-decoder"),
        ({"id2label": {"first": "a"}}, "makes no sense"),
    ],
)
def test_a_bert_without_meaning(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        architecture_of({**BERT, **change}, name="it")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"scale_attn_by_inverse_layer_idx": True}, "not divided by √h alone"),
        ({"scale_attn_weights": False}, "not divided by √h alone"),
        ({"layer_norm_epsilon": 1e-6}, "norms with ε = 1e-06"),
        ({"n_head": 5}, "heads=5 for a width of 24"),
        ({"activation_function": "tanh"}, "the activation tanh"),
        ({"add_cross_attention": True}, "half of an encoder-decoder"),
    ],
)
def test_a_gpt2_that_another_network_is_behind(change: dict[str, Any], sentence: str) -> None:
    """Read in spite of it, such a checkpoint would give other numbers, and nobody would know."""
    with pytest.raises(ModelError, match=sentence):
        architecture_of({**GPT2, **change}, name="it")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("gelu", "gelu"),
        ("gelu_new", "gelu_tanh"),
        ("gelu_pytorch_tanh", "gelu_tanh"),
        ("relu", "relu"),
    ],
)
def test_activations_are_read_and_written_by_their_own_names(theirs: str, ours: str) -> None:
    architecture = architecture_of({**BERT, "hidden_act": theirs}, name="it")
    assert architecture.shape.activation == ours
    assert config_of(architecture)["hidden_act"] == theirs


def test_what_a_configuration_leaves_unsaid() -> None:
    """Dropout and the norms' constant have defaults in the field; a zero is not unsaid."""
    assert (bert_shape().dropout, bert_shape().epsilon, bert_shape().padding) == (0.1, 1e-12, 0)
    assert bert_shape(hidden_dropout_prob=0.0).dropout == 0.0
    assert gpt_shape().activation == "gelu_tanh"
    assert gpt_shape().inner == 4 * 24
    assert gpt_shape(n_positions=None, n_ctx=20).context == 20


@pytest.mark.parametrize(("padding", "longest"), [(1, 30), (None, 30), (4, 27)])
def test_robertas_places_begin_behind_its_padding(padding: int | None, longest: int) -> None:
    """RoBERTa's padding is 1 where nothing is said; places 0 and 1 of its table are no text's."""
    said = {} if padding is None else {"pad_token_id": padding}
    found = architecture_of({**BERT, "model_type": "roberta", **said}, name="it")
    assert found.longest == longest


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_what_a_checkpoint_ends_in_is_told_by_its_class(family: Any) -> None:
    plain = {"gpt2": GPT2, "distilbert": DISTILBERT}.get(family.name, BERT)
    for task, name in family.classes.items():
        config = {**plain, "model_type": family.name, "architectures": [name]}
        assert architecture_of(config, name="it").task == task


@pytest.mark.parametrize("named", [None, [], ["BertForPreTraining"], "BertForMaskedLM", 5])
def test_a_class_that_is_not_known_is_taken_for_its_body(named: Any) -> None:
    assert architecture_of({**BERT, "architectures": named}, name="it").task == "encoder"


def test_labels_stand_in_the_order_of_their_numbers() -> None:
    """A JSON object has strings for keys: "10" stands before "2" in it."""
    said = {str(number): f"label {number}" for number in (10, 2, 1, 0, 3, 4, 5, 6, 7, 8, 9)}
    found = architecture_of({**BERT, "id2label": said}, name="it").labels
    assert found == tuple(f"label {number}" for number in range(11))
    assert architecture_of({**BERT, "num_labels": 2}, name="it").labels == ("LABEL_0", "LABEL_1")


def test_what_was_said_stays_but_for_what_is_another() -> None:
    source = {
        **BERT,
        "house": "of others",
        "torch_dtype": "float16",
        "_name_or_path": "/home/someone",
        "architectures": ["BertForSequenceClassification"],
        "id2label": {"0": "a", "1": "b"},
        "label2id": {"a": 0, "b": 1},
        "num_labels": 2,
        "problem_type": "regression",
    }
    written = config_of(architecture_of(source, name="it"), labels=("x", "y", "z"))
    assert {name: written[name] for name in BERT} == BERT
    assert written["house"] == "of others"
    assert written["architectures"] == ["BertForSequenceClassification"]
    assert written["id2label"] == {"0": "x", "1": "y", "2": "z"}
    assert written["label2id"] == {"x": 0, "y": 1, "z": 2}
    assert written["problem_type"] == "regression"
    for gone in ("torch_dtype", "_name_or_path", "num_labels"):  # what is written is float32
        assert gone not in written
