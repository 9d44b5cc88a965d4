"""``config.json`` of the field's checkpoints to the shape of a network, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nlpwb.bases.families import EXTRA
from nlpwb.errors import ModelError
from nlpwb.methods.finetuning.families import FAMILIES, GPT2, Family, Task
from nlpwb.methods.finetuning.wrapped import (
    WrappedShape,
    is_wrapped,
    wrapped_architecture,
)
from nlpwb.methods.transformer.bert import BertShape
from nlpwb.methods.transformer.blocks import Activation
from nlpwb.methods.transformer.gpt_config import GptConfig

_ACTIVATIONS: dict[str, Activation] = {
    "gelu": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "relu": "relu",
}
_THEIR_ACTIVATION = {"gelu": "gelu", "gelu_tanh": "gelu_new", "relu": "relu"}
_FIRST_PLACE_BEHIND_PADDING = ("roberta",)
_PADDING = {"roberta": 1}
"""The id of padding where a configuration leaves it unsaid, and it is not 0."""
_GPT_EPSILON = 1e-5
"""Of the norms of all networks that write; GPT-2's."""


@dataclass(frozen=True)
class Architecture:
    """What a checkpoint is.

    Args:
        family: of the tables in ``families.py``, or one without tables (``wrapped.py``).
        shape: of the body.
        task: what it ends in.
        labels: of the head, in order of its outputs; empty where it has none.
        problem: ``single_label_classification``, ``multi_label_classification`` or ``regression``, where it says so.
        source: all that ``config.json`` said, which is written back where nothing of ours contradicts.
    """

    family: Family
    shape: BertShape | GptConfig | WrappedShape
    task: Task = "encoder"
    labels: tuple[str, ...] = ()
    problem: str | None = None
    source: Mapping[str, Any] = field(default_factory=dict)

    @property
    def dim(self) -> int:
        """Width of a token's vector."""
        return self.shape.dim

    @property
    def longest(self) -> int:
        """The most tokens of a text."""
        return self.shape.context if isinstance(self.shape, GptConfig) else self.shape.longest

    @property
    def looks_back(self) -> bool:
        """Whether a token sees only those before it."""
        return self.family is GPT2 or (
            isinstance(self.shape, WrappedShape) and self.shape.looks_back
        )


def architecture_of(config: Mapping[str, Any], *, name: str) -> Architecture:
    """The architecture that a ``config.json`` tells of; ``name`` is that of the checkpoint, for the error.

    Raises:
        ModelError: a family that is not known and that no extra brings, or sizes that are missing or make no sense.
    """
    if is_wrapped(config):
        wrapped, its_shape = wrapped_architecture(config, name=name)
        problem = config.get("problem_type")
        return Architecture(wrapped, its_shape, "encoder", _labels(config), problem, dict(config))
    kind = str(config.get("model_type", ""))
    family = FAMILIES.get(kind)
    if family is None:
        known = ", ".join(FAMILIES)
        raise ModelError(
            f"the config.json of {name} names no architecture (model_type); this program reads {known} by itself, and others "
            f"with the extra of `{EXTRA}`"
        )
    relative = str(config.get("position_embedding_type", "absolute"))
    if relative != "absolute":
        raise ModelError(
            f"{name} tells places apart by {relative}, and this program reads absolute positions only"
        )
    if config.get("add_cross_attention") or (config.get("is_decoder") and family is not GPT2):
        raise ModelError(
            f"{name} is half of an encoder-decoder, or a decoder of the family {kind}, which this program does not read"
        )
    try:
        shape = _gpt(config, family) if family is GPT2 else _bert(config, family)
        labels = _labels(config)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"the config.json of {name} lacks a size, or says one that makes no sense ({error})"
        ) from None
    if shape.dim % shape.heads:
        raise ModelError(
            f"the config.json of {name} says heads={shape.heads} for a width of {shape.dim}, which they cannot share"
        )
    return Architecture(
        family,
        shape,
        _task(config, family),
        labels,
        config.get("problem_type"),
        dict(config),
    )


def _bert(config: Mapping[str, Any], family: Family) -> BertShape:
    sizes = {ours: config.get(theirs) for ours, theirs in family.sizes.items()}
    width, vocabulary = sizes.get("table_dim"), _size(sizes, "vocabulary")
    said = sizes["padding"]
    padding = _PADDING.get(family.name, 0) if said is None else int(said)
    if not 0 <= padding < vocabulary:
        raise ValueError(f"padding: {padding}")
    return BertShape(
        vocabulary=vocabulary,
        dim=_size(sizes, "dim"),
        layers=_size(sizes, "layers"),
        heads=_size(sizes, "heads"),
        inner=_size(sizes, "inner"),
        places=_size(sizes, "places"),
        first_place=padding + 1 if family.name in _FIRST_PLACE_BEHIND_PADDING else 0,
        segments=_size(sizes, "segments") if "segments" in family.sizes else 0,
        table_dim=None if width is None or width == sizes["dim"] else int(width),
        activation=_activation(sizes.get("activation")),
        epsilon=float(sizes.get("epsilon") or 1e-12),
        dropout=_share(sizes.get("dropout")),
        attention_dropout=_share(sizes.get("attention_dropout")),
        padding=padding,
    )


