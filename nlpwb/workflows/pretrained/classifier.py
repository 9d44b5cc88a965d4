"""A fine-tuned network with its tokens: texts to scores; and as the field's libraries keep it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, Self, cast

import torch  # noqa: TID253  only functions import this module

from nlpwb.bases.files import CONFIG
from nlpwb.bases.sentences import SentenceSettings, write_padding, write_sentence_settings
from nlpwb.bases.tokenizers import TOKENIZER
from nlpwb.errors import ModelError
from nlpwb.methods.finetuning.checkpoint import body_of, head_of, written_checkpoint
from nlpwb.methods.finetuning.concat_head import ConcatHead
from nlpwb.methods.finetuning.configurations import Architecture, architecture_of
from nlpwb.methods.finetuning.families import GPT2
from nlpwb.methods.finetuning.heads import Pooling, TextHead
from nlpwb.methods.finetuning.network import FinetunedNetwork
from nlpwb.methods.finetuning.pairs import PairTokens
from nlpwb.methods.finetuning.tensors import Found
from nlpwb.methods.finetuning.tokens import CheckpointTokens
from nlpwb.methods.finetuning.wrapped import WrappedShape
from nlpwb.methods.protocol import State
from nlpwb.specs import Part
from nlpwb.tasks import Task
from nlpwb.workflows.networks.classifier import NetworkClassifier
from nlpwb.workflows.networks.conditions import Made
from nlpwb.workflows.networks.tasks import Shape
from nlpwb.workflows.storage import beginning

PROBLEMS: dict[Task, str] = {
    "classify": "single_label_classification",
    "multilabel": "multi_label_classification",
    "regression": "regression",
}
"""What a task is called in ``config.json``."""
CONCAT = "concat."
"""Begins the names of a head's tensors that no other library has."""


