"""A base as the representation of texts: ``pretrained:base=minilm+logreg``. Only the head learns."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np  # noqa: TID253  only functions import this module
import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.cache.store import Cache
from nlpwb.errors import MethodError, ModelError
from nlpwb.methods.finetuning.checkpoint import Body, body_of, written_checkpoint
from nlpwb.methods.finetuning.config import WEIGHTED, PretrainedConfig
from nlpwb.methods.finetuning.configurations import Architecture, architecture_of
from nlpwb.methods.finetuning.mixing import learn_weights, mixed
from nlpwb.methods.finetuning.tensors import Found
from nlpwb.methods.finetuning.tokens import CheckpointTokens
from nlpwb.methods.protocol import State, Targets, Unknown
from nlpwb.tasks import Task
from nlpwb.training.device import choose_setting
from nlpwb.workflows.pretrained.encoding import Manner, encode, manner_of
from nlpwb.workflows.pretrained.memory import TextVectors, vectors_identity
from nlpwb.workflows.pretrained.opening import NO_TOKEN, open_base

_WEIGHTS = "layer_weights"


def check_texts(texts: Sequence[str]) -> None:
    """Refuse training texts of blanks alone.

    Raises:
        MethodError: all of them are.
    """
    if not any(text.strip() for text in texts):
        raise MethodError(NO_TOKEN)


class PretrainedTexts:
    """Texts to vectors by weights that nobody moves; implements ``methods.protocol.Representation``.

    Args:
        config: its options.
        architecture: of the base.
        body: the network.
        tokens: how it cuts texts.
        manner: how the vectors of tokens become one.
        identity: all that decides a text's vector; None where nothing is remembered.
        device: where it computes; ``auto``: a GPU where there is one.
        weights: of the layers, with ``pooling=weighted`` and once they are learned (:meth:`settle`).
    """

    def __init__(
        self,
        config: PretrainedConfig,
        architecture: Architecture,
        body: Body,
        tokens: CheckpointTokens,
        manner: Manner,
        *,
        identity: dict[str, Any] | None = None,
        device: str = "auto",
        weights: NDArray[np.float32] | None = None,
    ) -> None:
        self.config = config
        self.architecture = architecture
        self.body = body
        self.tokens = tokens
        self.manner = manner
        self.identity = identity
        self.device = device
        self.weights = weights
        self._memory: TextVectors | None = None
        self._spared = 0.0

    @classmethod
    def fit(
        cls, config: PretrainedConfig, texts: Sequence[str], *, seed: int, threads: int
    ) -> tuple[Self, NDArray[np.float32]]:
        """Open the base, and read the training texts (:meth:`read`).

        Raises:
            UsageError: a base's name without meaning, or options that it cannot take.
            InputError: a base that is not at hand.
            ModelError: a folder that is no checkpoint.
        """
        del seed
        opened = cls.open(config)
        check_texts(texts)
        return opened, opened.read(texts, threads=threads)

    @classmethod
    def open(
        cls, config: PretrainedConfig, *, cache: Cache | None = None, device: str = "auto"
    ) -> Self:
        """The base of the options on a device; what it makes of texts is kept in ``cache``.

        Raises:
            UsageError, InputError, ModelError: as :meth:`fit`.
        """
        base = open_base(config.base, max_tokens=config.max_tokens)
        manner = manner_of(config, base)
        if manner.layers > 1 and base.architecture.looks_back:
            raise MethodError(
                f"pretrained: layers={manner.layers} averages the blocks of an encoder, and {config.base} is a decoder; "
                "leave it out"
            )
        if manner.every and base.architecture.looks_back:
            raise MethodError(
                f"pretrained: pooling={WEIGHTED} weighs the layers of an encoder, and {config.base} is a decoder; leave it out"
            )
        if manner.layers > base.architecture.shape.layers:
            raise MethodError(
                f"pretrained: layers={manner.layers} is more than the {base.architecture.shape.layers} blocks of {config.base}"
            )
        identity = vectors_identity(config, base, manner, precision=config.precision)
        opened = cls(
            config,
            base.architecture,
            base.body,
            base.tokens,
            manner,
            identity=identity,
            device=device,
        )
        if cache is not None:
            opened._memory = TextVectors(cache, identity)
        return opened

    @property
    def dimensions(self) -> int:
        """Columns of the matrix: the width of the base."""
        return self.architecture.dim

    def settle(
        self, read: NDArray[np.float32], targets: Targets, *, task: Task, outputs: int
    ) -> NDArray[np.float32]:
        """Learn what is learned from labels, the weights of layers, and give the vectors of training texts, float32 (n, d).

        ``read`` is what :meth:`read` gave of them; ``targets`` as heads take them.
        """
        if self.manner.every:
            every = read.reshape(len(read), -1, self.dimensions)
            self.weights = learn_weights(every, targets, task=task, outputs=outputs)
        return self._vectors(read)

    def transform(self, texts: Sequence[str], *, threads: int) -> NDArray[np.float32]:
        """The vectors of texts, float32 (n, d).

        Raises:
            MethodError: layers are to be weighted, and there were no labels to learn the weights from.
        """
        if self.manner.every and self.weights is None:
            raise MethodError(
                f"pretrained: pooling={WEIGHTED} learns the weights of layers from labels, and there are none; `nlpwb train` a "
                f"model with it, or write pooling=mean,layers={min(4, self.architecture.shape.layers)}"
            )
        return self._vectors(self.read(texts, threads=threads))

    def _vectors(self, read: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.weights is None:
            return read
        vectors = mixed(read.reshape(len(read), -1, self.dimensions), self.weights)
        if self.manner.normalised:
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True).clip(min=1e-12)
        return vectors

    def read(self, texts: Sequence[str], *, threads: int) -> NDArray[np.float32]:
        """What the network says of texts: their vectors, float32 (n, d), or those of every layer, (n, layers · d)."""

        def compute(some: Sequence[str]) -> NDArray[np.float32]:
            encoded = self.tokens.encode(some)
            return encode(
                self.body,
                encoded,
                self.manner,
                device=self.device,
                precision=self.config.precision,
                threads=threads,
            )

        if not texts:
            layers = self.architecture.shape.layers + 1 if self.manner.every else 1
            return np.zeros((0, layers * self.dimensions), dtype=np.float32)
        if self._memory is None:
            return compute(texts)
        vectors, spent = self._memory.of(texts, compute)
        self._spared += spent
        return vectors

    def spared_seconds(self) -> float:
        """What the vectors that were found in the cache cost when they were made, in seconds, since this was last asked."""
        seconds, self._spared = self._spared, 0.0
        return seconds

    def precision_here(self, threads: int) -> str:
        """The numbers it computes in on this machine."""
        return choose_setting("auto", self.config.precision, threads).precision

    def unknown_tokens(self, texts: Iterable[str]) -> Unknown:
        """The tokens that stand for what the tokenizer cannot write."""
        encoded = self.tokens.encode(texts)
        return Unknown(encoded.unknown, encoded.total)

    def state(self) -> State:
        """Weights under the field's names, the tokenizer, and what the base was."""
        plain = dataclasses.replace(self.architecture, task="encoder", labels=(), problem=None)
        config, tensors = written_checkpoint(plain, self.body)
        return State(
            arrays={
                **{name: tensor.numpy() for name, tensor in tensors.items()},
                **({} if self.weights is None else {_WEIGHTS: self.weights}),
            },
            lists={"tokenizer": [self.tokens.json]},
            facts={
                "config": config,
                "manner": dataclasses.asdict(self.manner),
                "longest": self.tokens.longest,
            },
        )

    @classmethod
    def from_state(cls, config: PretrainedConfig, state: State) -> Self:
        """The representation again, without the base.

        Raises:
            ModelError: the state is not one of this method.
        """
        from tokenizers import Tokenizer

        facts: Any = state.facts
        try:
            architecture = architecture_of(facts["config"], name=config.base)
            arrays = dict(state.arrays)
            weights = arrays.pop(_WEIGHTS, None)
            tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
            body = body_of(Found(tensors, architecture.family, name=config.base), architecture)
            tokens = CheckpointTokens(
                Tokenizer.from_str(state.lists["tokenizer"][0]),
                vocabulary=body.embedding.weight.shape[0],
                longest=int(facts["longest"]),
                name=config.base,
            )
            manner = Manner(**facts["manner"])
        except (KeyError, TypeError, IndexError) as error:
            raise ModelError(
                f"the model holds no base as this version keeps it ({error}); train it again"
            ) from None
        return cls(config, architecture, body, tokens, manner, weights=weights)
