"""A body that somebody else trained with a head of our own: ids to one row of outputs for each text; and what of it learns."""

from __future__ import annotations

from typing import Any, TypeGuard

from torch import Tensor, nn
from torch.nn import functional

from nlpwb.errors import UsageError
from nlpwb.methods.finetuning.checkpoint import Body, token_states
from nlpwb.methods.finetuning.concat_head import ConcatHead
from nlpwb.methods.finetuning.config import FinetuneConfig
from nlpwb.methods.finetuning.gradual import parts_of
from nlpwb.methods.finetuning.heads import Pooling, TextHead, TokenHead, pooled
from nlpwb.methods.finetuning.lora import widen
from nlpwb.methods.finetuning.pairs import parted
from nlpwb.methods.finetuning.wrapped import WrappedBody
from nlpwb.methods.finetuning.wrapped_lora import widen_wrapped
from nlpwb.methods.transformer.bert import BertNetwork

_GRADUAL = 5.0
"""Times the rate of a whole network: two blocks below the head then learn about as fast as there."""


class FinetunedNetwork(nn.Module):
    """A text to its outputs; with ``pairs`` a pair of texts, whose ids say their segment.

    ``normalised``: the head sees vectors of length 1.
    """

    def __init__(
        self,
        body: Body,
        head: TextHead | ConcatHead,
        pooling: Pooling,
        *,
        pairs: bool = False,
        normalised: bool = False,
    ) -> None:
        super().__init__()
        self.body = body
        self.head = head
        self.pooling = pooling
        self.pairs = pairs
        self.normalised = normalised

    @property
    def feature_dimensions(self) -> int:
        """Columns of :meth:`features`."""
        return int(self.head.output.in_features)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Ids int64 (B, T) and lengths int64 (B,) to outputs, float (B, outputs)."""
        outputs: Tensor = self.head(self._vectors(ids, lengths))
        return outputs

    def features(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """What the last layer sees: float (B, d)."""
        return self.head.features(self._vectors(ids, lengths))

    def attention_weights(self, ids: Tensor, lengths: Tensor) -> list[Tensor]:
        """How much each token reads of each other, (B, H, T, T) for each block."""
        ids, segments = parted(self.body, ids) if self.pairs else (ids, None)
        if isinstance(self.body, BertNetwork | WrappedBody):
            return self.body.attention_weights(ids, lengths, segments)
        return self.body.attention_weights(ids, lengths)

    def _vectors(self, ids: Tensor, lengths: Tensor) -> Tensor:
        ids, segments = parted(self.body, ids) if self.pairs else (ids, None)
        vectors = pooled(token_states(self.body, ids, lengths, segments), lengths, self.pooling)
        return functional.normalize(vectors.float(), dim=1) if self.normalised else vectors


def choose_trained(body: Body, config: FinetuneConfig) -> None:
    """Say which weights of a body learn: what the strategy names. A head always learns.

    full: Devlin et al. 2019, section 3.2. layers: the last ones (Lee, Tang & Lin 2019 count how many are needed). bitfit: offsets
    alone (Ben Zaken, Goldberg & Ravfogel 2022, ACL). lora: ``lora.py``. gradual: ``gradual.py`` says when. frozen: none.
    """
    for parameter in body.parameters():
        parameter.requires_grad_(config.strategy == "full")
    if config.strategy == "layers":
        for block in list(body.blocks)[-config.layers :]:
            block.requires_grad_(True)
        norm = getattr(body, "final_norm", None)
        if norm is not None:
            norm.requires_grad_(True)
        if isinstance(body, WrappedBody) and not body.blocks:
            raise UsageError(
                f"finetune: strategy=layers: the blocks of {config.base} ({body.family}) are no list that this program "
                "finds; write strategy=full, frozen, bitfit or lora"
            )
    elif config.strategy == "bitfit":
        for name, parameter in body.named_parameters():
            parameter.requires_grad_(name.endswith("bias"))
        if not any(parameter.requires_grad for parameter in body.parameters()):
            raise UsageError(
                f"finetune: strategy=bitfit moves offsets, and {config.base} has none; write strategy=full, frozen, layers or "
                "lora"
            )
    elif config.strategy == "gradual":
        parts = parts_of(body)
        if not parts:
            raise UsageError(
                f"finetune: strategy=gradual: the blocks of {config.base} are no list that this program finds; "
                "write strategy=full, frozen, bitfit or lora"
            )
        for parameter in (parameter for part in parts for parameter in part):
            parameter.requires_grad_(True)
    elif config.strategy == "lora":
        how: dict[str, Any] = {"rank": config.rank, "alpha": config.alpha}
        if isinstance(body, WrappedBody):
            widen_wrapped(body, config.widened, name=config.base, **how)
        else:
            widen(body.blocks, config.widened, **how)
    move_named_rows(body, config.strategy in ("full", "gradual"))


def move_named_rows(body: Body, alone: bool) -> None:
    """Say whether rows of tokens that no text of a batch names, which are most, are neither read nor written in a step."""
    tables = [part for part in body.modules() if _is_table(part, body.embedding.weight)]
    for table in tables:
        table.sparse = alone and all(type(t) is nn.Embedding for t in tables)


def _is_table(part: nn.Module, weight: Tensor) -> TypeGuard[nn.Embedding]:
    """Whether a module looks up rows of these weights: two may share them."""
    return isinstance(part, nn.Embedding) and part.weight is weight


class HeadOnVectors(nn.Module):
    """A head on vectors that were made before, of texts or words that are told by their numbers: a still body runs once.

    Args:
        head: what learns.
        vectors: float32 (n, d).
    """

    vectors: Tensor

    def __init__(self, head: TextHead | ConcatHead | TokenHead, vectors: Tensor) -> None:
        super().__init__()
        self.head = head
        self.register_buffer("vectors", vectors, persistent=False)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Numbers of texts, int64 (B, 1), to outputs, float (B, outputs)."""
        del lengths
        outputs: Tensor = self.head(self.vectors[ids[:, 0]])
        return outputs


