"""How much of a token reaches the end: the length of the gradient by its distance from the last token.

A recurrent network learns from what its last state owes to each token. Through an Elman network the gradient is
multiplied at every step with the same matrix and with a slope of at most one, and vanishes or explodes exponentially with
the distance (Bengio, Simard & Frasconi 1994, IEEE Transactions on Neural Networks 5; Pascanu, Mikolov & Bengio 2013,
ICML, equations 5 to 7). The LSTM's cell and the GRU's state are carried on by addition. So the first, read out at its
last state alone, forgets what the others keep.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nlpwb.methods.recurrent.network import RecurrentNetwork

_DIRECTIONS_SEED = 0


@dataclass(frozen=True, eq=False)
class GradientByDistance:
    """Mean lengths of gradients; place k is the token k places before the last one.

    Args:
        norms: float64 (K,), mean over the documents that have such a token.
        logarithms: float64 (K,), their mean natural logarithm, which one document cannot sway; -inf where a gradient is zero.
        documents: int64 (K,), how many those are.
    """

    norms: NDArray[np.float64]
    logarithms: NDArray[np.float64]
    documents: NDArray[np.int64]


def gradient_by_distance(
    network: RecurrentNetwork,
    batches: Iterable[tuple[Tensor, Tensor]],
    *,
    longest: int,
    of: str = "state",
) -> GradientByDistance:
    """The gradient of a document's last state, or of its loss, with respect to each token's embedding.

    Args:
        network: trained or not; it is copied, and stays as it is.
        batches: pairs (ids, int64 (B, T); lengths, int64 (B,)).
        longest: K, how many distances are counted, 0 (the last token itself) to K - 1.
        of: ``state``: the state in which the top layer, reading forwards, leaves the last token, whatever the pooling. Its
            Jacobian J is met along one random direction v for each document, |v| = √H, so that the mean of |Jᵀv|² is
            |J|² (Frobenius). ``loss``: the cross-entropy of the label that the network itself finds likeliest.

    Returns:
        Lengths in double precision, in which a gradient of 1e-40 is not yet zero.
    """
    assert of in ("state", "loss"), "one of the two that are described"
    double = copy.deepcopy(network).double().eval()
    generator = torch.Generator().manual_seed(_DIRECTIONS_SEED)
    sums = np.zeros((2, longest))
    documents = np.zeros(longest, dtype=np.int64)
    for ids, lengths in batches:
        vectors = double.embedding(ids).detach().requires_grad_()
        with torch.enable_grad():
            states = double.states(vectors, lengths)
            if of == "state":
                last = states[torch.arange(len(ids)), lengths - 1, : double.config.hidden]
                signs = torch.randint(0, 2, last.shape, generator=generator).to(last) * 2 - 1
                value = (last * signs).sum()
            else:
                logits = double.output(double.pooled(states, lengths))
                value = nn.functional.cross_entropy(logits, logits.argmax(dim=1), reduction="sum")
            (gradient,) = torch.autograd.grad(value, vectors)
        norms = gradient.norm(dim=2).cpu().numpy()  # (B, T)
        for row, length in zip(norms, lengths.tolist(), strict=True):
            found = row[:length][::-1][:longest]
            with np.errstate(divide="ignore"):
                sums[:, : len(found)] += found, np.log(found)
            documents[: len(found)] += 1
    counted = np.maximum(documents, 1)
    return GradientByDistance(sums[0] / counted, sums[1] / counted, documents)
