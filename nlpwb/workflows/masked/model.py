"""An encoder that says hidden tokens, with its tokens: a folder on disk that is the field's and ours, and a base."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, cast

import torch  # noqa: TID253  only functions import this module

from nlpwb.bases.files import CONFIG
from nlpwb.bases.sentences import SentenceSettings, write_sentence_settings
from nlpwb.bases.tokenizers import TOKENIZER, TOKENIZER_SETTINGS
from nlpwb.errors import ModelError
from nlpwb.methods.finetuning.checkpoint import body_of, head_of, written_checkpoint
from nlpwb.methods.finetuning.configurations import Architecture, architecture_of
from nlpwb.methods.finetuning.masked import MaskedNetwork
from nlpwb.methods.finetuning.tensors import Found
from nlpwb.methods.finetuning.tokens import CheckpointTokens
from nlpwb.methods.protocol import State
from nlpwb.methods.transformer.bert import BertNetwork, MaskedTokenHead
from nlpwb.specs import Part
from nlpwb.training.masking import Marks
from nlpwb.workflows.folders import (
    MASKED_MODEL,
    as_base,
    dated,
    is_checkpoint,
    read_manifest,
    read_states,
    save_folder,
    write_files,
)
from nlpwb.workflows.masked.marks import marks_of, settings_of
from nlpwb.workflows.networks.conditions import Made


@dataclass(frozen=True)
class Judged:
    """How well hidden tokens of some text are said: the share that is right, and their mean -ln p."""

    accuracy: float
    nats: float


@dataclass(frozen=True)
class Learned:
    """From how much a model learned, and how.

    Args:
        tokens: of the training text.
        made: how it trained.
        tuning: how well it says the tuning part; None where there was none.
        before: the same before the first step, of weights that were there.
        commonest: the share of the tuning part's hidden tokens that are its most frequent one.
    """

    tokens: int
    made: Made
    tuning: Judged | None = None
    before: Judged | None = None
    commonest: float | None = None


@dataclass(eq=False)
class MaskedModel:
    """Says what stands where a mask is.

    Args:
        part: what it was trained by.
        tokens: cut texts for it.
        network: body and head.
        architecture: of the body.
        settings: of the tokenizer, as the field's libraries keep them beside it.
        sentences: how its base made a vector of a sentence, if it did.
        learned: of a model that was trained in this process.
    """

    part: Part
    tokens: CheckpointTokens
    network: MaskedNetwork
    architecture: Architecture
    settings: dict[str, Any]
    sentences: SentenceSettings | None = None
    device: str = "auto"
    precision: str = "float32"
    seed: int = 0
    learned: Learned | None = None
    marks: Marks = field(init=False)

    def __post_init__(self) -> None:
        self.marks = marks_of(
            self.tokens,
            self.settings,
            padding=cast(Any, self.architecture.shape).padding,
        )

    @property
    def parameters(self) -> int:
        """Weights."""
        return sum(weights.numel() for weights in self.network.parameters())

    @property
    def mask(self) -> str:
        """How the mask is written."""
        return self.tokens.tokens[self.marks.mask]

    def state(self) -> State:
        """Weights under the field's names, the tokenizer, and what the network was built for."""
        config, tensors = written_checkpoint(self.architecture, self.network.body, self.network.top)
        sentences = None if self.sentences is None else dataclasses.asdict(self.sentences)
        return State(
            arrays={name: tensor.numpy() for name, tensor in tensors.items()},
            lists={"tokenizer": [self.tokens.json]},
            facts={
                "native": True,
                "config": config,
                "settings": self.settings,
                "sentences": sentences,
                "longest": self.tokens.longest,
            },
        )

    def write_beside(self, folder: Path) -> None:
        """Write what the field's libraries read beside the weights into a model's folder."""
        config, _ = written_checkpoint(self.architecture, self.network.body, self.network.top)
        _write_json(folder / CONFIG, config)
        _write_json(folder / TOKENIZER_SETTINGS, self.settings)
        (folder / TOKENIZER).write_text(self.tokens.json, encoding="utf-8")
        if self.sentences is not None:
            write_sentence_settings(folder, self.sentences, dim=self.architecture.dim)

    @classmethod
    def from_state(
        cls,
        part: Part,
        state: State,
        *,
        device: str = "auto",
        precision: str = "float32",
        seed: int = 0,
    ) -> Self:
        """The trained model again.

        Raises:
            ModelError: weights are missing, or are those of another network.
        """
        from tokenizers import Tokenizer

        facts: Any = state.facts
        try:
            architecture = architecture_of(facts["config"], name="the model")
            tensors = {name: torch.from_numpy(array) for name, array in state.arrays.items()}
            found = Found(tensors, architecture.family, name="the model")
            network = network_of(found, architecture)
            tokens = CheckpointTokens(
                Tokenizer.from_str(state.lists["tokenizer"][0]),
                vocabulary=network.vocabulary,
                longest=int(facts["longest"]),
                name="the model",
            )
            said = facts["sentences"]
            sentences = None if said is None else SentenceSettings(**said)
            settings = dict(facts["settings"])
        except (KeyError, TypeError, IndexError) as error:
            raise ModelError(
                f"the model holds no encoder as this version keeps it ({error}); train it again"
            ) from None
        return cls(
            part,
            tokens,
            network,
            architecture,
            settings,
            sentences,
            device=device,
            precision=precision,
            seed=seed,
        )


