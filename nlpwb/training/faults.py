"""What can go wrong while weights move: which errors mean that memory ran out, and the sentences with their way out."""

from __future__ import annotations

import torch

from nlpwb.errors import MethodError

# Torch's allocator of the processor has no class of its own for this, and says one of these.
_NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "alloc_cpu")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that the device, or the machine, has no memory left."""
    if isinstance(error, MemoryError | torch.cuda.OutOfMemoryError):
        return True
    said = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in said for words in _NO_MEMORY)


def is_from_compiler(error: BaseException) -> bool:
    """Whether an error comes from torch.compile, and not from the model."""
    kinds = (type(error).__module__, type(error.__cause__).__module__)
    return any(kind.startswith(("torch._dynamo", "torch._inductor")) for kind in kinds)


def exploded(what: str, *, step: int, steps: int, rate: float, precision: str) -> MethodError:
    """The sentence for a training that has left all bounds; ``what`` is its sign, as ``the loss is nan``."""
    also = "" if precision == "float32" else ", or compute in --precision float32"
    return MethodError(
        f"{what} at step {step:,} of {steps:,}, where the learning rate was {rate:.3g}; try a learning_rate of "
        f"{rate / 10:.1g}, a longer warmup, or clip=1{also}"
    )


def halved(pieces: int, documents: int | None) -> str:
    """The note when batches are taken in pieces from now on."""
    of = "" if documents is None else f" of {documents:,}"
    return (
        f"a batch{of} does not fit into memory: batches of its size are taken in {pieces} parts from here on, "
        "which changes no step but for the draws of dropout; a lower batch_tokens would spare the time of finding out"
    )


def does_not_fit() -> MethodError:
    """The sentence when nothing is left to halve."""
    return MethodError(
        "a single document does not fit into memory; lower max_tokens, or the size of the network"
    )


def network_does_not_fit() -> MethodError:
    """The sentence when the weights themselves, or what a step keeps of them, are too many."""
    return MethodError(
        "the network does not fit into memory; lower dim, hidden or layers, vocab_size or buckets"
    )


def cannot_halve() -> MethodError:
    """The sentence for batches that hang together, or that know no halves."""
    return MethodError(
        "a batch does not fit into memory; make it smaller, or the network, and start again"
    )
