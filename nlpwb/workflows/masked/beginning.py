"""With what an encoder begins to learn from text: nothing and a WordPiece of that text, or the weights and tokens of a base."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nlpwb.bases.sentences import SentenceSettings
from nlpwb.errors import ModelError, UsageError
from nlpwb.methods.finetuning.checkpoint import head_of, new_body
from nlpwb.methods.finetuning.configurations import Architecture, architecture_of
from nlpwb.methods.finetuning.masked import MaskedNetwork
from nlpwb.methods.finetuning.masked_config import LONGEST, NEIGHBOURS, MlmConfig
from nlpwb.methods.finetuning.neighbours import look_at_neighbours
from nlpwb.methods.finetuning.tokens import CheckpointTokens
from nlpwb.methods.transformer.bert import BertNetwork, BertShape, MaskedTokenHead
from nlpwb.methods.transformer.dropout import Dropout
from nlpwb.methods.transformer.gpt import GptNetwork
from nlpwb.text.subwords import SPECIAL_TOKENS, UNKNOWN, train
from nlpwb.workflows.masked.marks import described, settings_of
from nlpwb.workflows.masked.model import has_head

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_PADDING, _, _BEGIN, _END, _MASK = SPECIAL_TOKENS
_MARKS = {
    "pad_token": _PADDING,
    "unk_token": UNKNOWN,
    "cls_token": _BEGIN,
    "sep_token": _END,
    "mask_token": _MASK,
}


@dataclass(frozen=True, eq=False)
class Beginning:
    """A network that is to learn, and what cuts its texts.

    Args:
        said: whether its head has learned before.
    """

    network: MaskedNetwork
    tokens: CheckpointTokens
    architecture: Architecture
    settings: dict[str, Any]
    sentences: SentenceSettings | None = None
    said: bool = False


def begin(config: MlmConfig, texts: Iterable[str], note: Callable[[str], None]) -> Beginning:
    """The network of a config; new weights are drawn from torch's global generator.

    Raises:
        MethodError: texts that no tokenizer can be learned from.
        UsageError: a context that the base does not have, a vocabulary too small for the characters.
        InputError, ModelError: a base that is not at hand, or is none.
    """
    return _from_nothing(config, texts) if config.base is None else _from_base(config, note)


def _from_nothing(config: MlmConfig, texts: Iterable[str]) -> Beginning:
    context = LONGEST if config.context == "auto" else int(config.context)
    inner = wordpiece(texts, vocab_size=config.vocab_size, lowercase=config.lowercase)
    dropout = 0.1 if config.dropout == "auto" else float(config.dropout)
    vocabulary = inner.get_vocab_size()
    said = {
        "model_type": "bert",
        "vocab_size": vocabulary,
        "hidden_size": config.dim,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "intermediate_size": config.inner,
        "max_position_embeddings": context,
        "type_vocab_size": 2,
        "hidden_act": "gelu",
        "hidden_dropout_prob": dropout,
        "attention_probs_dropout_prob": dropout,
        "pad_token_id": inner.token_to_id(_PADDING),
        "initializer_range": 0.02,
    }
    architecture = dataclasses.replace(architecture_of(said, name="the model"), task="language")
    tokens = CheckpointTokens(inner, vocabulary=vocabulary, longest=context, name="the model")
    body, top = new_body(architecture, vocabulary=vocabulary), head_of(architecture, "language")
    assert isinstance(body, BertNetwork)
    assert isinstance(top, MaskedTokenHead)
    if config.start == NEIGHBOURS:
        look_at_neighbours(body, top)
    return Beginning(
        MaskedNetwork(body, top), tokens, architecture, described(_MARKS, longest=context)
    )


def wordpiece(texts: Iterable[str], *, vocab_size: int, lowercase: bool) -> Tokenizer:
    """BERT's tokenizer, learned from texts, its marks around each text.

    Raises:
        MethodError: texts without anything to learn from.
        UsageError: a vocabulary too small for the characters.
    """
    from tokenizers import processors

    inner = train("wordpiece", texts, vocab_size=vocab_size, lowercase=lowercase)
    first, last = inner.token_to_id(_BEGIN), inner.token_to_id(_END)
    assert first is not None, "it was trained with its marks"
    assert last is not None, "and with this one"
    inner.post_processor = processors.BertProcessing((_END, last), (_BEGIN, first))
    return inner


def _from_base(config: MlmConfig, note: Callable[[str], None]) -> Beginning:
    from nlpwb.workflows.pretrained.opening import open_base

    assert config.base is not None, "the caller looked"
    base = open_base(config.base)
    architecture, body = base.architecture, base.body
    if not isinstance(body, BertNetwork):
        family = architecture.family.name
        if isinstance(body, GptNetwork):
            raise ModelError(
                f"{config.base} is of the family {family}, which says what comes next; write gpt:base={config.base}"
            )
        raise ModelError(
            f"{config.base} is of the family {family}, whose head for hidden tokens this program does not have; it has those of "
            "bert, roberta, electra and distilbert"
        )
    longest = architecture.longest
    context = min(LONGEST, longest) if config.context == "auto" else int(config.context)
    if context > longest:
        raise UsageError(
            f"mlm: context={context} is more than {config.base} tells apart, {longest:,} tokens; give at most that many"
        )
    top = head_of(architecture, "language", found=base.found)
    assert isinstance(top, MaskedTokenHead)
    said = has_head(base.found, architecture)
    if not said:
        note(
            f"{config.base} has no head that says hidden tokens: a new one stands on its table of embeddings, and learns "
            "from nothing"
        )
    if base.sentences is not None:
        note(
            f"{config.base} is an encoder of sentences: how it pools ({base.sentences.pooling}) stays beside the weights, which "
            "move away from what it was tuned for"
        )
    assert isinstance(architecture.shape, BertShape)
    architecture = dataclasses.replace(architecture, task="language", labels=(), problem=None)
    network = MaskedNetwork(body, top)
    if config.dropout != "auto":
        architecture = _dropping(architecture, network, float(config.dropout))
    settings = settings_of(base.place.folder, base.tokens)
    return Beginning(network, base.tokens, architecture, settings, base.sentences, said)


def _dropping(architecture: Architecture, network: MaskedNetwork, share: float) -> Architecture:
    """The same with another share of features and attention weights dropped, in the network and in what is said of it."""
    for module in network.modules():
        if isinstance(module, Dropout):
            module.rate = share
        if hasattr(module, "dropout_rate"):
            module.dropout_rate = share  # type: ignore[assignment]
    assert isinstance(architecture.shape, BertShape), "the caller looked"
    shape = dataclasses.replace(architecture.shape, dropout=share, attention_dropout=share)
    return dataclasses.replace(architecture, shape=shape)
