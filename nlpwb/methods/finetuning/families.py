"""The shapes of the field's checkpoints: how each family says its sizes in ``config.json``, and how it names its tensors.

A row of a table is our name and theirs, with ``{n}`` for the number of a block. Where ours is one tensor and theirs are three
(queries, keys, values), theirs are its parts in that order; where theirs is the transpose of ours (GPT-2 keeps matrices as
inputs × outputs), the row says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from nlpwb.methods.finetuning.heads import Bend, Pooling
from nlpwb.methods.transformer.blocks import Activation

Task = Literal["encoder", "text", "tokens", "language"]
"""What a checkpoint ends in: nothing, one answer for a text, one for each token, or the next (or the masked) token."""


@dataclass(frozen=True)
class Row:
    """One tensor of ours, ``ours``, and the one or the three of theirs that hold it."""

    ours: str
    theirs: tuple[str, ...]
    transposed: bool = False


@dataclass(frozen=True)
class HeadShape:
    """How a family's answer for a text is made; see ``heads.TextHead``."""

    pooling: Pooling
    bend: Bend | None
    drop_first: bool = False
    offsets: bool = True


@dataclass(frozen=True)
class Family:
    """A family of checkpoints.

    Args:
        name: its ``model_type``.
        prefix: what stands before the names of its body where a head is beside it.
        body: rows of what is not in a block.
        block: rows of a block.
        text: rows of the head for a text.
        tokens: rows of the head for tokens.
        language: rows of the head that says tokens; its output layer is the table of embeddings.
        copies: names under which a checkpoint may hold the table of embeddings, or the offsets, once more.
        masked_activation: of the head that says masked tokens; None: that of the blocks.
        text_head: see there.
        classes: the names of its architectures by what they end in.
        sizes: our name of a size to theirs in ``config.json``.
    """

    name: str
    prefix: str
    body: tuple[Row, ...]
    block: tuple[Row, ...]
    text: tuple[Row, ...]
    tokens: tuple[Row, ...]
    language: tuple[Row, ...]
    text_head: HeadShape
    classes: Mapping[Task, str]
    sizes: Mapping[str, str]
    copies: Mapping[str, str] = field(default_factory=dict)
    masked_activation: Activation | None = None


def _both(ours: str, *theirs: str, transposed: bool = False) -> tuple[Row, ...]:
    """The rows of a layer: weight, which alone may be transposed, and bias."""
    return (
        Row(f"{ours}.weight", tuple(f"{name}.weight" for name in theirs), transposed),
        Row(f"{ours}.bias", tuple(f"{name}.bias" for name in theirs)),
    )


def _rows(*groups: tuple[Row, ...]) -> tuple[Row, ...]:
    return tuple(row for group in groups for row in group)


def _table(ours: str, theirs: str) -> tuple[Row, ...]:
    return (Row(f"{ours}.weight", (f"{theirs}.weight",)),)


_BERT_BODY = _rows(
    _table("embedding", "embeddings.word_embeddings"),
    _table("positions", "embeddings.position_embeddings"),
    _table("segments", "embeddings.token_type_embeddings"),
    _both("embedding_norm", "embeddings.LayerNorm"),
)
_BERT_LAYER = "encoder.layer.{n}."
_BERT_BLOCK = _rows(
    _both(
        "attention.packed",
        *(f"{_BERT_LAYER}attention.self.{part}" for part in ("query", "key", "value")),
    ),
    _both("attention.output", f"{_BERT_LAYER}attention.output.dense"),
    _both("attention_norm", f"{_BERT_LAYER}attention.output.LayerNorm"),
    _both("feed_forward.inner", f"{_BERT_LAYER}intermediate.dense"),
    _both("feed_forward.output", f"{_BERT_LAYER}output.dense"),
    _both("feed_forward_norm", f"{_BERT_LAYER}output.LayerNorm"),
)
_BERT_SIZES = {
    "vocabulary": "vocab_size",
    "dim": "hidden_size",
    "layers": "num_hidden_layers",
    "heads": "num_attention_heads",
    "inner": "intermediate_size",
    "places": "max_position_embeddings",
    "segments": "type_vocab_size",
    "activation": "hidden_act",
    "epsilon": "layer_norm_eps",
    "dropout": "hidden_dropout_prob",
    "attention_dropout": "attention_probs_dropout_prob",
    "padding": "pad_token_id",
}

BERT = Family(
    name="bert",
    prefix="bert.",
    body=_BERT_BODY,
    block=_BERT_BLOCK,
    text=_rows(_both("dense", "bert.pooler.dense"), _both("output", "classifier")),
    tokens=_both("output", "classifier"),
    language=_rows(
        _both("dense", "cls.predictions.transform.dense"),
        _both("norm", "cls.predictions.transform.LayerNorm"),
        (Row("bias", ("cls.predictions.bias",)),),
    ),
    copies={
        "cls.predictions.decoder.weight": "bert.embeddings.word_embeddings.weight",
        "cls.predictions.decoder.bias": "cls.predictions.bias",
    },
    text_head=HeadShape("cls", "tanh"),
    classes={
        "encoder": "BertModel",
        "text": "BertForSequenceClassification",
        "tokens": "BertForTokenClassification",
        "language": "BertForMaskedLM",
    },
    sizes=_BERT_SIZES,
)

