"""A fine-tuned network that labels words, with its tokens; and as the field's libraries keep it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np  # noqa: TID253  only functions import this module
import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.bases.files import CONFIG
from nlpwb.bases.tokenizers import TOKENIZER
from nlpwb.errors import ModelError
from nlpwb.methods.finetuning.checkpoint import body_of, head_of, written_checkpoint
from nlpwb.methods.finetuning.configurations import Architecture, architecture_of
from nlpwb.methods.finetuning.heads import TokenHead
from nlpwb.methods.finetuning.tagging import TaggingNetwork, Windows, WordTokens
from nlpwb.methods.finetuning.tensors import Found
from nlpwb.methods.finetuning.tokens import CheckpointTokens
from nlpwb.methods.protocol import State
from nlpwb.specs import Part
from nlpwb.training.batches import TextBatches
from nlpwb.training.device import Setting, choose_setting
from nlpwb.training.prediction import DOCUMENTS, TOKENS, Call, outputs, predict_batches
from nlpwb.workflows.networks.classifier import WINDOWS
from nlpwb.workflows.networks.conditions import Made

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Tagged:
    """What is said of a sentence's words: ``tags``, and of each its probability, float64 (words,)."""

    tags: list[str]
    probabilities: NDArray[np.float64]


class Tagger:
    """Labels words.

    Args:
        part: what it was trained by.
        architecture: of the body; ``labels`` are those of the words, in the order of the outputs.
        plain: whether labels say no entities.
        device: where it computes; ``precision``: in which numbers.
        made: how it trained; None where it was read from a folder.
    """

    def __init__(
        self,
        part: Part,
        tokens: CheckpointTokens,
        network: TaggingNetwork,
        architecture: Architecture,
        *,
        plain: bool,
        seed: int,
        device: str = "auto",
        precision: str = "float32",
        made: Made | None = None,
    ) -> None:
        self.part = part
        self.tokens = tokens
        self.words = WordTokens(tokens)
        self.network = network
        self.architecture = architecture
        self.plain = plain
        self.seed = seed
        self.device = device
        self.precision = precision
        self._made = made

    @property
    def labels(self) -> tuple[str, ...]:
        """All that a word may be."""
        return self.architecture.labels

    @property
    def made(self) -> Made:
        """How it trained: of one that was trained in this process."""
        assert self._made is not None, "read from a folder"
        return self._made

    def tag(self, sentences: Sequence[Sequence[str]], *, threads: int = 1) -> list[Tagged]:
        """The labels of sentences' words, of every one; a sentence without words has none."""
        return [tagged for _, tagged in self.stream(sentences, list, threads=threads)]

    def stream(
        self, items: Iterable[T], words_of: Callable[[T], Sequence[str]], *, threads: int = 1
    ) -> Iterator[tuple[T, Tagged]]:
        """Items as they come, in order, with the labels of their words; so many at a time as a classifier reads."""
        setting = choose_setting(self.device, self.precision, threads)
        waiting = iter(items)
        for size in itertools.chain(WINDOWS, itertools.repeat(WINDOWS[-1])):
            window = list(itertools.islice(waiting, size))
            if not window:
                return
            yield from zip(
                window, self._tagged([words_of(one) for one in window], setting), strict=True
            )

    def _tagged(self, sentences: Sequence[Sequence[str]], setting: Setting) -> list[Tagged]:
        held = [number for number, sentence in enumerate(sentences) if sentence]
        found = [Tagged([], np.zeros(0)) for _ in sentences]
        if not held:
            return found
        windows = self.words.encode([sentences[number] for number in held])
        logits = by_word(self.network, windows, setting)
        probabilities = torch.from_numpy(logits).double().softmax(dim=1).numpy()
        best = probabilities.argmax(axis=1)
        ends = np.cumsum([len(sentences[number]) for number in held])
        for number, end in zip(held, ends.tolist(), strict=True):
            part = slice(end - len(sentences[number]), end)
            found[number] = Tagged(
                [self.labels[label] for label in best[part].tolist()],
                probabilities[part][np.arange(len(best[part])), best[part]],
            )
        return found

    def state(self) -> State:
        """Weights under the field's names, the tokenizer, and what the network was built for."""
        config, tensors = written_checkpoint(
            self.architecture, self.network.body, self.network.head, labels=self.labels
        )
        return State(
            arrays={name: tensor.numpy() for name, tensor in tensors.items()},
            lists={"tokenizer": [self.tokens.json]},
            facts={
                "native": True,
                "config": config,
                "longest": self.tokens.longest,
                "plain": self.plain,
            },
        )

    def write_beside(self, folder: Path) -> None:
        """Write what the field's libraries read beside the weights into a model's folder."""
        config, _ = written_checkpoint(self.architecture, self.network.body, labels=self.labels)
        text = json.dumps(config, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        (folder / CONFIG).write_text(text, encoding="utf-8", errors="backslashreplace")
        (folder / TOKENIZER).write_text(self.tokens.json, encoding="utf-8")

    @classmethod
    def from_state(
        cls,
        part: Part,
        state: State,
        *,
        seed: int,
        device: str = "auto",
        precision: str = "float32",
    ) -> Self:
        """The trained network again.

        Raises:
            ModelError: weights are missing, or are those of another network.
        """
        from tokenizers import Tokenizer

        facts: Any = state.facts
        try:
            architecture = architecture_of(facts["config"], name="the model")
            tensors = {name: torch.from_numpy(array) for name, array in state.arrays.items()}
            found = Found(tensors, architecture.family, name="the model")
            body = body_of(found, architecture)
            head = head_of(architecture, "tokens", outputs=len(architecture.labels))
            assert isinstance(head, TokenHead)
            found.fill(head, architecture.family.tokens)
            tokens = CheckpointTokens(
                Tokenizer.from_str(state.lists["tokenizer"][0]),
                vocabulary=body.embedding.weight.shape[0],
                longest=int(facts["longest"]),
                name="the model",
            )
            plain = bool(facts["plain"])
        except (KeyError, TypeError, IndexError) as error:
            raise ModelError(
                f"the model holds no tagger as this version keeps it ({error}); train it again"
            ) from None
        network = TaggingNetwork(body, head).eval()
        return cls(
            part,
            tokens,
            network,
            architecture,
            plain=plain,
            seed=seed,
            device=device,
            precision=precision,
        )


def by_word(
    model: torch.nn.Module,
    windows: Windows,
    setting: Setting,
    *,
    rows: NDArray[np.int64] | None = None,
    call: Call = outputs,
) -> NDArray[np.float32]:
    """``call``'s outputs of each word, float32 (words, …), in the order of ``rows`` (rising), or of all windows."""
    batches = TextBatches(windows.ids, windows.ends, rows=rows, tokens=TOKENS, documents=DOCUMENTS)
    found: dict[int, NDArray[np.float32]] = {}
    for numbers, values in predict_batches(model, batches, setting, call=call):
        order = numbers.tolist()
        parts = np.split(values.numpy(), np.cumsum(windows.words[order])[:-1])
        found.update(zip(order, parts, strict=True))
    return np.concatenate([found[number] for number in sorted(found)])
