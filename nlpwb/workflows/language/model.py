"""A language model with its tokens: how likely texts are, what comes next, and a folder on disk."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np  # noqa: TID253  only functions import this module
import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.catalogue import load
from nlpwb.errors import ModelError
from nlpwb.methods.finetuning.checkpoint import body_of, written_checkpoint
from nlpwb.methods.finetuning.configurations import Architecture, architecture_of
from nlpwb.methods.finetuning.tensors import Found
from nlpwb.methods.networks.sequence_tokens import SequenceTokens
from nlpwb.methods.ngrams.config import NgramLmConfig
from nlpwb.methods.ngrams.mixing import Mixture
from nlpwb.methods.ngrams.model import NgramModel
from nlpwb.methods.ngrams.reader import MixedReader
from nlpwb.methods.protocol import State
from nlpwb.specs import Part
from nlpwb.training.device import choose_setting
from nlpwb.training.scoring import token_nats
from nlpwb.workflows.folders import (
    LANGUAGE_MODEL,
    dated,
    is_checkpoint,
    read_manifest,
    read_states,
    save_folder,
    write_files,
)
from nlpwb.workflows.language.exchange import architecture_for, write_beside
from nlpwb.workflows.language.mixing import Mixed
from nlpwb.workflows.language.texts import Texts
from nlpwb.workflows.networks.conditions import Made
from nlpwb.workflows.storage import beginning

if TYPE_CHECKING:
    from nlpwb.methods.decoding.generating import LanguageReader

_WEIGHTS, _TOKENS, _COUNTS, _SHARES = "weights.", "tokens.", "counts.", "shares"
NGRAMS = "ngrams"
"""The family that counts and has no weights."""


@dataclass(frozen=True, eq=False)
class TextScores:
    """How likely texts are, piece by piece.

    Args:
        nats: float64 (n,), -ln p of each piece's tokens, its end included where it has one.
        tokens: int64 (n,).
        bytes: int64 (n,), UTF-8, as :attr:`Texts.bytes_of` counts them.
    """

    nats: NDArray[np.float64]
    tokens: NDArray[np.int64]
    bytes: NDArray[np.int64]


@dataclass(frozen=True)
class Learned:
    """From how much a model learned.

    Args:
        tokens: that were trained on.
        tuning_density: tokens per byte of the tuning part; None where there was none.
        before: nats per token of the tuning part before the first step, of a base.
        made: how a network trained; None for one that counts.
        mixed: what counts added to it; None where there are none, or there was no tuning part.
    """

    tokens: int
    tuning_density: float | None = None
    made: Made | None = None
    before: float | None = None
    mixed: Mixed | None = None

    @property
    def tuning_nats(self) -> float | None:
        """Nats per token on the tuning part; of both where a network is mixed with counts."""
        if self.mixed is not None:
            return self.mixed.both
        return None if self.made is None else self.made.tuning

    @property
    def tuning_bits(self) -> float | None:
        """Bits per byte on the tuning part."""
        nats, density = self.tuning_nats, self.tuning_density
        return None if nats is None or density is None else nats / math.log(2) * density


class LanguageModel:
    """Says what comes next.

    ``reader`` is the network, or the table of n-grams; ``tokens`` cut texts for it. ``architecture`` is that of the field's
    checkpoints, where the network has one of theirs: then its folder is one of theirs, too. ``mixture`` is what counts add to a
    network (``ngrams=``): ``network`` is then the network alone, and ``reader`` is both.
    """

    def __init__(
        self,
        part: Part,
        tokens: SequenceTokens,
        reader: Any,
        *,
        device: str = "auto",
        precision: str = "float32",
        seed: int = 0,
        learned: Learned | None = None,
        architecture: Architecture | None = None,
        mixture: Mixture | None = None,
    ) -> None:
        self.part = part
        self.tokens = tokens
        self.network = reader
        self.device = device
        self.precision = precision
        self.seed = seed
        self.mixture = mixture
        self._learned = learned
        self.architecture = architecture or architecture_for(part, self.tokens)

    @property
    def reader(self) -> LanguageReader:
        """What decoding asks."""
        reader = self.network
        if self.mixture is not None:
            reader = MixedReader(reader, self.mixture)
        return cast("LanguageReader", reader)

    @property
    def learned(self) -> Learned:
        """From how much it learned, and how: of a model that was trained in this process."""
        assert self._learned is not None, "read from a folder"
        return self._learned

    @property
    def counted(self) -> bool:
        """Whether it is a table of n-grams, and no network."""
        return self.part.entry.family == NGRAMS

    @property
    def parameters(self) -> int:
        """Weights, or n-grams that are kept; of a mixture both."""
        if self.counted:
            return int(self.network.parameters)
        counts = 0 if self.mixture is None else self.mixture.counts.parameters
        return self._weight_count + counts

    @property
    def _weight_count(self) -> int:
        return sum(weights.numel() for weights in self.network.parameters())

    @property
    def trained_context(self) -> int | None:
        """The longest stretch of tokens that it learned from at once; None where there is no such limit."""
        return getattr(self.network, "trained_context", None)

    def describe(self) -> str:
        """``gpt, 804,352 parameters, 69 tokens (char)``."""
        what = f"{self.parameters:,} {'n-grams' if self.counted else 'parameters'}"
        if self.mixture is not None:
            counts = self.mixture.counts.parameters
            what = f"{self._weight_count:,} parameters and {counts:,} n-grams"
        return f"{self.part}, {what}, {self.tokens.vocabulary:,} tokens ({self.tokens.spec})"

    def score(
        self,
        texts: Texts,
        *,
        threads: int = 1,
        window: int | None = None,
        stride: int | None = None,
    ) -> TextScores:
        """How likely each piece is, given those before it.

        Args:
            window: tokens that a network of limited sight sees at once; by default as many as it was trained on.
            stride: how many of them are new; by default half.

        Raises:
            MethodError: the window does not fit into memory.
        """
        ids, owners = row_of(self.tokens, texts)
        nats = self._nats(ids, threads=threads, window=window, stride=stride)
        count = len(texts)
        return TextScores(
            np.asarray(np.bincount(owners, weights=nats[1:], minlength=count), dtype=np.float64),
            np.asarray(np.bincount(owners, minlength=count), dtype=np.int64),
            np.asarray(texts.bytes_of, dtype=np.int64),
        )

    def _nats(
        self, ids: NDArray[np.int32], *, threads: int, window: int | None, stride: int | None
    ) -> NDArray[np.floating[Any]]:
        """-ln p of each token of a row given those before it, (n,); the first has nothing before it and counts as 0."""
        if self.counted:
            found: NDArray[np.floating[Any]] = self.network.token_nats(ids)
            return found
        setting = choose_setting(self.device, self.precision, threads)
        nats = token_nats(self.network, ids, setting, window=window, stride=stride)
        return nats if self.mixture is None else self.mixture.token_nats(ids, nats)

    def state(self) -> State:
        """Weights and tokens."""
        tokens = self.tokens.state()
        arrays = {_TOKENS + name: array for name, array in tokens.arrays.items()}
        lists = {_TOKENS + name: strings for name, strings in tokens.lists.items()}
        facts: dict[str, Any] = {"tokens": dict(tokens.facts)}
        if self.counted or self.mixture is not None:
            counts = self.network if self.mixture is None else self.mixture.counts
            kept = counts.state()
            arrays |= {_COUNTS + name: array for name, array in kept.arrays.items()}
            facts["counts"] = dict(kept.facts)
        if not self.counted:
            arrays |= self._weights(facts)
        if self.mixture is not None:
            arrays[_SHARES] = self.mixture.shares
        return State(arrays=arrays, lists=lists, facts=facts)

    def _weights(self, facts: dict[str, Any]) -> dict[str, NDArray[Any]]:
        """The network's; under the field's names where it has a name for all of them, with what it says of the network."""
        if self.architecture is None:
            named = self.network.state_dict().items()
            return {_WEIGHTS + name: tensor.detach().cpu().numpy() for name, tensor in named}
        config, tensors = written_checkpoint(self.architecture, self.network)
        facts |= {"native": True, "config": config}
        return {name: tensor.numpy() for name, tensor in tensors.items()}

    @classmethod
    def from_state(
        cls,
        part: Part,
        state: State,
        *,
        device: str = "auto",
        precision: str = "float32",
        seed: int = 0,
    ) -> Self:
        """The trained model again.

        Raises:
            ModelError: weights are missing, or are those of another network.
        """
        facts: Any = state.facts
        code = load(part.entry.code)
        try:
            kept = State(
                arrays=beginning(state.arrays, _TOKENS),
                lists=beginning(state.lists, _TOKENS),
                facts=facts["tokens"],
            )
            tokens = _tokens_again(part, kept)
            architecture = mixture = None
            counts = State(arrays=beginning(state.arrays, _COUNTS), facts=facts.get("counts", {}))
            if part.entry.family == NGRAMS:
                network = code.from_state(part.config, counts)
            elif facts.get("native"):
                architecture = architecture_of(facts["config"], name="the model")
                tensors = {name: torch.from_numpy(array) for name, array in state.arrays.items()}
                network = body_of(
                    Found(tensors, architecture.family, name="the model"), architecture
                )
            else:
                network = code.build(part.config, vocabulary=tokens.vocabulary)
                weights = beginning(state.arrays, _WEIGHTS)
                network.load_state_dict({k: torch.from_numpy(w) for k, w in weights.items()})
                network.eval()
            if getattr(part.config, "ngrams", 0):
                table = NgramModel.from_state(NgramLmConfig(order=part.config.ngrams), counts)
                mixture = Mixture(table, state.arrays[_SHARES])
        except (KeyError, TypeError, RuntimeError) as error:
            said = str(error).strip().splitlines()[0]
            raise ModelError(
                f"the weights of the {part.name} do not fit its options ({said}); train it again"
            ) from None
        return cls(
            part,
            tokens,
            network,
            device=device,
            precision=precision,
            seed=seed,
            architecture=architecture,
            mixture=mixture,
        )


def _tokens_again(part: Part, kept: State) -> SequenceTokens:
    from nlpwb.workflows.language.checkpoint import MARK, CheckpointText

    if MARK in kept.facts:
        return cast(SequenceTokens, CheckpointText.from_state(kept))
    return SequenceTokens.from_state(part.config.tokenizer, kept)


def row_of(tokens: SequenceTokens, texts: Texts) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Texts as one row of ids that a model reads from left to right.

    It begins with the end of a text, as if one had gone before. Documents have such an end each, a running text has none.

    Returns:
        int32 (n + 1,) and, for each id but the first, the piece that it belongs to, int64 (n,).
    """
    ids, ends = tokens.encode_all(texts.pieces)
    lengths = np.diff(ends, prepend=0)
    if texts.running:
        row = np.concatenate([[tokens.end], ids]).astype(np.int32)
        return row, np.repeat(np.arange(len(texts)), lengths)
    row = np.full(len(ids) + len(ends) + 1, tokens.end, dtype=np.int32)
    owners = np.repeat(np.arange(len(texts)), lengths + 1)
    inner = np.ones(len(row), dtype=bool)
    inner[np.concatenate([[0], ends + np.arange(1, len(ends) + 1)])] = False
    row[inner] = ids
    return row, owners


