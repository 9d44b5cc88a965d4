"""A trained encoder-decoder with its tokens: texts to their translations, and how likely given translations are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, cast

import numpy as np  # noqa: TID253  only functions import this module
import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.catalogue import load
from nlpwb.errors import ModelError
from nlpwb.methods.networks.sequence_tokens import SequenceTokens
from nlpwb.methods.protocol import State
from nlpwb.specs import Part
from nlpwb.training import faults
from nlpwb.training.device import Setting, autocast, choose_setting, free_memory, move, threads_of
from nlpwb.training.pairs import PairBatch, PairBatches, Side, pair_nats
from nlpwb.workflows.networks.conditions import Made
from nlpwb.workflows.storage import beginning

_WEIGHTS, _SOURCE, _TARGET = "weights.", "source.", "target."
_TOKENS, _PAIRS = 16_384, 512
"""Most places and pairs of a batch that is judged."""


@dataclass(frozen=True, eq=False)
class PairScores:
    """How likely translations are, teacher forced.

    Args:
        nats: float64 (n,), -ln p of each target's tokens, its end among them, given its source.
        tokens: int64 (n,), tokens of each target, its end among them.
    """

    nats: NDArray[np.float64]
    tokens: NDArray[np.int64]

    @property
    def perplexity(self) -> float:
        """Per token of the model's own vocabulary."""
        return float(np.exp(min(float(self.nats.sum() / self.tokens.sum()), 700.0)))


class Translator:
    """Says texts in other words. ``device`` and ``precision`` say where and in which numbers it computes.

    ``source_tokens`` and ``target_tokens`` are the same where both sides share a vocabulary.
    """

    def __init__(
        self,
        part: Part,
        source_tokens: SequenceTokens,
        target_tokens: SequenceTokens,
        network: torch.nn.Module,
        *,
        device: str = "auto",
        precision: str = "float32",
        seed: int = 0,
        made: Made | None = None,
    ) -> None:
        self.part = part
        self.source_tokens = source_tokens
        self.target_tokens = target_tokens
        self.network: Any = network
        self.device = device
        self.precision = precision
        self.seed = seed
        self._made = made

    @property
    def made(self) -> Made:
        """How it trained: of a network that was trained in this process."""
        assert self._made is not None, "read from a folder"
        return self._made

    @property
    def parameters(self) -> int:
        """Weights."""
        return sum(weights.numel() for weights in self.network.parameters())

    @property
    def looks_back(self) -> bool:
        """Whether it has attention to the source."""
        return bool(self.network.looks_back)

    def describe(self) -> str:
        """``seq2seq-attention, 8,123,456 parameters, 8,004 tokens (byte-bpe:8000)``."""
        rows = f"{self.source_tokens.vocabulary:,}"
        if self.source_tokens is not self.target_tokens:
            rows = f"{rows} and {self.target_tokens.vocabulary:,}"
        return f"{self.part}, {self.parameters:,} parameters, {rows} tokens ({self.source_tokens.spec})"

    def setting(self, threads: int) -> Setting:
        """Where and how it computes."""
        return choose_setting(self.device, self.precision, threads)

    def source_ids(self, text: str) -> NDArray[np.int32]:
        """The ids that the encoder reads: those of the text, and the one that ends it."""
        ids = self.source_tokens.encode(text)
        most = self.part.config.max_tokens
        return np.append(ids[:most], np.int32(self.source_tokens.end))

    def target_ids(self, text: str) -> NDArray[np.int32]:
        """The ids that the decoder reads and writes: the one that begins a text, those of the text, the one that ends it."""
        tokens = self.target_tokens
        ids = tokens.encode(text)[: self.part.config.max_tokens]
        return np.concatenate([[tokens.begin], ids, [tokens.end]]).astype(np.int32)

    def score(
        self, sources: Sequence[str], targets: Sequence[str], *, threads: int = 1
    ) -> PairScores:
        """How likely the targets are.

        Texts are not cut: a network of learned positions takes none that is longer than its ``max_tokens``.

        Raises:
            MethodError: a single pair does not fit into memory.
        """
        source, target = sides_of(self.source_tokens, self.target_tokens, sources, targets)
        batches = PairBatches(source, target, tokens=_TOKENS, documents=_PAIRS)
        nats = np.zeros(len(sources))
        for rows, found in _scored(self.network, batches, self.setting(threads)):
            nats[rows] = found
        return PairScores(nats, target.lengths - 1)

    def state(self) -> State:
        """Weights and tokens."""
        arrays: dict[str, Any] = {}
        lists: dict[str, Any] = {}
        facts: dict[str, Any] = {}
        sides = {_SOURCE: self.source_tokens}
        if self.target_tokens is not self.source_tokens:
            sides[_TARGET] = self.target_tokens
        for name, tokens in sides.items():
            state = tokens.state()
            arrays |= {name + key: array for key, array in state.arrays.items()}
            lists |= {name + key: strings for key, strings in state.lists.items()}
            facts[name.rstrip(".")] = dict(state.facts)
        for key, tensor in self.network.state_dict().items():
            arrays[_WEIGHTS + key] = tensor.detach().cpu().numpy()
        return State(arrays=arrays, lists=lists, facts=facts)

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
        """The trained translator again.

        Raises:
            ModelError: weights or tokens are missing, or are those of another network.
        """
        try:
            source = _tokens_of(part, state, _SOURCE)
            target = source if part.config.shared else _tokens_of(part, state, _TARGET)
            network: torch.nn.Module = load(part.entry.code).build(
                part.config,
                source_vocabulary=source.vocabulary,
                target_vocabulary=target.vocabulary,
            )
            weights = beginning(state.arrays, _WEIGHTS)
            network.load_state_dict({name: torch.from_numpy(w) for name, w in weights.items()})
        except (KeyError, TypeError, RuntimeError) as error:
            said = str(error).strip().splitlines()[0]
            raise ModelError(
                f"the weights of the {part.name} do not fit its options ({said}); train it again"
            ) from None
        network.eval()
        return cls(part, source, target, network, device=device, precision=precision, seed=seed)


