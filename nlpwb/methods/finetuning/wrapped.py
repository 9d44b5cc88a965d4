"""Architectures that no table of ours knows, through the library ``transformers``, which has hundreds: its network as a body.

The extra ``nlpwb[hf]`` installs that library, and nothing imports it before such a checkpoint is used. Code that comes with a
checkpoint is never run: what the library itself does not know is refused.

Letters of shapes: B rows, T tokens of the longest, d width, H heads.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from nlpwb.bases.families import EXTRA, reads_others
from nlpwb.errors import ModelError
from nlpwb.methods.finetuning.families import FAMILIES, Family, HeadShape, Row
from nlpwb.methods.networks.pooling import real_places

_LEAST = 5
"""The first release of the library whose networks are asked as here: ``pyproject.toml`` says the same."""
_NORMS = ("final_layer_norm", "final_norm", "ln_f", "norm")
"""What stands behind the last block, beside the list of blocks."""
_NO_LIMIT = 512
"""Tokens of a text where a configuration says no number: relative places have no end, and memory has."""
_DROPOUTS = ("classifier_dropout", "hidden_dropout_prob", "hidden_dropout", "dropout_rate")
_READS_BOTH_WAYS = ("xlnet", "xlm", "flaubert")
"""They write, too, and yet a token sees all others of its text."""


@dataclass(frozen=True, kw_only=True)
class WrappedShape:
    """What is known of a network that somebody else wrote.

    Args:
        vocabulary: rows of the table of embeddings.
        dim: d.
        layers: blocks.
        heads: H.
        longest: the most tokens of a text.
        segments: kinds of texts that it tells apart in a pair; 0: none.
        dropout: of the layer that is put on it.
        padding: the id that stands where nothing is.
        looks_back: whether a token sees only those before it.
    """

    vocabulary: int
    dim: int
    layers: int
    heads: int
    longest: int
    segments: int
    dropout: float
    padding: int
    looks_back: bool


def is_wrapped(config: Mapping[str, Any]) -> bool:
    """Whether a ``config.json`` names an architecture, and none of the tables'."""
    kind = config.get("model_type")
    return isinstance(kind, str) and bool(kind) and kind not in FAMILIES


def wrapped_architecture(config: Mapping[str, Any], *, name: str) -> tuple[Family, WrappedShape]:
    """The architecture that a ``config.json`` tells of, as a family without tables; ``name`` is the checkpoint's, for errors.

    Raises:
        ModelError: the extra is not installed, the library does not know the architecture either, or it reads no texts.
    """
    kind = str(config["model_type"])
    with _quietly(kind, name):
        theirs = _their_config(config, name=name)
        code = _code_of(theirs, name=name)
        with _sensible(name), torch.device("meta"):  # its modules, without a number in them
            model = code(theirs)
    shape = _shape(model, name=name)
    family = Family(
        name=kind,
        prefix="",
        body=(),
        block=(),
        # names that no class of the library takes for its own
        text=(Row("output.weight", ("text_head.weight",)), Row("output.bias", ("text_head.bias",))),
        tokens=(
            Row("output.weight", ("token_head.weight",)),
            Row("output.bias", ("token_head.bias",)),
        ),
        language=(),
        # where no first token was trained to stand for its text, the mean of all does
        text_head=HeadShape("last" if shape.looks_back else "mean", None),
        classes=dict.fromkeys(("encoder", "text", "tokens", "language"), code.__name__),
        sizes={},
    )
    return family, shape


def wrapped_body(
    config: Mapping[str, Any], tensors: Mapping[str, Tensor], shape: WrappedShape, *, name: str
) -> WrappedBody:
    """The network with its weights, in evaluation mode; tensors have the names that the library writes.

    Raises:
        ModelError: a tensor is missing, or has another shape than the configuration says.
    """
    with _quietly(str(config["model_type"]), name):
        theirs = _their_config(config, name=name)
        code = _code_of(theirs, name=name)
        more: dict[str, Any] = {}
        if "add_pooling_layer" in inspect.signature(code.__init__).parameters:
            more["add_pooling_layer"] = False  # it is no part of what tokens' vectors are made by
        with _sensible(name):
            model, told = code.from_pretrained(
                None,
                config=theirs,
                state_dict=dict(tensors),
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # so that they are told, and refused below
                dtype=torch.float32,
                **more,
            )
    _check_loaded(told, name=name)
    return WrappedBody(model, shape).eval()