def save_language_model(
    target: Path,
    model: LanguageModel,
    made: Mapping[str, Any],
    *,
    beside: Mapping[str, Path] | None = None,
) -> None:
    """Put a language model's folder at ``target``, whole.

    Raises:
        InputError: the place holds something that is no model, or cannot be written.
    """
    facts = {
        "kind": LANGUAGE_MODEL,
        "seed": model.seed,
        "parameters": model.parameters,
        "vocabulary": model.tokens.vocabulary,
        "lossless": model.tokens.lossless,
        "made": dated(made),
    }
    part, state = model.part, model.state()

    def write(folder: Path) -> None:
        if state.facts.get("native"):
            write_beside(folder, state)
        write_files(folder, part, [(part, state)], facts, beside=beside)

    save_folder(target, write)


def load_language_model(
    path: Path, *, device: str = "auto", precision: str = "float32"
) -> LanguageModel:
    """The language model of a folder, ours or a checkpoint of GPT-2's shape, or of a llama2.c file with its tokenizer beside it.

    Raises:
        ModelError: a file is missing, damaged, or of a later version; or the model is another one.
    """
    if path.is_file() and path.suffix == ".bin":
        from nlpwb.workflows.language.llama2c import open_llama2c

        part, network, tokens = open_llama2c(path)
        face = cast(SequenceTokens, tokens)
        return LanguageModel(part, face, network, device=device, precision=precision)
    if is_checkpoint(path):
        from nlpwb.workflows.language.checkpoint import open_checkpoint

        opened = open_checkpoint(path)
        return LanguageModel(
            Part("gpt", opened.network.config),
            cast(SequenceTokens, opened.tokens),
            opened.network,
            device=device,
            precision=precision,
            architecture=opened.architecture,
        )
    manifest = read_manifest(path, LANGUAGE_MODEL)
    spec, states = read_states(path, manifest)
    return LanguageModel.from_state(
        spec.representation,
        states[0],
        device=device,
        precision=precision,
        seed=int(manifest.get("seed", 0)),
    )
