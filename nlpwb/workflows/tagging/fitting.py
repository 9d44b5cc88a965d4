"""Labelled words to a fine-tuned network: the base, its new head, what of it learns, and the loop."""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import numpy as np  # noqa: TID253  only functions import this module
import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253
from torch import Tensor, nn  # noqa: TID253

from nlpwb.data.conll import TaggedCorpus
from nlpwb.errors import MethodError
from nlpwb.evaluation.entities import entity_counts, word_accuracy
from nlpwb.methods.finetuning.checkpoint import head_of
from nlpwb.methods.finetuning.heads import TokenHead
from nlpwb.methods.finetuning.lora import merge
from nlpwb.methods.finetuning.network import (
    HeadOnVectors,
    choose_trained,
    epochs_of,
    learning_rate_of,
    schedule_of,
    shares,
)
from nlpwb.methods.finetuning.tagging import TaggingNetwork, Windows, WordTokens
from nlpwb.specs import Part
from nlpwb.training.batches import Batch, TextBatches
from nlpwb.training.checkpoints import Checkpoints
from nlpwb.training.device import Setting, choose_setting
from nlpwb.training.loop import train
from nlpwb.training.losses import Pointwise
from nlpwb.training.optimizers import Group, groups_of
from nlpwb.training.prediction import predict
from nlpwb.training.records import Judgement
from nlpwb.workflows.networks.conditions import Conditions, Made
from nlpwb.workflows.networks.following import follow, in_memory, percent, recipe_of
from nlpwb.workflows.networks.tasks import LEAST_TUNING, loss_of
from nlpwb.workflows.pretrained.finetuning import check_adapter, write_adapter
from nlpwb.workflows.pretrained.opening import open_base
from nlpwb.workflows.tagging.tagger import Tagger, by_word

if TYPE_CHECKING:
    from nlpwb.methods.finetuning.config import FinetuneConfig

TRAINING_VERSION = 1
"""Rises when the same config on the same data begins to train something else: old checkpoints are then left alone."""
_LEAST_STEPS, _MOST_EPOCHS = 200, 20
STRATEGIES = ("full", "frozen", "layers", "bitfit", "lora")


def finetune_tagger(
    part: Part, corpus: TaggedCorpus, *, seed: int, threads: int, conditions: Conditions
) -> Tagger:
    """Train what the strategy of ``part`` names, and a head over words.

    With ``patience`` a part of the sentences tells when it should end: by the F1 of entities, or, where labels say none, by the
    share of words that are right.

    Raises:
        UsageError: a base's name without meaning, a device or a precision that is not there.
        InputError: a base that is not at hand.
        ModelError: a folder that is no checkpoint.
        MethodError: an option that concerns whole texts, the loss exploded, or memory did not suffice.
        TrainingInterrupted: Ctrl-C; what was learnt is kept in ``conditions.checkpoints``.
    """
    config: FinetuneConfig = part.config
    _check(config)
    note = conditions.note
    setting = choose_setting(conditions.device, conditions.precision, threads)
    for line in setting.notes:
        note(line)
    base = open_base(config.base, max_tokens=config.max_tokens)
    check_adapter(conditions.adapter, base)
    labels = corpus.labels
    numbers = {label: number for number, label in enumerate(labels)}
    targets = [[numbers[tag] for tag in tags] for tags in corpus.tags]
    windows = WordTokens(base.tokens).encode(corpus.words, targets)
    if windows.divided:
        note(
            f"{percent(windows.divided / len(corpus))} of the sentences are longer than {base.tokens.longest:,} tokens "
            "(max_tokens), and are read in windows that end between words"
        )
    tuning = _tuning_part(config, len(corpus), seed=seed)
    if config.patience > 0 and tuning is None:
        note(
            f"no tuning part ({len(corpus):,} sentences are too few to divide): training takes all epochs"
        )
    torch.manual_seed(seed)
    head = head_of(base.architecture, "tokens", outputs=len(labels), found=base.found)
    assert isinstance(head, TokenHead)
    network = TaggingNetwork(base.body, head)
    choose_trained(network.body, config)
    learns, every = shares(network)
    note(
        f"{learns:,} of {every:,} weights learn ({percent(learns / every)}); strategy={config.strategy}"
    )
    settled = dataclasses.replace(
        config,
        learning_rate=learning_rate_of(config, dim=base.architecture.dim),
        epochs=_epochs(config, len(windows)),
        schedule=schedule_of(config),
    )
    run = _Run(part, settled, conditions, setting, windows, targets, corpus.tags, labels, tuning)
    with in_memory():
        made = (
            run.train_head(network, seed)
            if config.strategy == "frozen"
            else run.train(network, seed)
        )
    if conditions.adapter is not None:
        write_adapter(conditions.adapter, network, base, config, note=note)
    merge(network)
    network.requires_grad_(True).eval()
    architecture = dataclasses.replace(
        base.architecture, task="tokens", labels=tuple(labels), problem=None
    )
    return Tagger(
        part,
        base.tokens,
        network,
        architecture,
        plain=corpus.scheme == "plain",
        seed=seed,
        device=conditions.device,
        made=made.weighed(learns, every),
    )


