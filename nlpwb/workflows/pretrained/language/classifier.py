"""A language model of ours that was taught to label: texts to scores, and its state."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Self, cast

import torch  # noqa: TID253  only functions import this module

from nlpwb.catalogue import load
from nlpwb.errors import ModelError
from nlpwb.methods.finetuning.concat_head import ConcatHead
from nlpwb.methods.finetuning.language import LanguageTextNetwork
from nlpwb.methods.finetuning.language_tokens import DocumentTokens
from nlpwb.methods.networks.sequence_tokens import SequenceTokens
from nlpwb.methods.protocol import State
from nlpwb.specs import Part, parse_spec
from nlpwb.workflows.networks.classifier import NetworkClassifier
from nlpwb.workflows.networks.conditions import Made
from nlpwb.workflows.networks.tasks import Shape
from nlpwb.workflows.storage import beginning

LANGUAGE = "language"
"""The fact by which a state is known to be one of these."""
_WEIGHTS, _TOKENS = "weights.", "tokens."


class LanguageClassifier(NetworkClassifier):
    """Scores texts as every network does.

    Args:
        language: what the language model was trained by.
        documents: how texts are cut.
    """

    def __init__(
        self,
        part: Part,
        language: Part,
        documents: DocumentTokens,
        model: LanguageTextNetwork,
        shape: Shape,
        *,
        device: str = "auto",
        precision: str = "float32",
        made: Made | None = None,
    ) -> None:
        super().__init__(
            part, cast(Any, documents), model, shape, device=device, precision=precision, made=made
        )
        self.language = language
        self.documents = documents

    def write_beside(self, folder: Path) -> None:
        """Nothing: no other library has such a network."""

    def state(self) -> State:
        """Weights, tokens, and what the network was built for."""
        network = cast(LanguageTextNetwork, self.model)
        tokens = self.documents.tokens.state()
        arrays = {_TOKENS + name: array for name, array in tokens.arrays.items()}
        for name, tensor in network.state_dict().items():
            arrays[_WEIGHTS + name] = tensor.detach().cpu().numpy()
        return State(
            arrays=arrays,
            lists={_TOKENS + name: strings for name, strings in tokens.lists.items()},
            facts={
                LANGUAGE: str(self.language),
                "shape": dataclasses.asdict(self.shape),
                "tokens": dict(tokens.facts),
                "longest": self.documents.longest,
                "window": network.window,
            },
        )

    @classmethod
    def from_state(
        cls, part: Part, state: State, *, device: str = "auto", precision: str = "float32"
    ) -> Self:
        """The trained network again; neither the language model's folder nor the texts are needed.

        Raises:
            ModelError: weights are missing, or are those of another network.
        """
        facts: Any = state.facts
        try:
            language = parse_spec(facts[LANGUAGE]).representation
            shape = Shape(**facts["shape"])
            kept = State(
                arrays=beginning(state.arrays, _TOKENS),
                lists=beginning(state.lists, _TOKENS),
                facts=facts["tokens"],
            )
            tokens = SequenceTokens.from_state(language.config.tokenizer, kept)
            weights = {
                name: torch.from_numpy(array)
                for name, array in beginning(state.arrays, _WEIGHTS).items()
            }
            body = load(language.entry.code).build(language.config, vocabulary=tokens.vocabulary)
            head = ConcatHead(
                weights["head.dense.weight"].shape[1] // 3,
                shape.outputs,
                hidden=len(weights["head.dense.bias"]),
            )
            network = LanguageTextNetwork(body, head, window=facts["window"])
            network.load_state_dict(weights)
        except (KeyError, TypeError, RuntimeError) as error:
            said = str(error).strip().splitlines()[0]
            raise ModelError(
                f"the model holds no tuned language model as this version keeps it ({said}); train it again"
            ) from None
        documents = DocumentTokens(tokens, longest=int(facts["longest"]))
        return cls(
            part, language, documents, network.eval(), shape, device=device, precision=precision
        )
