"""One training of a classifier: what the loop is given, and by what its weights are judged."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np  # noqa: TID253  only functions import this module
import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.methods.networks.tokens import EncodedTexts
from nlpwb.specs import Part
from nlpwb.tasks import Task
from nlpwb.training.batches import TextBatches, as_targets
from nlpwb.training.checkpoints import Checkpoints
from nlpwb.training.device import Setting
from nlpwb.training.loop import train
from nlpwb.training.losses import supervised
from nlpwb.training.optimizers import Group, groups_of
from nlpwb.training.prediction import predict
from nlpwb.training.records import Judgement
from nlpwb.workflows.networks.conditions import Conditions, Made
from nlpwb.workflows.networks.embeddings import embedding_identity
from nlpwb.workflows.networks.following import follow, recipe_of
from nlpwb.workflows.networks.tasks import TUNED_BY, Shape, loss_of, scores_of, tuning_score

if TYPE_CHECKING:
    from nlpwb.methods.finetuning.config import FinetuneConfig
    from nlpwb.methods.networks.config import NetworkConfig

TRAINING_VERSION = 1
"""Rises when the same config on the same data begins to train something else: old checkpoints are then left alone."""


@dataclasses.dataclass(frozen=True)
class Run:
    """One training: its method and where it takes place.

    Args:
        groups: what of a network moves, how fast and from when on.
        betas: of AdamW; None: the usual ones.
        start: names the first weights, where these do not follow from method, texts and seed.
    """

    part: Part
    config: NetworkConfig | FinetuneConfig
    conditions: Conditions
    setting: Setting
    task: Task
    groups: Callable[[torch.nn.Module], Sequence[Group]] = groups_of
    betas: tuple[float, float] | None = None
    start: str = ""

    def train(
        self,
        model: torch.nn.Module,
        encoded: EncodedTexts,
        shape: Shape,
        targets: NDArray[Any],
        tuning: NDArray[np.bool_] | None,
        *,
        seed: int,
    ) -> Made:
        """Move the weights of ``model`` until it is done; ``tuning`` are the rows that judge, and are not trained on."""
        config = self.config
        wanted = self._wanted(targets, shape)
        trained = np.ones(len(encoded), dtype=bool) if tuning is None else ~tuning
        pointwise = loss_of(self.task, config, targets[trained], shape.outputs)
        judge = None
        if tuning is not None:
            judge = self._judge(encoded, targets, wanted, tuning, shape, pointwise)
        checkpoints = None
        if self.conditions.checkpoints is not None:
            identity = self._identity(encoded, wanted, shape, seed)
            checkpoints = Checkpoints(self.conditions.checkpoints, identity)
        recipe = recipe_of(config)
        if self.betas is not None:
            recipe = dataclasses.replace(recipe, betas=self.betas)
        records = train(
            model,
            self._batches(encoded, trained, wanted, seed=seed),
            supervised(pointwise),
            recipe,
            seed=seed,
            setting=self.setting,
            judge=judge,
            checkpoints=checkpoints,
            groups=self.groups(model),
        )
        return follow(
            records,
            self.conditions,
            epochs=int(config.epochs),
            patience=config.patience,
            tuned_by=TUNED_BY[self.task],
        )

    def _wanted(self, targets: NDArray[Any], shape: Shape) -> NDArray[Any]:
        """Targets as the loss takes them: numbers standardised."""
        if self.task == "regression":
            return np.asarray((targets - shape.mean) / shape.deviation, dtype=np.float32)
        return targets

    def _batches(
        self,
        encoded: EncodedTexts,
        rows: NDArray[np.bool_],
        targets: NDArray[Any] | None,
        *,
        seed: int,
    ) -> TextBatches:
        return TextBatches(
            encoded.ids,
            encoded.ends,
            targets,
            rows=np.flatnonzero(rows),
            tokens=self.config.batch_tokens,
            documents=self.config.batch_documents,
            seed=seed,
        )

    def _judge(
        self,
        encoded: EncodedTexts,
        targets: NDArray[Any],
        wanted: NDArray[Any],
        rows: NDArray[np.bool_],
        shape: Shape,
        pointwise: Callable[..., tuple[torch.Tensor, int]],
    ) -> Callable[[torch.nn.Module], Judgement]:
        """The judge of the loop: the score on the tuning rows, and their loss for the record."""
        batches = self._batches(encoded, rows, None, seed=0)
        truth = as_targets(wanted[rows])
        score = tuning_score(self.task, targets[rows])
        name = TUNED_BY[self.task]

        def judge(model: torch.nn.Module) -> Judgement:
            outputs = predict(model, batches, self.setting)
            value = score(scores_of(shape, outputs))
            total, count = pointwise(outputs, truth)
            figures = {name: value, "loss": float(total) / count}
            return Judgement(value, self.task != "regression", figures)

        return judge

    def _identity(
        self, encoded: EncodedTexts, wanted: NDArray[Any], shape: Shape, seed: int
    ) -> dict[str, Any]:
        """All that decides the weights: a checkpoint of anything else is none of ours."""
        digest = hashlib.sha256()
        for array in (encoded.ids, encoded.ends, wanted):
            digest.update(np.ascontiguousarray(array).tobytes())
        return {
            "version": TRAINING_VERSION,
            "method": self.part.identity(),
            "embeddings": None
            if self.part.entry.based
            else embedding_identity(self.part.config, self.part.name),
            "data": digest.hexdigest(),
            **({"start": self.start} if self.start else {}),
            "shape": dataclasses.asdict(shape),
            "seed": seed,
            "device": self.setting.device.type,
            "precision": self.setting.precision,
            "threads": self.setting.threads,
            "torch": torch.__version__,
        }
