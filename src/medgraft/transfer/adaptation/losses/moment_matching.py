"""The distance between the first two moments of all sites: of each source to the target, and of the sources to each
other. Source: Peng et al. 2019, Moment Matching for Multi-Source Domain Adaptation.
"""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor

from medgraft.transfer.adaptation.losses.loss import LOSSES, DomainLoss, Seen

__all__ = ["MomentMatching", "moment_distance"]

_TINY = 1e-12


def moment_distance(sources: list[Tensor], target: Tensor) -> Tensor:
    """Σ over k = 1, 2 of the mean distance ‖E s^k − E t^k‖ over ``sources`` and that over their pairs; rows (…, h)."""
    total = target.new_zeros(())
    for order in (1, 2):
        means = [rows.pow(order).mean(dim=0) for rows in sources]
        there = target.pow(order).mean(dim=0)
        total = total + torch.stack([_distance(mean, there) for mean in means]).mean()
        pairs = [_distance(one, other) for one, other in combinations(means, 2)]
        total = total + torch.stack(pairs).mean() if pairs else total
    return total


def _distance(one: Tensor, other: Tensor) -> Tensor:
    """Euclidean; its gradient is a number where they are equal, too."""
    return ((one - other).square().sum() + _TINY).sqrt()


@LOSSES.register("m3sda")
class MomentMatching(DomainLoss):
    """Over the sites that are in a batch."""

    def forward(self, seen: Seen) -> Tensor:
        """See the contract."""
        return moment_distance(
            [seen.source[seen.sites == site] for site in sorted(set(seen.sites.tolist()))], seen.target
        )