def _check(config: FinetuneConfig) -> None:
    if config.strategy not in STRATEGIES:
        raise MethodError(
            f"strategy={config.strategy} concerns whole texts, and --task tokens labels words; take one of "
            f"{', '.join(STRATEGIES)}"
        )
    if config.pooling != "auto":
        raise MethodError(
            f"pooling={config.pooling} makes one vector of a text, and --task tokens labels its words; leave it out"
        )


def _epochs(config: FinetuneConfig, windows: int) -> int:
    """The passes of ``epochs=auto``: those of texts, and of few sentences as many as make 200 steps, but 20 at most.

    A head over words has a row for each label to learn from nothing, and three passes over some hundred sentences are some
    dozens of steps (Mosbach, Andriushchenko & Klakow 2021, ICLR, section 6: 20 epochs on small sets).
    """
    usual = epochs_of(config)
    if config.epochs != "auto" or config.strategy == "frozen":
        return usual
    steps = math.ceil(windows / config.batch_documents)
    return max(usual, min(_MOST_EPOCHS, math.ceil(_LEAST_STEPS / steps)))


def _tuning_part(config: FinetuneConfig, sentences: int, *, seed: int) -> NDArray[np.bool_] | None:
    """The sentences that are kept from training to tell when it should end, bool (sentences,)."""
    if config.patience == 0:
        return None
    count = round(config.tuning * sentences)
    if count < LEAST_TUNING or count == sentences:
        return None
    chosen = np.zeros(sentences, dtype=bool)
    chosen[np.random.default_rng(seed).permutation(sentences)[:count]] = True
    return chosen