def epochs_of(config: FinetuneConfig) -> int:
    """The passes of ``epochs=auto``: Devlin et al. 2019 (appendix A.3) take two to four; a head alone is quick to train.

    Gradual unfreezing spends its first passes on few blocks, which takes less time than a pass over all of them.
    """
    if config.epochs != "auto":
        return int(config.epochs)
    return {"frozen": 30, "contrastive": 1, "gradual": 5}.get(config.strategy, 3)


def schedule_of(config: FinetuneConfig) -> str:
    """The course of the step size of ``schedule=auto``."""
    if config.schedule != "auto":
        return config.schedule
    return "slanted" if config.strategy == "gradual" else "linear"


def learning_rate_of(config: FinetuneConfig, *, dim: int) -> float:
    """The step size of ``learning_rate=auto``: what the field found to work.

    Whole networks: 1e-4 for the narrow (MiniLM's 384), 5e-5 up to BERT-base, 2e-5 for the large (Devlin et al. 2019, appendix
    A.3). Where few numbers learn they may go further: 1e-3 for lora, bitfit and a head alone (Hu et al. 2022, table 9; Ben Zaken
    et al. 2022, section 4). With gradual it is the rate of the new head, which no other learns as fast as.
    """
    if config.learning_rate != "auto":
        return float(config.learning_rate)
    if config.strategy in ("lora", "bitfit", "frozen"):
        return 1e-3
    whole = 1e-4 if dim <= 512 else 5e-5 if dim <= 768 else 2e-5
    return _GRADUAL * whole if config.strategy == "gradual" else whole


def shares(network: nn.Module) -> tuple[int, int]:
    """How many numbers learn, and how many there are."""
    every = list(network.parameters())
    return sum(p.numel() for p in every if p.requires_grad), sum(p.numel() for p in every)