class WrappedBody(nn.Module):
    """The library's network behind what our own bodies offer.

    Args:
        inner: a ``PreTrainedModel`` without a head.
        shape: what is known of it.
    """

    def __init__(self, inner: Any, shape: WrappedShape) -> None:
        super().__init__()
        self.inner = inner
        self.shape = shape
        self._takes = frozenset(inspect.signature(type(inner).forward).parameters)

    @property
    def family(self) -> str:
        """Its ``model_type``."""
        return str(self.inner.config.model_type)

    @property
    def dim(self) -> int:
        """Width of a token's vector."""
        return self.shape.dim

    @property
    def embedding(self) -> nn.Embedding:
        """The table of embeddings."""
        table: nn.Embedding = self.inner.get_input_embeddings()
        return table

    @property
    def positions(self) -> Tensor | None:
        """The table of places, from the first that a text has, (places, e); None where a formula tells them."""
        table, first = _positions(self.inner)
        return None if table is None else table.weight[first:]

    @property
    def blocks(self) -> list[nn.Module]:
        """The blocks in order; none where they cannot be told apart (ALBERT's are one that is used again and again)."""
        found = _block_list(self.inner, self.shape.layers)
        return [] if found is None else list(found[1])

    @property
    def final_norm(self) -> nn.Module | None:
        """What stands behind the last block, where there is something."""
        found = _block_list(self.inner, self.shape.layers)
        if found is None:
            return None
        beside = self.inner.get_submodule(found[0].rpartition(".")[0])
        norms = (getattr(beside, name, None) for name in _NORMS)
        return next((norm for norm in norms if isinstance(norm, nn.Module)), None)

    def forward(self, ids: Tensor, lengths: Tensor, segments: Tensor | None = None) -> Tensor:
        """Ids int64 (B, T), lengths int64 (B,) and, of pairs, segments int64 (B, T), to vectors (B, T, d)."""
        found: Tensor = self._asked(ids, lengths, segments)[0]
        return found

    def states(
        self, ids: Tensor, lengths: Tensor, segments: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        """What enters the first block, and what leaves each, (B, T, d); the last behind the final norm, where there is one."""
        found = self._asked(ids, lengths, segments, output_hidden_states=True)
        return tuple(found.hidden_states)

    def attention_weights(
        self, ids: Tensor, lengths: Tensor, segments: Tensor | None = None
    ) -> list[Tensor]:
        """How much each token reads of each other, (B, H, T, T) for each block.

        Raises:
            ModelError: the network keeps no such weights.
        """
        usual = self.inner.config._attn_implementation
        self._attend_by("eager")  # the fused ways hold no weights
        try:
            found = self._asked(ids, lengths, segments, output_attentions=True).attentions
        finally:
            self._attend_by(usual)
        if not found or any(one is None or one.dim() != 4 for one in found):
            raise ModelError(
                f"the architecture {self.family} does not tell what its tokens read of each other; "
                "`nlpwb trace` shows its states"
            )
        return list(found)

    def _attend_by(self, how: str) -> None:
        if self.inner.config._attn_implementation != how:
            self.inner.set_attn_implementation(how)

    def _asked(self, ids: Tensor, lengths: Tensor, segments: Tensor | None, **more: Any) -> Any:
        there = real_places(lengths, ids.shape[1], ids.device)
        given: dict[str, Any] = {"input_ids": ids.masked_fill(~there, self.shape.padding)}
        if "attention_mask" in self._takes:
            given["attention_mask"] = there.long()
        if segments is not None and self.shape.segments > 1:
            given["token_type_ids"] = segments
        return self.inner(**given, **more)


def wrapped_checkpoint(
    source: Mapping[str, Any], body: WrappedBody
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The ``config.json`` and the tensors of a body as the library reads them; what is one tensor there is written once."""
    dropped = ("_name_or_path", "transformers_version", "torch_dtype", "dtype", "auto_map")
    config = {name: value for name, value in source.items() if name not in dropped}
    config["architectures"] = [type(body.inner).__name__]
    kept = dict(body.inner.state_dict())
    named = {name for name, _ in body.inner.named_parameters()}  # without second names of the same
    named |= {
        name
        for name, buffer in body.inner.named_buffers()
        if name in kept and buffer.is_floating_point()
    }
    tensors = {
        name: kept[name].detach().to("cpu", torch.float32).contiguous().clone()
        for name in sorted(named)
    }
    return config, tensors


def library_version() -> str:
    """Of ``transformers``: what computes a vector is part of what it is."""
    return importlib.metadata.version("transformers")


def _their_config(config: Mapping[str, Any], *, name: str) -> Any:
    from transformers import CONFIG_MAPPING

    kind = str(config["model_type"])
    if kind not in CONFIG_MAPPING:
        raise ModelError(
            f"{name} is of the architecture {kind}, which neither this program nor transformers {library_version()} knows; "
            "code that comes with a base is never run"
        )
    if config.get("quantization_config"):
        raise ModelError(
            f"the weights of {name} are quantised, which this program does not read; take the base as it was trained"
        )
    with _sensible(name):
        theirs = CONFIG_MAPPING[kind].from_dict(
            {key: value for key, value in config.items() if key != "auto_map"}
        )
        theirs.use_cache = False  # no text is written on
    return theirs


def _code_of(theirs: Any, *, name: str) -> Any:
    """The library's class for a body that reads texts; of an encoder-decoder its encoder."""
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_TEXT_ENCODING_MAPPING,
        MODEL_MAPPING,
    )

    if type(theirs) in MODEL_FOR_TEXT_ENCODING_MAPPING:
        return MODEL_FOR_TEXT_ENCODING_MAPPING[type(theirs)]
    if getattr(theirs, "is_encoder_decoder", False):
        raise ModelError(
            f"{name} is an encoder-decoder ({theirs.model_type}), of which the library has no encoder by itself; take "
            "a base that only reads, or only writes"
        )
    code = MODEL_MAPPING.get(type(theirs), None)
    code = code[0] if isinstance(code, tuple) else code
    if code is None or "input_ids" not in inspect.signature(code.forward).parameters:
        raise ModelError(
            f"{name} is of the architecture {theirs.model_type}, which reads no tokens of a text; take another base"
        )
    return code


def _shape(model: Any, *, name: str) -> WrappedShape:
    config = model.config
    try:
        table = model.get_input_embeddings()
        assert isinstance(table, nn.Embedding)
    except (NotImplementedError, AttributeError, AssertionError):
        raise ModelError(
            f"{name} is of the architecture {config.model_type}, which has no table of embeddings by tokens; take another base"
        ) from None
    with _sensible(name):
        dropout = next((d for n in _DROPOUTS if (d := getattr(config, n, None)) is not None), 0.1)
        takes = inspect.signature(type(model).forward).parameters
        return WrappedShape(
            vocabulary=table.num_embeddings,
            dim=int(config.hidden_size),
            layers=int(config.num_hidden_layers),
            heads=int(config.num_attention_heads),
            longest=_longest(model),
            segments=int(getattr(config, "type_vocab_size", None) or 0)
            if "token_type_ids" in takes
            else 0,
            dropout=float(dropout),
            padding=_padding(config, table.num_embeddings),
            looks_back=_looks_back(config),
        )


def _longest(model: Any) -> int:
    """Places of a text: those that count from behind the row of padding have so many fewer (RoBERTa's kin)."""
    table, first = _positions(model)
    if table is not None:
        return int(table.num_embeddings) - first
    for name in ("max_position_embeddings", "n_positions"):
        # some classes answer with an exception of their own that there is no limit
        with contextlib.suppress(NotImplementedError, AttributeError):
            said = getattr(model.config, name)
            if isinstance(said, int) and said > 0:
                return said
    return _NO_LIMIT


def _positions(model: Any) -> tuple[nn.Embedding | None, int]:
    """The table of places, where there is one, and the row of a text's first."""
    for path, part in model.named_modules():
        if path.endswith("position_embeddings") and isinstance(part, nn.Embedding):
            return part, 0 if part.padding_idx is None else part.padding_idx + 1
    return None, 0


def _padding(config: Any, rows: int) -> int:
    said = getattr(config, "pad_token_id", None)
    return said if isinstance(said, int) and 0 <= said < rows else 0


def _looks_back(config: Any) -> bool:
    from transformers.models.auto import modeling_auto as auto

    if getattr(config, "is_encoder_decoder", False):
        return False  # of these the encoder is taken
    if getattr(config, "is_decoder", False):
        return True
    kind = config.model_type
    writes = kind in auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    masked = kind in auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES or kind in _READS_BOTH_WAYS
    return writes and not masked and not getattr(config, "use_bidirectional_attention", False)


def _block_list(inner: nn.Module, layers: int) -> tuple[str, nn.ModuleList] | None:
    """The outermost list of so many modules, and its name."""
    for name, part in inner.named_modules():
        if isinstance(part, nn.ModuleList) and len(part) == layers:
            return name, part
    return None


def _check_loaded(told: Mapping[str, Any], *, name: str) -> None:
    for tensor, found, wanted in sorted(told["mismatched_keys"]):
        raise ModelError(
            f"the tensor {tensor} of {name} has the shape {_sizes(found)}, and its config.json says {_sizes(wanted)}"
        )
    for tensor in sorted(told["missing_keys"]):
        raise ModelError(
            f"{name} lacks the tensor {tensor}, which its config.json promises; fetch it again"
        )
    for said in told.get("error_msgs") or ():
        raise ModelError(f"the weights of {name} cannot be taken over ({_line(said)})")


def _sizes(sizes: Any) -> str:
    return " × ".join(map(str, sizes)) or "a single number"


@contextlib.contextmanager
def _sensible(name: str) -> Iterator[None]:
    """What the library makes of numbers that fit nothing is our sentence."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:  # hundreds of architectures: anything may come
        raise ModelError(
            f"the config.json of {name} lacks a size, or says one that makes no sense ({_line(error)})"
        ) from None


def _line(said: object) -> str:
    return str(said).strip().partition("\n")[0][:200] or type(said).__name__


@contextlib.contextmanager
def _quietly(kind: str, name: str) -> Iterator[None]:
    """The library is there, and keeps to itself what it thinks of a checkpoint.

    Raises:
        ModelError: it is not installed, or too old.
    """
    if not reads_others():
        raise ModelError(
            f"{name} is of the architecture {kind}; this program reads {', '.join(FAMILIES)} by itself, and others with an "
            f"extra that is not installed; `{EXTRA}` installs it"
        )
    version = library_version()
    if int(version.partition(".")[0]) < _LEAST:
        raise ModelError(
            f"{name} is of the architecture {kind}, for which transformers {version} is too old; `{EXTRA}` installs one that "
            "is not"
        )
    from transformers.utils import logging

    before, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(before)
        if bars:
            logging.enable_progress_bar()
