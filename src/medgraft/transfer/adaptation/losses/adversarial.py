"""Adversaries that tell sites apart, and features that learn to leave them in the dark.

Sources: Ganin et al. 2016 (DANN); Long et al. 2018 (CDAN+E, features times answers, sure answers count more); Zhao et
al. 2018 (several sources).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from medgraft.transfer.adaptation.losses.loss import LOSSES, DomainLoss, Layout, Seen
from medgraft.transfer.adaptation.losses.reversal import reversed_gradient, rising

__all__ = ["Adversary", "ConditionalAdversary", "SitesAdversary", "certainty_weights", "conditioned"]

_HIDDEN = 128


def conditioned(features: Tensor, answers: Tensor) -> Tensor:
    """(n, classes · h): the products of each answer (n, classes) with each feature (n, h)."""
    return torch.einsum("nc,nh->nch", answers, features).flatten(1)


def certainty_weights(answers: Tensor) -> Tensor:
    """(n,) ``1 + exp(−H)`` of each answer (n, classes), divided by their sum."""
    weights = 1 + torch.exp(torch.special.entr(answers).sum(dim=1).neg())
    return weights / weights.sum()


def _adversary(width: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, outputs))


def _side_loss(scores: Tensor, first: int, weights: tuple[Tensor, Tensor]) -> Tensor:
    """Log-loss of telling sides by ``scores`` (n,), the source's being ``first``; each side counts half, its cases by
    ``weights`` that sum to one."""
    source, target = scores[:first], scores[first:]
    return 0.5 * (F.softplus(-source) @ weights[0] + F.softplus(target) @ weights[1])


@LOSSES.register("dann")
class Adversary(DomainLoss):
    """The log-loss of an adversary that sees features."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.adversary = _adversary(layout.width, 1)

    def forward(self, seen: Seen) -> Tensor:
        """See the contract."""
        rows = reversed_gradient(torch.cat([seen.source, seen.target]), rising(seen.progress))
        even = tuple(side.new_full((len(side),), 1 / len(side)) for side in (seen.source, seen.target))
        return _side_loss(self.adversary(rows)[:, 0], len(seen.source), (even[0], even[1]))


@LOSSES.register("cdan")
class ConditionalAdversary(DomainLoss):
    """The log-loss of an adversary that sees features times answers; answers and weights have no gradient, as in the
    authors' own programme."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.adversary = _adversary(layout.width * layout.classes, 1)

    def forward(self, seen: Seen) -> Tensor:
        """See the contract."""
        answers = torch.softmax(torch.cat([seen.source_logits, seen.target_logits]), dim=1).detach()
        rows = conditioned(torch.cat([seen.source, seen.target]), answers)
        scores = self.adversary(reversed_gradient(rows, rising(seen.progress)))[:, 0]
        first = len(seen.source)
        return _side_loss(scores, first, (certainty_weights(answers[:first]), certainty_weights(answers[first:])))


@LOSSES.register("dann-multi")
class SitesAdversary(DomainLoss):
    """The log-loss of an adversary that tells all sites apart, the target being the last; each side counts half."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.adversary = _adversary(layout.width, layout.sites + 1)

    def forward(self, seen: Seen) -> Tensor:
        """See the contract."""
        rows = reversed_gradient(torch.cat([seen.source, seen.target]), rising(seen.progress))
        scores, first = self.adversary(rows), len(seen.source)
        last = seen.sites.new_full((len(seen.target),), self.layout.sites)
        return 0.5 * (F.cross_entropy(scores[:first], seen.sites) + F.cross_entropy(scores[first:], last))
