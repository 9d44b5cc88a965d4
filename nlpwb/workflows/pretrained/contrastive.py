"""Few labels: an encoder of sentences learns which texts share a label, then a linear head learns the labels (SetFit).

Tunstall et al. 2022, "Efficient Few-Shot Learning Without Prompts": of n labelled texts there are n² pairs to learn from, which
moves a network further than n answers do. Pairs are drawn anew in every epoch and never listed.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import numpy as np  # noqa: TID253  only functions import this module
import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.errors import MethodError
from nlpwb.methods.finetuning.heads import Pooling, TextHead
from nlpwb.methods.finetuning.network import (
    FinetunedNetwork,
    epochs_of,
    learning_rate_of,
    move_named_rows,
    schedule_of,
)
from nlpwb.methods.finetuning.sentences import SentenceNetwork
from nlpwb.methods.heads.config import LogregConfig
from nlpwb.methods.heads.linear import Logreg
from nlpwb.methods.networks.tokens import EncodedTexts
from nlpwb.specs import Part
from nlpwb.tasks import Task
from nlpwb.training.checkpoints import Checkpoints
from nlpwb.training.contrasts import (
    ContrastBatches,
    company_loss,
    cosine_loss,
    labelled_pairs,
)
from nlpwb.training.device import Setting
from nlpwb.training.drawn_pairs import LabelledTexts, draw
from nlpwb.training.loop import train
from nlpwb.training.optimizers import groups_of
from nlpwb.training.pairs import Side
from nlpwb.workflows.networks.conditions import Conditions, Made
from nlpwb.workflows.networks.following import follow, recipe_of
from nlpwb.workflows.pretrained.encoding import Manner, encode
from nlpwb.workflows.pretrained.opening import Base

if TYPE_CHECKING:
    from nlpwb.methods.finetuning.config import FinetuneConfig

TRAINING_VERSION = 1
"""Rises when the same config on the same data begins to train something else: old checkpoints are then left alone."""
ITERATIONS = 20
"""Pairs of each kind for every text, as SetFit has them."""
MOST_PAIRS = 4000
"""Of an epoch with ``iterations=auto``: a minute or two of MiniLM on two processor cores."""


def tune_by_contrast(
    part: Part,
    base: Base,
    encoded: EncodedTexts,
    targets: NDArray[Any],
    *,
    task: Task,
    outputs: int,
    seed: int,
    setting: Setting,
    conditions: Conditions,
) -> tuple[FinetunedNetwork, Made]:
    """The body of a base tuned on pairs of texts, with a logistic regression on its vectors as its last layer.

    ``targets``: int64 (n,), or bool (n, outputs) for ``multilabel``.

    Raises:
        MethodError: numbers are to be learned, or the loss exploded.
        TrainingInterrupted: Ctrl-C; what was learnt is kept in ``conditions.checkpoints``.
    """
    config: FinetuneConfig = part.config
    if task == "regression":
        raise MethodError(
            "strategy=contrastive learns from texts that share a label, and the task is regression; write another strategy"
        )
    network = SentenceNetwork(base.body, sentence_pooling(config, base))
    network.requires_grad_(True)
    move_named_rows(base.body, True)
    texts = LabelledTexts(targets)
    count = _pairs_of(texts, config, conditions.note)
    made = _not_trained(setting)
    if count:
        made = _tune(
            part,
            network,
            encoded,
            texts,
            count,
            settled=_settled(config, base),
            seed=seed,
            setting=setting,
            conditions=conditions,
        )
    manner = Manner(network.pooling, 1, normalised=True)
    vectors = encode(
        base.body,
        encoded,
        manner,
        device=conditions.device,
        precision="float32",  # as whoever asks the model will compute them
        threads=setting.threads,
    )
    head = _head(vectors, targets, config, task=task, outputs=outputs, seed=seed)
    return FinetunedNetwork(base.body, head, network.pooling, normalised=True), made


def sentence_pooling(config: FinetuneConfig, base: Base) -> Pooling:
    """What makes a text's vector of those of its tokens; ``auto``: as the base was trained, else the mean."""
    if config.pooling != "auto":
        return cast(Pooling, config.pooling)
    return base.sentences.pooling if base.sentences is not None else "mean"


def _settled(config: FinetuneConfig, base: Base) -> FinetuneConfig:
    return dataclasses.replace(
        config,
        learning_rate=learning_rate_of(config, dim=base.architecture.dim),
        epochs=epochs_of(config),
        schedule=schedule_of(config),
    )


