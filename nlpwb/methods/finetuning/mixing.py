"""A weight for each layer of a network that stands still: Σ_j s_j h_j with s = softmax(w) (Peters et al. 2018, equation 1).

Which layers help differs from task to task: signs of syntax stand in the middle, those of meaning above (Tenney et al. 2019).
The scale γ of the paper is the next layer's.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nlpwb.methods.protocol import Targets
from nlpwb.tasks import Task

STEPS, RATE = 200, 0.05
DECAY = 1e-3
"""Of the layer that learns beside the weights and is thrown away: without it few texts are told apart by any mixture."""


def mixed(vectors: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors of every layer (n, layers, d), weighted: (n, d)."""
    return np.asarray(np.einsum("nld,l->nd", vectors, weights), dtype=np.float32)


def learn_weights(
    vectors: NDArray[np.float32], targets: Targets, *, task: Task, outputs: int
) -> NDArray[np.float32]:
    """The weights of layers, float32 (layers,) with sum 1, by which a linear layer learns best: both move together.

    Every step sees all texts, and all begin alike, so there is no chance in it.

    Args:
        vectors: (n, layers, d).
        targets: as heads take them.
        task: decides the loss.
        outputs: of the linear layer.
    """
    layers, dim = vectors.shape[1:]
    every = torch.from_numpy(vectors)
    every = (every - every.mean(dim=0)) / every.std().clamp(min=1e-12)
    truth = _truth(targets, task)
    asked = torch.zeros(layers, requires_grad=True)
    matrix = torch.zeros(outputs, dim, requires_grad=True)
    offset = torch.zeros(outputs, requires_grad=True)
    rule = torch.optim.Adam([asked, matrix, offset], lr=RATE)
    for _ in range(STEPS):
        mixture = torch.einsum("nld,l->nd", every, asked.softmax(dim=0))
        loss = _loss(functional.linear(mixture, matrix, offset), truth, task)
        rule.zero_grad()
        torch.autograd.backward(loss + DECAY * matrix.square().sum())
        rule.step()
    return np.asarray(asked.detach().softmax(dim=0).numpy(), dtype=np.float32)


def _truth(targets: Targets, task: Task) -> Tensor:
    if task == "classify":
        return torch.from_numpy(np.asarray(targets, dtype=np.int64))
    numbers = np.asarray(targets, dtype=np.float32)
    if task == "regression":
        numbers = (numbers - numbers.mean()) / (numbers.std() or 1.0)
    return torch.from_numpy(numbers)


def _loss(said: Tensor, truth: Tensor, task: Task) -> Tensor:
    if task == "classify":
        return functional.cross_entropy(said, truth)
    if task == "multilabel":
        return functional.binary_cross_entropy_with_logits(said, truth)
    return functional.mse_loss(said[:, 0], truth)