class FinetunedClassifier(NetworkClassifier):
    """Scores texts as every network does; its weights stand under the field's names.

    Args:
        architecture: of the body; ``labels`` are those of the head.

    Where its network reads pairs, so does it (:mod:`nlpwb.text.pairs`).
    """

    def __init__(
        self,
        part: Part,
        tokens: CheckpointTokens,
        model: FinetunedNetwork,
        shape: Shape,
        architecture: Architecture,
        *,
        device: str = "auto",
        precision: str = "float32",
        made: Made | None = None,
    ) -> None:
        reads: Any = PairTokens(tokens) if model.pairs else tokens
        super().__init__(part, reads, model, shape, device=device, precision=precision, made=made)
        self.architecture = architecture
        self.tokens = tokens

    @property
    def network(self) -> FinetunedNetwork:
        """The network."""
        return cast(FinetunedNetwork, self.model)

    @property
    def exchanged(self) -> bool:
        """Whether the field's libraries know a network of this form: its family's head, on what its family puts before it."""
        if isinstance(self.architecture.shape, WrappedShape):
            return False
        usual = self.architecture.family.text_head
        return (
            self.network.pooling == usual.pooling
            and self.network.head.bend == usual.bend
            and not self.network.normalised
        )

    def state(self) -> State:
        """Weights under the field's names, the tokenizer, and what the network was built for."""
        head = self.network.head
        concat = isinstance(head, ConcatHead)
        config, tensors = written_checkpoint(
            self.architecture,
            self.network.body,
            None if concat else head,
            labels=self.architecture.labels,
        )
        if concat:
            for name, tensor in head.state_dict().items():
                tensors[CONCAT + name] = tensor.detach().cpu()
        return State(
            arrays={name: tensor.numpy() for name, tensor in tensors.items()},
            lists={"tokenizer": [self.tokens.json]},
            facts={
                "native": True,
                "config": config,
                "shape": dataclasses.asdict(self.shape),
                "pooling": self.network.pooling,
                "bend": self.network.head.bend,
                "normalised": self.network.normalised,
                "offsets": self.network.head.output.bias is not None,
                "longest": self.tokens.longest,
                **({"pairs": True} if self.network.pairs else {}),
            },
        )

    def write_beside(self, folder: Path) -> None:
        """Write what the field's libraries read beside the weights into a model's folder."""
        config, _ = written_checkpoint(
            self.architecture, self.network.body, labels=self.architecture.labels
        )
        if not self.exchanged:  # then nobody else should take its last layer for their own
            config["architectures"] = [self.architecture.family.classes["encoder"]]
        text = json.dumps(config, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        (folder / CONFIG).write_text(text, encoding="utf-8", errors="backslashreplace")
        (folder / TOKENIZER).write_text(self.tokens.json, encoding="utf-8")
        if self.network.normalised:  # its vectors are those of an encoder of sentences
            pooling = self.network.pooling
            assert pooling != "concat", "that is of texts with labels"
            settings = SentenceSettings(pooling, True, self.tokens.longest)
            write_sentence_settings(folder, settings, dim=self.architecture.dim)
            if self.architecture.family is GPT2:  # theirs has no token that fills up a batch
                write_padding(folder, self.tokens.tokens[0])

    @classmethod
    def from_state(
        cls, part: Part, state: State, *, device: str = "auto", precision: str = "float32"
    ) -> Self:
        """The trained network again.

        Raises:
            ModelError: weights are missing, or are those of another network.
        """
        from tokenizers import Tokenizer

        facts: Any = state.facts
        try:
            shape = Shape(**facts["shape"])
            architecture = architecture_of(facts["config"], name="the model")
            tensors = {name: torch.from_numpy(array) for name, array in state.arrays.items()}
            concat = beginning(tensors, CONCAT)
            theirs = {name: one for name, one in tensors.items() if not name.startswith(CONCAT)}
            found = Found(theirs, architecture.family, name="the model")
            body = body_of(found, architecture)
            head: TextHead | ConcatHead
            if facts["pooling"] == "concat":
                head = ConcatHead(architecture.dim, shape.outputs, hidden=len(concat["dense.bias"]))
                head.load_state_dict(concat)
            else:
                head = text_head(
                    architecture,
                    shape.outputs,
                    pooling=facts["pooling"],
                    bend=facts["bend"],
                    offsets=facts.get("offsets"),
                )
                rows = architecture.family.text
                found.fill(head, tuple(r for r in rows if head.bend or "dense" not in r.ours))
            tokens = CheckpointTokens(
                Tokenizer.from_str(state.lists["tokenizer"][0]),
                vocabulary=body.embedding.weight.shape[0],
                longest=int(facts["longest"]),
                name="the model",
            )
        except (KeyError, TypeError, IndexError, RuntimeError) as error:
            raise ModelError(
                f"the model holds no fine-tuned network as this version keeps it ({error}); train it again"
            ) from None
        network = FinetunedNetwork(
            body,
            head,
            cast(Pooling, facts["pooling"]),
            pairs=bool(facts.get("pairs", False)),
            normalised=bool(facts.get("normalised", False)),
        ).eval()
        return cls(part, tokens, network, shape, architecture, device=device, precision=precision)


def text_head(
    architecture: Architecture,
    outputs: int,
    *,
    pooling: str,
    bend: str | None = None,
    found: Found | None = None,
    offsets: bool | None = None,
) -> TextHead:
    """A head for texts: that of the family, or, where it stands on another pooling, one linear layer.

    ``offsets``: whether that layer has them; None: as the family's.
    With ``found`` a layer that the checkpoint holds is taken from there.
    """
    family = architecture.family
    if (found is not None and pooling == family.text_head.pooling) or bend is not None:
        head = head_of(architecture, "text", outputs=outputs, found=found)
        assert isinstance(head, TextHead)
        return head
    return TextHead(
        architecture.dim,
        outputs,
        bend=None,
        offsets=family.text_head.offsets if offsets is None else offsets,
        dropout=architecture.shape.dropout,
    )
