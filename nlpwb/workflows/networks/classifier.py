"""A trained network with its tokens: texts to scores, and to what its last layer sees."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np  # noqa: TID253  only functions import this module
import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.catalogue import load
from nlpwb.errors import ModelError
from nlpwb.methods.networks.tokens import EncodedTexts, TextEncoder
from nlpwb.methods.protocol import State, Unknown
from nlpwb.specs import Part
from nlpwb.training.batches import Batch, TextBatches
from nlpwb.training.device import choose_setting
from nlpwb.training.prediction import DOCUMENTS, TOKENS, Call, predict
from nlpwb.training.prediction import outputs as plain_outputs
from nlpwb.workflows.networks.conditions import Made
from nlpwb.workflows.networks.tasks import PROBABILISTIC, Shape, scores_of
from nlpwb.workflows.storage import beginning

if TYPE_CHECKING:
    from nlpwb.methods.networks.config import NetworkConfig

_WEIGHTS, _TOKENS = "weights.", "tokens."


WINDOWS = (64, 256, 1024, 4096)
"""Documents that are read before the first answers, the second, and so on; the last for all others. In large ones there are
more of like length, and there is less padding."""
_SWITCH_SECONDS = 0.0005
T = TypeVar("T")


class NetworkClassifier:
    """Scores texts; ``device`` and ``precision`` say where and in which numbers it computes.

    Not in bf16 unless asked for: there a score depends, in its third digit, on the documents beside it.
    """

    def __init__(
        self,
        part: Part,
        encoder: TextEncoder,
        model: torch.nn.Module,
        shape: Shape,
        *,
        device: str = "auto",
        precision: str = "float32",
        made: Made | None = None,
    ) -> None:
        self.part = part
        self.encoder = encoder
        self.model = model
        self.shape = shape
        self.device = device
        self.precision = precision
        self._made = made

    @property
    def made(self) -> Made:
        """How it trained: of a network that was trained in this process."""
        assert self._made is not None, "read from a folder"
        return self._made

    @property
    def probabilistic(self) -> bool:
        """Whether the scores are probabilities."""
        return self.shape.task in PROBABILISTIC

    @property
    def dimensions(self) -> int:
        """Features of a document before the last layer."""
        return int(self.model.feature_dimensions)  # type: ignore[arg-type]

    def scores(self, texts: Sequence[str], *, threads: int = 1) -> NDArray[np.float64]:
        """Scores, float64 (n, outputs): probabilities, or a value."""
        found = [scores for _, scores in self.stream(iter(texts), str, threads=threads)]
        return np.concatenate(found) if found else np.zeros((0, self.shape.outputs))

    def features(self, texts: Sequence[str], *, threads: int = 1) -> NDArray[np.float32]:
        """What the last layer sees, float32 (n, dimensions)."""
        found = [
            np.asarray(features.numpy(), dtype=np.float32)
            for _, features in self._computed(iter(texts), str, _features, threads)
        ]
        return np.concatenate(found) if found else np.zeros((0, self.dimensions), np.float32)

    def stream(
        self, documents: Iterator[T], text_of: Callable[[T], str], *, threads: int = 1
    ) -> Iterator[tuple[list[T], NDArray[np.float64]]]:
        """Documents as they come, some at a time and in order, with their scores, float64 (n, outputs).

        While the network computes, the next documents are cut into tokens by another thread. They are read by the one that
        asks, so that an interruption meets it where it waits. The first answers come after the first number of
        :data:`WINDOWS`.
        """
        for window, outputs in self._computed(documents, text_of, plain_outputs, threads):
            yield window, scores_of(self.shape, outputs)

    def _computed(
        self, documents: Iterator[T], text_of: Callable[[T], str], call: Call, threads: int
    ) -> Iterator[tuple[list[T], torch.Tensor]]:
        """Documents with what ``call`` makes of them, float32 (n, …)."""
        setting = choose_setting(self.device, self.precision, threads)

        def compute(encoded: EncodedTexts) -> torch.Tensor:
            batches = TextBatches(encoded.ids, encoded.ends, tokens=TOKENS, documents=DOCUMENTS)
            return predict(self.model, batches, setting, call=call)

        def encode(window: list[T]) -> EncodedTexts:
            return self.encoder.encode([text_of(document) for document in window])

        first = list(itertools.islice(documents, WINDOWS[0]))
        if first:
            yield first, compute(encode(first))
        waiting: tuple[list[T], Future[EncodedTexts]] | None = None
        # torch computes in the thread that asks: in another one its own threads would be made anew, and take twice the time
        with _alternating(), ThreadPoolExecutor(1) as other:
            for size in itertools.chain(WINDOWS[1:], itertools.repeat(WINDOWS[-1])):
                window = list(itertools.islice(documents, size))
                if not window:
                    break
                encoding = other.submit(encode, window)
                if waiting is not None:
                    yield waiting[0], compute(waiting[1].result())
                waiting = window, encoding
            if waiting is not None:
                yield waiting[0], compute(waiting[1].result())

    def unknown_tokens(self, texts: Iterable[str]) -> Unknown:
        """The tokens, up to ``max_tokens`` of a text, that are not in the vocabulary."""
        encoded = self.encoder.encode(texts)
        return Unknown(encoded.unknown, encoded.total)

    def state(self) -> State:
        """Weights, tokens, and what the network was built for."""
        tokens = self.encoder.state()
        arrays = {_TOKENS + name: array for name, array in tokens.arrays.items()}
        for name, tensor in self.model.state_dict().items():
            arrays[_WEIGHTS + name] = tensor.detach().cpu().numpy()
        return State(
            arrays=arrays,
            lists={_TOKENS + name: strings for name, strings in tokens.lists.items()},
            facts={"shape": dataclasses.asdict(self.shape), "tokens": dict(tokens.facts)},
        )

    @classmethod
    def from_state(
        cls, part: Part, state: State, *, device: str = "auto", precision: str = "float32"
    ) -> Self:
        """The trained network again.

        Raises:
            ModelError: weights are missing, or are those of another network.
        """
        config: NetworkConfig = part.config
        facts: Any = state.facts
        try:
            shape = Shape(**facts["shape"])
            tokens = State(
                arrays=beginning(state.arrays, _TOKENS),
                lists=beginning(state.lists, _TOKENS),
                facts=facts["tokens"],
            )
            encoder = TextEncoder.from_state(config, tokens)
            model: torch.nn.Module = load(part.entry.code).build(
                dataclasses.replace(config, dim=shape.dim),
                vocabulary=encoder.vocabulary,
                outputs=shape.outputs,
                table=None,
            )
            weights = beginning(state.arrays, _WEIGHTS)
            model.load_state_dict({name: torch.from_numpy(w) for name, w in weights.items()})
        except (KeyError, TypeError, RuntimeError) as error:
            said = str(error).strip().splitlines()[0]
            raise ModelError(
                f"the weights of the {part.name} do not fit its options ({said}); train it again"
            ) from None
        model.eval()
        return cls(part, encoder, model, shape, device=device, precision=precision)


def _features(model: Any, batch: Batch) -> torch.Tensor:
    found: torch.Tensor = model.features(batch.ids, batch.lengths)
    return found


@contextlib.contextmanager
def _alternating() -> Iterator[None]:
    """Let threads take turns often: at Python's 5 ms a network would wait for the tokenizer at every operation."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, _SWITCH_SECONDS))
    try:
        yield
    finally:
        sys.setswitchinterval(before)
