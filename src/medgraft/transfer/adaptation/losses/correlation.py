"""The distance of two covariances. Source: Sun & Saenko 2016, Deep CORAL."""

from __future__ import annotations

from torch import Tensor

from medgraft.transfer.adaptation.losses.loss import LOSSES, DomainLoss, Seen

__all__ = ["Correlation", "covariance_distance"]


def covariance_distance(one: Tensor, other: Tensor) -> Tensor:
    """``‖C₁ − C₂‖² / (4 h²)`` of rows (b, h) and (b', h), from two rows on; covariances divided by b − 1."""
    gap = _covariance(one) - _covariance(other)
    return gap.square().sum() / (4 * one.shape[1] ** 2)


def _covariance(rows: Tensor) -> Tensor:
    centred = rows - rows.mean(dim=0)
    return centred.T @ centred / (len(rows) - 1)


@LOSSES.register("deep-coral")
class Correlation(DomainLoss):
    """Of the features of both sides."""

    def forward(self, seen: Seen) -> Tensor:
        """See the contract."""
        return covariance_distance(seen.source, seen.target)