def network_of(found: Found, architecture: Architecture) -> MaskedNetwork:
    """Body and head of a checkpoint, in evaluation mode; a head that it does not hold is drawn at random.

    Raises:
        ModelError: a tensor is missing, or the output layer is not the table of embeddings.
    """
    body = body_of(found, architecture)
    assert isinstance(body, BertNetwork), "a decoder has no masks"
    top = head_of(architecture, "language", found=found)
    assert isinstance(top, MaskedTokenHead)
    return MaskedNetwork(body, top).eval()


def has_head(found: Found, architecture: Architecture) -> bool:
    """Whether a checkpoint holds the head that says hidden tokens."""
    return architecture.task == "language" or found.has(architecture.family.language)


def save_masked_model(
    target: Path,
    model: MaskedModel,
    made: Mapping[str, Any],
    *,
    beside: Mapping[str, Path] | None = None,
) -> None:
    """Put a model's folder at ``target``, whole.

    Raises:
        InputError: the place holds something that is no model, or cannot be written.
    """
    facts = {
        "kind": MASKED_MODEL,
        "seed": model.seed,
        "parameters": model.parameters,
        "vocabulary": model.tokens.vocabulary,
        "made": dated(made),
    }
    state = model.state()

    def write(folder: Path) -> None:
        model.write_beside(folder)
        write_files(folder, model.part, [(model.part, state)], facts, beside=beside)

    save_folder(target, write)


def load_masked_model(
    path: Path, *, device: str = "auto", precision: str = "float32"
) -> MaskedModel:
    """The model of a folder, ours or a checkpoint that holds a head for hidden tokens.

    Raises:
        ModelError: a file is missing or damaged, the model is another one, or there is no such head.
    """
    if is_checkpoint(path):
        return _open_checkpoint(path, device=device, precision=precision)
    manifest = read_manifest(path, MASKED_MODEL)
    spec, states = read_states(path, manifest)
    return MaskedModel.from_state(
        spec.representation,
        states[0],
        device=device,
        precision=precision,
        seed=int(manifest.get("seed", 0)),
    )


def _open_checkpoint(path: Path, *, device: str, precision: str) -> MaskedModel:
    from nlpwb.methods.finetuning.masked_config import MlmConfig
    from nlpwb.workflows.pretrained.opening import open_base

    base = open_base(str(path))
    architecture = base.architecture
    if not isinstance(base.body, BertNetwork):
        raise as_base(str(path))
    if not has_head(base.found, architecture):
        raise ModelError(
            f"{path} is a base, which knows no labels, and has no head that says hidden tokens; `nlpwb finetune {path} CORPUS -o "
            f"MODEL` teaches it labels, `nlpwb train mlm:base={path} TEXT -o MODEL` to fill masks, and embed, similarity, "
            "search, contexts, attend and trace take it as it is"
        )
    top = head_of(architecture, "language", found=base.found)
    assert isinstance(top, MaskedTokenHead)
    return MaskedModel(
        Part("mlm", MlmConfig(base=str(path))),
        base.tokens,
        MaskedNetwork(base.body, top).eval(),
        architecture,
        settings_of(path, base.tokens),
        base.sentences,
        device=device,
        precision=precision,
    )


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
