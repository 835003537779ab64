"""The loss of VICReg, in the form of its authors' code.

For embeddings Z and Z' (N, D) of two views: ``λ mean((Z − Z')²) + μ (v(Z) + v(Z')) / 2 + ν (c(Z) + c(Z'))`` with
``v(Z) = mean over d of max(0, 1 − √(Var(Z_d) + 1e-4))`` and ``c(Z) = Σ over i ≠ j of Cov(Z)²_ij / D``; variance and
covariance are unbiased (N − 1). With all embeddings alike the loss is ``0.99 μ``.

Source: Bardes, Ponce & LeCun 2022.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Redundancy", "covariance_term", "variance_term"]

_TINY = 1e-4


@dataclass(frozen=True)
class Redundancy:
    """An objective over (N, 2, D): two embeddings a case, N ≥ 2. Labels are not looked at."""

    invariance: float
    variance: float
    covariance: float

    def loss(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """(N,) the case's own distance, and the batch's terms on each."""
        first, second = embeddings.unbind(dim=1)
        apart = (first - second).square().mean(dim=1)
        spread = (variance_term(first) + variance_term(second)) / 2
        shared = covariance_term(first) + covariance_term(second)
        return self.invariance * apart + self.variance * spread + self.covariance * shared

    def judged(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The same, over all validation cases at once."""
        return self.loss(embeddings, labels)

    def answers(self, embeddings: Tensor) -> Tensor:
        """The embeddings."""
        return embeddings


def variance_term(z: Tensor) -> Tensor:
    """How much the dimensions of (N, D) lack to a standard deviation of 1, in [0, 1)."""
    return torch.relu(1 - torch.sqrt(z.var(dim=0) + _TINY)).mean()


def covariance_term(z: Tensor) -> Tensor:
    """Squared covariances between different dimensions of (N, D), summed, over D."""
    centred = z - z.mean(dim=0)
    covariance = centred.T @ centred / (len(z) - 1)
    return (covariance.square().sum() - covariance.diagonal().square().sum()) / z.shape[1]