def _pairs_of(texts: LabelledTexts, config: FinetuneConfig, note: Callable[[str], None]) -> int:
    """How many pairs an epoch has at most; none where no two texts share a label, or all of them do."""
    one = draw(texts, 2 * len(texts), np.random.default_rng(0))
    if not len(one):
        kind = "share a label" if texts.lonely == len(texts) else "differ in all their labels"
        note(f"no two texts {kind}: the base stays as it is, and the last layer alone learns")
        return 0
    if texts.lonely:
        note(
            f"{texts.lonely:,} of {len(texts):,} texts share no label with another: they are only told apart"
        )
    if config.iterations != "auto":
        return 2 * config.iterations * len(texts)
    wanted = 2 * ITERATIONS * len(texts)
    if wanted > MOST_PAIRS:
        each = MOST_PAIRS / 2 / len(texts)
        note(
            f"{MOST_PAIRS:,} pairs in an epoch, that is {each:.2g} of each kind for every text; iterations={ITERATIONS} "
            f"would draw {wanted:,}"
        )
    return min(wanted, MOST_PAIRS)


def _tune(
    part: Part,
    network: SentenceNetwork,
    encoded: EncodedTexts,
    texts: LabelledTexts,
    count: int,
    *,
    settled: FinetuneConfig,
    seed: int,
    setting: Setting,
    conditions: Conditions,
) -> Made:
    """Move the body, by ``count`` pairs in each epoch."""
    company = settled.loss == "company"
    data = ContrastBatches(
        Side(encoded.ids, encoded.ends),
        labelled_pairs(
            texts,
            count,
            seed=seed,
            balanced=settled.class_weight == "balanced",
            alike_only=company,
        ),
        tokens=settled.batch_tokens,
        documents=settled.batch_documents,
        seed=seed,
        labels=texts if company else None,
    )
    checkpoints = None
    if conditions.checkpoints is not None:
        identity = _identity(part, encoded, texts.targets, setting=setting, seed=seed)
        checkpoints = Checkpoints(conditions.checkpoints, identity)
    records = train(
        network,
        data,
        company_loss(settled.temperature) if company else cosine_loss(settled.margin),
        recipe_of(settled),
        seed=seed,
        setting=setting,
        checkpoints=checkpoints,
        groups=groups_of(network),
    )
    return follow(records, conditions, epochs=int(settled.epochs), patience=0, tuned_by="")


def _head(
    vectors: NDArray[np.float32],
    targets: NDArray[Any],
    config: FinetuneConfig,
    *,
    task: Task,
    outputs: int,
    seed: int,
) -> TextHead:
    """A logistic regression as a last layer, whose outputs are what softmax (of sets: sigmoid) takes."""
    fitted = Logreg.fit(
        LogregConfig(C=config.C, class_weight=config.class_weight),
        vectors,
        targets,
        labels=outputs,
        seed=seed,
        task=task,
    )
    weights, bias = fitted.weights, fitted.bias
    if len(weights) < outputs:  # two labels: the odds of the second
        weights, bias = (np.concatenate([np.zeros_like(part), part]) for part in (weights, bias))
    head = TextHead(vectors.shape[1], outputs, bend=None)
    with torch.no_grad():
        head.output.weight.copy_(torch.from_numpy(weights))
        head.output.bias.copy_(torch.from_numpy(bias))
    return head


def _identity(
    part: Part, encoded: EncodedTexts, targets: NDArray[Any], *, setting: Setting, seed: int
) -> dict[str, Any]:
    """All that decides the weights: a checkpoint of anything else is none of ours."""
    digest = hashlib.sha256()
    for array in (encoded.ids, encoded.ends, targets):
        digest.update(np.ascontiguousarray(array).tobytes() + b"|")
    return {
        "version": TRAINING_VERSION,
        "method": part.identity(),
        "data": digest.hexdigest(),
        "seed": seed,
        "device": setting.device.type,
        "precision": setting.precision,
        "threads": setting.threads,
        "torch": torch.__version__,
    }


def _not_trained(setting: Setting) -> Made:
    return Made(
        device=str(setting.device),
        precision=setting.precision,
        threads=setting.threads,
        epochs=0,
        best_epoch=0,
        stopped_early=False,
        steps=0,
        resumed=0,
        parameters=0,
        padding=None,
        cut=0,
    )