def sides_of(
    source_tokens: SequenceTokens,
    target_tokens: SequenceTokens,
    sources: Sequence[str],
    targets: Sequence[str],
) -> tuple[Side, Side]:
    """Pairs as a network takes them: a source has an end, so that none is empty; a target a beginning and an end."""
    source = Side(*source_tokens.encode_all(sources)).marked(last=source_tokens.end)
    target = Side(*target_tokens.encode_all(targets)).marked(
        first=target_tokens.begin, last=target_tokens.end
    )
    return source, target


def mean_nats(network: torch.nn.Module, batches: PairBatches, setting: Setting) -> float:
    """Nats of a target's token, teacher forced, over all pairs."""
    total = sum(float(nats.sum()) for _, nats in _scored(network, batches, setting))
    tokens = int((batches.target.lengths[batches.rows] - 1).sum())
    return total / tokens


def _scored(
    network: torch.nn.Module, batches: PairBatches, setting: Setting
) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """The numbers of pairs and -ln p of their targets, a batch at a time."""
    found = []
    was_training = network.training
    network.to(setting.device).eval()
    try:
        with threads_of(setting), torch.inference_mode():
            for batch in batches.batches(0):
                nats = _nats(network, batch, setting).double().cpu().numpy()
                found.append((batch.rows.numpy(), nats))
    finally:
        network.train(was_training)
    return found


def _nats(network: torch.nn.Module, batch: PairBatch, setting: Setting) -> torch.Tensor:
    """Of a batch; in halves where it does not fit."""
    try:
        with autocast(setting):
            return pair_nats(network, move(batch, setting))
    except (RuntimeError, MemoryError) as error:
        if not faults.is_out_of_memory(error):
            raise
    free_memory(setting)
    halves = batch.halves()
    if halves is None:
        raise faults.does_not_fit()
    return torch.cat([_nats(network, half, setting) for half in halves])


def _tokens_of(part: Part, state: State, name: str) -> SequenceTokens:
    facts = cast("dict[str, Any]", state.facts)[name.rstrip(".")]
    own = State(
        arrays=beginning(state.arrays, name), lists=beginning(state.lists, name), facts=facts
    )
    return SequenceTokens.from_state(part.config.tokenizer, own)