ROBERTA = Family(
    name="roberta",
    prefix="roberta.",
    body=_BERT_BODY,
    block=_BERT_BLOCK,
    text=_rows(_both("dense", "classifier.dense"), _both("output", "classifier.out_proj")),
    tokens=_both("output", "classifier"),
    language=_rows(
        _both("dense", "lm_head.dense"),
        _both("norm", "lm_head.layer_norm"),
        (Row("bias", ("lm_head.bias",)),),
    ),
    copies={
        "lm_head.decoder.weight": "roberta.embeddings.word_embeddings.weight",
        "lm_head.decoder.bias": "lm_head.bias",
    },
    masked_activation="gelu",
    text_head=HeadShape("cls", "tanh", drop_first=True),
    classes={
        "encoder": "RobertaModel",
        "text": "RobertaForSequenceClassification",
        "tokens": "RobertaForTokenClassification",
        "language": "RobertaForMaskedLM",
    },
    sizes=_BERT_SIZES,
)

ELECTRA = Family(
    name="electra",
    prefix="electra.",
    body=_rows(_BERT_BODY, _both("widen", "embeddings_project")),
    block=_BERT_BLOCK,
    text=_rows(_both("dense", "classifier.dense"), _both("output", "classifier.out_proj")),
    tokens=_both("output", "classifier"),
    language=_rows(
        _both("dense", "generator_predictions.dense"),
        _both("norm", "generator_predictions.LayerNorm"),
        (Row("bias", ("generator_lm_head.bias",)),),
    ),
    copies={"generator_lm_head.weight": "electra.embeddings.word_embeddings.weight"},
    masked_activation="gelu",
    text_head=HeadShape("cls", "gelu", drop_first=True),
    classes={
        "encoder": "ElectraModel",
        "text": "ElectraForSequenceClassification",
        "tokens": "ElectraForTokenClassification",
        "language": "ElectraForMaskedLM",
    },
    sizes={**_BERT_SIZES, "table_dim": "embedding_size"},
)

_DISTIL = "transformer.layer.{n}."
DISTILBERT = Family(
    name="distilbert",
    prefix="distilbert.",
    body=_rows(
        _table("embedding", "embeddings.word_embeddings"),
        _table("positions", "embeddings.position_embeddings"),
        _both("embedding_norm", "embeddings.LayerNorm"),
    ),
    block=_rows(
        _both("attention.packed", *(f"{_DISTIL}attention.{part}_lin" for part in ("q", "k", "v"))),
        _both("attention.output", f"{_DISTIL}attention.out_lin"),
        _both("attention_norm", f"{_DISTIL}sa_layer_norm"),
        _both("feed_forward.inner", f"{_DISTIL}ffn.lin1"),
        _both("feed_forward.output", f"{_DISTIL}ffn.lin2"),
        _both("feed_forward_norm", f"{_DISTIL}output_layer_norm"),
    ),
    text=_rows(_both("dense", "pre_classifier"), _both("output", "classifier")),
    tokens=_both("output", "classifier"),
    language=_rows(
        _both("dense", "vocab_transform"),
        _both("norm", "vocab_layer_norm"),
        (Row("bias", ("vocab_projector.bias",)),),
    ),
    copies={"vocab_projector.weight": "distilbert.embeddings.word_embeddings.weight"},
    text_head=HeadShape("cls", "relu"),
    classes={
        "encoder": "DistilBertModel",
        "text": "DistilBertForSequenceClassification",
        "tokens": "DistilBertForTokenClassification",
        "language": "DistilBertForMaskedLM",
    },
    sizes={
        "vocabulary": "vocab_size",
        "dim": "dim",
        "layers": "n_layers",
        "heads": "n_heads",
        "inner": "hidden_dim",
        "places": "max_position_embeddings",
        "activation": "activation",
        "dropout": "dropout",
        "attention_dropout": "attention_dropout",
        "padding": "pad_token_id",
    },
)

_GPT2 = "h.{n}."
GPT2 = Family(
    name="gpt2",
    prefix="transformer.",
    body=_rows(_table("embedding", "wte"), _table("positions", "wpe"), _both("final_norm", "ln_f")),
    block=_rows(
        _both("attention_norm", f"{_GPT2}ln_1"),
        _both("attention.packed", f"{_GPT2}attn.c_attn", transposed=True),
        _both("attention.output", f"{_GPT2}attn.c_proj", transposed=True),
        _both("feed_forward_norm", f"{_GPT2}ln_2"),
        _both("feed_forward.inner", f"{_GPT2}mlp.c_fc", transposed=True),
        _both("feed_forward.output", f"{_GPT2}mlp.c_proj", transposed=True),
    ),
    text=_both("output", "score"),  # theirs has no offsets; where ours has, nobody else reads it
    tokens=_both("output", "classifier"),
    language=(),
    copies={"lm_head.weight": "transformer.wte.weight"},
    text_head=HeadShape("last", None, offsets=False),
    classes={
        "encoder": "GPT2Model",
        "text": "GPT2ForSequenceClassification",
        "tokens": "GPT2ForTokenClassification",
        "language": "GPT2LMHeadModel",
    },
    sizes={
        "vocabulary": "vocab_size",
        "dim": "n_embd",
        "layers": "n_layer",
        "heads": "n_head",
        "inner": "n_inner",
        "places": "n_positions",
        "activation": "activation_function",
        "epsilon": "layer_norm_epsilon",
        "dropout": "resid_pdrop",
        "attention_dropout": "attn_pdrop",
        "padding": "pad_token_id",
    },
)

FAMILIES = {family.name: family for family in (BERT, ROBERTA, ELECTRA, DISTILBERT, GPT2)}