def _gpt(config: Mapping[str, Any], family: Family) -> GptConfig:
    sizes = {ours: config.get(theirs) for ours, theirs in family.sizes.items()}
    if sizes["places"] is None:
        sizes["places"] = config.get("n_ctx")
    if not config.get("scale_attn_weights", True) or config.get("scale_attn_by_inverse_layer_idx"):
        raise ValueError("attention scores that are not divided by √h alone")
    inner, epsilon = sizes.get("inner"), sizes.get("epsilon")
    if epsilon is not None and float(epsilon) != _GPT_EPSILON:
        raise ValueError(f"norms with ε = {epsilon} in place of {_GPT_EPSILON}")
    return GptConfig(
        tokenizer="byte-bpe:8000",
        dim=_size(sizes, "dim"),
        layers=_size(sizes, "layers"),
        heads=_size(sizes, "heads"),
        context=_size(sizes, "places"),
        positions="learned",
        activation=_activation(sizes.get("activation") or "gelu_new"),
        feed_forward="auto" if inner is None else int(inner),
        dropout=_share(sizes.get("dropout")),
        attention_dropout=_share(sizes.get("attention_dropout")),
    )


def _size(sizes: Mapping[str, Any], name: str) -> int:
    value = sizes[name]
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"{name}: {value}")
    return value


def _share(value: Any) -> float:
    share = 0.1 if value is None else float(value)
    if not 0 <= share < 1:
        raise ValueError(f"a share of {share}")
    return share


def _activation(name: Any) -> Activation:
    if name not in _ACTIVATIONS:
        raise ValueError(f"the activation {name}; known are {', '.join(_ACTIVATIONS)}")
    return _ACTIVATIONS[name]


def _task(config: Mapping[str, Any], family: Family) -> Task:
    named = config.get("architectures")
    for task, architecture in family.classes.items():
        if isinstance(named, list) and architecture in named:
            return task
    return "encoder"


def _labels(config: Mapping[str, Any]) -> tuple[str, ...]:
    by_number, number = config.get("id2label"), config.get("num_labels")
    if isinstance(by_number, Mapping):
        ordered = sorted(by_number.items(), key=lambda one: int(one[0]))
        return tuple(str(label) for _, label in ordered)
    return unnamed_labels(number) if isinstance(number, int) else ()


def unnamed_labels(number: int) -> tuple[str, ...]:
    """What the field's libraries call ``number`` labels that nobody named."""
    return tuple(f"LABEL_{one}" for one in range(number))


def config_of(
    architecture: Architecture, *, labels: Sequence[str] = (), vocabulary: int | None = None
) -> dict[str, Any]:
    """The ``config.json`` of an architecture, as the field's libraries read it.

    Args:
        architecture: whose ``task`` and ``problem`` say what it ends in.
        labels: of the head.
        vocabulary: rows of the table of embeddings where the shape does not say it (GPT-2's).
    """
    family, shape = architecture.family, architecture.shape
    assert not isinstance(shape, WrappedShape), "its own file says how it is written"
    config = {
        name: value
        for name, value in architecture.source.items()
        if name not in ("_name_or_path", "transformers_version", "torch_dtype", "dtype")
    }
    config |= {"model_type": family.name, "architectures": [family.classes[architecture.task]]}
    for ours, theirs in family.sizes.items():
        if not (
            family is GPT2 and ours == "padding"
        ):  # it pads with whatever its configuration says
            config[theirs] = _value(shape, ours, vocabulary)
    said = architecture.source.get(family.sizes["activation"])
    if _ACTIVATIONS.get(str(said)) == shape.activation:  # several names mean the same
        config[family.sizes["activation"]] = said
    if family is GPT2:
        config.setdefault("n_ctx", config["n_positions"])
        config["embd_pdrop"] = shape.dropout
        config["tie_word_embeddings"] = True
    return labelled(config, labels, architecture.problem)


def labelled(
    config: Mapping[str, Any], labels: Sequence[str], problem: str | None
) -> dict[str, Any]:
    """A configuration with the labels of a head, and the kind of problem that it answers, in place of what it had of these."""
    told = ("id2label", "label2id", "problem_type", "num_labels")
    found = {name: value for name, value in config.items() if name not in told}
    if labels:
        found["id2label"] = {str(number): label for number, label in enumerate(labels)}
        found["label2id"] = {label: number for number, label in enumerate(labels)}
    if problem is not None:
        found["problem_type"] = problem
    return found


def _value(shape: BertShape | GptConfig, name: str, vocabulary: int | None) -> Any:
    if name == "activation":
        return _THEIR_ACTIVATION[str(shape.activation)]
    if isinstance(shape, BertShape):
        return (shape.table_dim or shape.dim) if name == "table_dim" else getattr(shape, name)
    of_gpt: dict[str, Any] = {
        "vocabulary": vocabulary,
        "places": shape.context,
        "epsilon": _GPT_EPSILON,
        "inner": None if shape.feed_forward == "auto" else shape.inner,
    }
    return of_gpt[name] if name in of_gpt else getattr(shape, name)
