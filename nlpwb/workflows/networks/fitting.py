"""Texts and targets to a trained network: tokens, the tuning part, the first embeddings, the loop, and what is said of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.catalogue import load
from nlpwb.methods.networks.tokens import EncodedTexts, TextEncoder
from nlpwb.specs import Part
from nlpwb.tasks import Task
from nlpwb.training.device import choose_setting
from nlpwb.workflows.networks.classifier import NetworkClassifier
from nlpwb.workflows.networks.conditions import Conditions
from nlpwb.workflows.networks.embeddings import InitialTable, initial_table
from nlpwb.workflows.networks.following import in_memory, percent
from nlpwb.workflows.networks.run import Run
from nlpwb.workflows.networks.tasks import shape_of, tuning_part

if TYPE_CHECKING:
    from nlpwb.methods.networks.config import NetworkConfig


def fit_network(
    part: Part,
    texts: Sequence[str],
    targets: NDArray[Any],
    *,
    task: Task,
    outputs: int,
    seed: int,
    threads: int,
    conditions: Conditions,
) -> NetworkClassifier:
    """Train the network that ``part`` names.

    ``targets``: int64 (n,) label numbers below ``outputs``; bool (n, outputs) for ``multilabel``; float (n,) for ``regression``.
    With the same texts, seed, threads and precision the weights are the same to the bit, however often training was
    interrupted, as long as ``conditions.checkpoints`` is the same folder.

    Raises:
        MethodError: nothing can be learned from these texts, or the loss exploded; the sentence says what to try.
        UsageError: a device or a precision that is not there, embeddings without meaning.
        InputError: a file that an option names cannot be read, or the log cannot be written.
        TrainingInterrupted: Ctrl-C; what was learnt is kept in ``conditions.checkpoints``.
    """
    config: NetworkConfig = part.config
    note = conditions.note
    setting = choose_setting(conditions.device, conditions.precision, threads)
    for line in setting.notes:
        note(line)
    encoder, encoded = TextEncoder.fit_encode(config, texts)
    _say_tokens(encoded, encoder, config, note)
    table = _first_rows(part, encoded, encoder, seed=seed, conditions=conditions)
    if table is not None:
        config = dataclasses.replace(config, dim=table.rows.shape[1])
    shape = shape_of(task, outputs, config.dim, targets)
    tuning = None
    if config.patience > 0:
        tuning, why_none = tuning_part(task, targets, share=config.tuning, seed=seed)
        if tuning is None:
            note(f"no tuning part ({why_none}): training takes all {config.epochs} epochs")
    torch.manual_seed(seed)
    with in_memory():
        model: torch.nn.Module = load(part.entry.code).build(
            config,
            vocabulary=encoder.vocabulary,
            outputs=outputs,
            table=None if table is None else torch.from_numpy(table.rows),
        )
        made = Run(part, config, conditions, setting, task).train(
            model, encoded, shape, targets, tuning, seed=seed
        )
    made = dataclasses.replace(
        made,
        cut=encoded.cut,
        covered=None if table is None else table.covered,
        earlier_seconds=made.earlier_seconds + (0.0 if table is None else table.spared),
    )
    model.eval()
    return NetworkClassifier(
        part,
        encoder,
        model,
        shape,
        device=conditions.device,
        made=made,
    )


def _say_tokens(
    encoded: EncodedTexts, encoder: TextEncoder, config: NetworkConfig, note: Callable[[str], None]
) -> None:
    documents = len(encoded)
    note(
        f"{encoded.total:,} tokens ({config.tokenizer}) of {encoder.vocabulary:,} in the vocabulary"
        + (
            f"; {percent(encoded.unknown / encoded.total)} of them are not in it"
            if encoded.unknown
            else ""
        )
    )
    if encoded.cut:
        note(
            f"{percent(encoded.cut / documents)} of the documents were cut at {config.max_tokens:,} tokens "
            "(max_tokens)"
        )


def _first_rows(
    part: Part, encoded: EncodedTexts, encoder: TextEncoder, *, seed: int, conditions: Conditions
) -> InitialTable | None:
    """The first embeddings where they are not random; said."""
    table = initial_table(
        part.config, part.name, encoded, encoder.tokens, seed=seed, cache=conditions.cache
    )
    if table is not None:
        width = table.rows.shape[1]
        given_up = (
            "" if width == part.config.dim else f"; theirs takes the place of dim={part.config.dim}"
        )
        conditions.note(
            f"embeddings={part.config.embeddings}: {percent(table.covered)} of the tokens have a vector of "
            f"{width} dimensions, the others begin at random{given_up}"
        )
    return table
