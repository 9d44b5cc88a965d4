"""Models of the transformers library with large random weights, and what they and ours say of the same batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from nlpwb.bases.files import CONFIG, read_json, read_tensors
from nlpwb.methods.finetuning.checkpoint import (
    Body,
    body_of,
    head_of,
    masked_logits,
    token_states,
)
from nlpwb.methods.finetuning.configurations import Architecture, architecture_of
from nlpwb.methods.finetuning.heads import pooled
from nlpwb.methods.finetuning.tensors import Found
from nlpwb.methods.transformer.bert import BertNetwork, MaskedTokenHead

KINDS = ("bert", "roberta", "electra", "distilbert", "gpt2")
TASKS = ("encoder", "text", "tokens", "language")
VOCABULARY, LABELS = 50, 3
_BERT = {
    "vocab_size": VOCABULARY,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 40,
    "max_position_embeddings": 32,
}
_SIZES: dict[str, dict[str, Any]] = {
    "bert": _BERT,
    "roberta": {**_BERT, "type_vocab_size": 1},
    "electra": {**_BERT, "embedding_size": 16},
    "distilbert": {
        "vocab_size": VOCABULARY,
        "dim": 24,
        "n_layers": 2,
        "n_heads": 3,
        "hidden_dim": 40,
        "max_position_embeddings": 32,
    },
    "gpt2": {
        "vocab_size": VOCABULARY,
        "n_embd": 24,
        "n_layer": 2,
        "n_head": 3,
        "n_positions": 32,
        "pad_token_id": 0,
        "eos_token_id": 1,
        "bos_token_id": 1,
    },
}


def loader(library: Any, kind: str, task: str) -> Any:
    """The class that opens a checkpoint of a task."""
    if task == "language":
        return library.AutoModelForCausalLM if kind == "gpt2" else library.AutoModelForMaskedLM
    return {
        "encoder": library.AutoModel,
        "text": library.AutoModelForSequenceClassification,
        "tokens": library.AutoModelForTokenClassification,
    }[task]


def their_model(library: Any, kind: str, task: str, **settings: Any) -> Any:
    """A model of theirs; every weight is drawn with deviation 0.3, so that none can be left out unseen."""
    config = library.AutoConfig.for_model(
        kind, **{**_SIZES[kind], "num_labels": LABELS, **settings}
    )
    model: Any = loader(library, kind, task).from_config(config, attn_implementation="eager")
    torch.manual_seed(1)
    with torch.no_grad():
        for weights in model.parameters():
            weights.normal_(std=0.3)
    return model.eval()


class Opened(NamedTuple):
    """A checkpoint as networks of ours."""

    architecture: Architecture
    body: Body
    head: nn.Module | None


def opened(folder: Path, task: Any, *, outputs: int = LABELS) -> Opened:
    """The networks of a folder."""
    architecture = architecture_of(read_json(folder, CONFIG), name="it")
    found = Found(read_tensors(folder), architecture.family, name="it")
    head = head_of(architecture, task, outputs=outputs, found=found)
    return Opened(architecture, body_of(found, architecture), None if head is None else head.eval())


def batch(padding: int | None) -> tuple[Tensor, Tensor, Tensor]:
    """Ids (3, 9), lengths and mask of a batch with two short rows."""
    ids = torch.randint(2, VOCABULARY, (3, 9), generator=torch.Generator().manual_seed(2))
    lengths = torch.tensor([9, 5, 2])
    mask = torch.arange(9) < lengths[:, None]
    ids[~mask] = padding or 0
    return ids, lengths, mask


@torch.inference_mode()
def our_answer(
    made: Opened, task: str, ids: Tensor, lengths: Tensor, segments: Tensor | None = None
) -> Tensor:
    """What a network of ours ends in: states, scores or logits."""
    states = token_states(made.body, ids, lengths, segments)
    if task == "encoder":
        return states
    if task == "language":
        if isinstance(made.body, BertNetwork):
            assert isinstance(made.head, MaskedTokenHead)
            return masked_logits(made.body, made.head, states)
        return made.body.logits(states)
    assert made.head is not None
    if task == "text":
        states = pooled(states, lengths, made.architecture.family.text_head.pooling)
    answer: Tensor = made.head(states)
    return answer


@torch.inference_mode()
def their_answer(model: Any, ids: Tensor, mask: Tensor, **more: Tensor) -> Tensor:
    """The same of theirs."""
    answer: Tensor = model(input_ids=ids, attention_mask=mask.long(), **more)[0]
    return answer