@dataclasses.dataclass(frozen=True)
class _Run:
    """One training: its method, its words, and where it takes place."""

    part: Part
    config: FinetuneConfig
    conditions: Conditions
    setting: Setting
    windows: Windows
    targets: list[list[int]]
    tags: list[list[str]]
    labels: list[str]
    tuning: NDArray[np.bool_] | None

    @property
    def tuned_by(self) -> str:
        """What the tuning part is judged by."""
        says_entities = any(label.startswith("B") for label in self.labels)
        return "entity F1" if says_entities else "accuracy"

    def train(self, network: TaggingNetwork, seed: int) -> Made:
        """Move the weights that learn."""
        windows = self.windows
        kept = np.zeros(len(windows), dtype=bool)
        if self.tuning is not None:
            kept = self.tuning[windows.sentences]
        batches = TextBatches(
            windows.ids,
            windows.ends,
            rows=np.flatnonzero(~kept),
            tokens=self.config.batch_tokens,
            documents=self.config.batch_documents,
            seed=seed,
        )
        pointwise = self._pointwise()

        def loss(model: nn.Module, batch: Batch) -> tuple[Tensor, int]:
            tagging = cast(TaggingNetwork, model)
            _, marks = tagging.parted(batch.ids)
            return pointwise(model(batch.ids, batch.lengths), marks[marks > 0] - 1)

        def judge(model: nn.Module) -> Judgement:
            return self._judged(
                by_word(model, windows, self.setting, rows=np.flatnonzero(kept)), pointwise
            )

        return self._follow(
            network, batches, loss, judge, seed, groups=_groups(network, self.config)
        )

    def train_head(self, network: TaggingNetwork, seed: int) -> Made:
        """Move the weights of the head on vectors of words that the body makes once."""
        vectors = by_word(network, self.windows, self.setting, call=_states)
        kept = np.zeros(len(vectors), dtype=bool)
        if self.tuning is not None:
            kept = np.repeat(self.tuning, [len(words) for words in self.targets])
        numbers = np.arange(len(vectors))
        every = np.array([label for words in self.targets for label in words], dtype=np.int64)
        # as many words as a batch of sentences has
        at_once = max(1, round(self.config.batch_documents * len(every) / len(self.targets)))
        sizes: Any = {"tokens": at_once, "documents": at_once}
        pointwise = self._pointwise()

        def loss(model: nn.Module, batch: Batch) -> tuple[Tensor, int]:
            assert batch.targets is not None
            return pointwise(model(batch.ids, batch.lengths), batch.targets)

        def judge(model: nn.Module) -> Judgement:
            rows = TextBatches(numbers, numbers + 1, rows=np.flatnonzero(kept), **sizes)
            return self._judged(predict(model, rows, self.setting).numpy(), pointwise)

        return self._follow(
            HeadOnVectors(network.head, torch.from_numpy(vectors)),
            TextBatches(
                numbers, numbers + 1, every, rows=np.flatnonzero(~kept), seed=seed, **sizes
            ),
            loss,
            judge,
            seed,
            groups=groups_of(network.head),
        )

    def _pointwise(self) -> Pointwise:
        learned = [
            label
            for number, words in enumerate(self.targets)
            if self.tuning is None or not self.tuning[number]
            for label in words
        ]
        found: Pointwise = loss_of(
            "classify", self.config, np.array(learned, dtype=np.int64), len(self.labels)
        )
        return found

    def _judged(self, logits: NDArray[np.float32], pointwise: Pointwise) -> Judgement:
        """Entity F1 (or accuracy) and loss of the words of the tuning sentences, in their order."""
        assert self.tuning is not None
        rows = np.flatnonzero(self.tuning).tolist()
        best = iter(logits.argmax(axis=1).tolist())
        truth = [self.tags[row] for row in rows]
        said = [[self.labels[next(best)] for _ in tags] for tags in truth]
        wanted = torch.tensor([label for row in rows for label in self.targets[row]])
        total, count = pointwise(torch.from_numpy(logits), wanted)
        accuracy = word_accuracy(truth, said)
        f1 = entity_counts(truth, said).overall.f1
        value = f1 if self.tuned_by == "entity F1" else accuracy
        figures = {self.tuned_by: value, "accuracy": accuracy, "loss": float(total) / count}
        return Judgement(value, True, figures)

    def _follow(
        self,
        model: nn.Module,
        batches: TextBatches,
        loss: Callable[[nn.Module, Batch], tuple[Tensor, int]],
        judge: Callable[[nn.Module], Judgement],
        seed: int,
        *,
        groups: list[Group],
    ) -> Made:
        checkpoints = None
        if self.conditions.checkpoints is not None:
            checkpoints = Checkpoints(self.conditions.checkpoints, self._identity(seed))
        records = train(
            model,
            batches,
            loss,
            recipe_of(self.config),
            seed=seed,
            setting=self.setting,
            judge=None if self.tuning is None else judge,
            checkpoints=checkpoints,
            groups=groups,
        )
        return follow(
            records,
            self.conditions,
            epochs=int(self.config.epochs),
            patience=self.config.patience,
            tuned_by=self.tuned_by,
        )

    def _identity(self, seed: int) -> dict[str, Any]:
        """All that decides the weights: a checkpoint of anything else is none of ours."""
        digest = hashlib.sha256()
        for array in (self.windows.ids, self.windows.ends, self.windows.sentences):
            digest.update(np.ascontiguousarray(array).tobytes())
        return {
            "version": TRAINING_VERSION,
            "task": "tokens",
            "method": self.part.identity(),
            "data": digest.hexdigest(),
            "labels": self.labels,
            "seed": seed,
            "device": self.setting.device.type,
            "precision": self.setting.precision,
            "threads": self.setting.threads,
            "torch": torch.__version__,
        }


def _states(model: Any, batch: Batch) -> Tensor:
    found: Tensor = model.states(batch.ids, batch.lengths)
    return found


def _groups(network: TaggingNetwork, config: FinetuneConfig) -> list[Group]:
    return [*groups_of(network.body), *groups_of(network.head, rate=config.head_rate)]
