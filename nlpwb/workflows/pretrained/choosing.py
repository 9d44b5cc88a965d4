"""A base goes on learning, whatever it is: a checkpoint of others, or a language model of ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray  # noqa: TID253  only functions import this module

from nlpwb.bases.finding import own_folder
from nlpwb.specs import Part
from nlpwb.tasks import Task
from nlpwb.workflows.networks.conditions import Conditions
from nlpwb.workflows.pretrained import finetuning

if TYPE_CHECKING:
    from nlpwb.methods.finetuning.config import FinetuneConfig
    from nlpwb.workflows.networks.classifier import NetworkClassifier


def finetune(
    part: Part,
    texts: Sequence[str],
    targets: NDArray[Any],
    *,
    task: Task,
    labels: Sequence[str],
    outputs: int,
    seed: int,
    threads: int,
    conditions: Conditions,
    pairs: bool = False,
) -> NetworkClassifier:
    """Train what the strategy of ``part`` names, and a head; arguments and errors as :func:`finetuning.finetune`.

    A language model reads the two texts of a pair one after the other.

    Raises:
        UsageError: options that do nothing with such a base, beside what that function raises.
    """
    config: FinetuneConfig = part.config
    own = own_folder(config.base)
    if own is None:
        return finetuning.finetune(
            part,
            texts,
            targets,
            task=task,
            labels=labels,
            outputs=outputs,
            seed=seed,
            threads=threads,
            conditions=conditions,
            pairs=pairs,
        )
    from nlpwb.workflows.pretrained.language.finetuning import finetune_language_model

    config.check_base(own=True)
    return finetune_language_model(
        part,
        own,
        texts,
        targets,
        task=task,
        outputs=outputs,
        seed=seed,
        threads=threads,
        conditions=conditions,
    )
