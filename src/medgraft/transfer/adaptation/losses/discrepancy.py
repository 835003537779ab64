"""Two classifiers that are both right at the source and look for target cases to disagree on.

``log-loss of the second at the source − mean |p₁ − p₂| at the target``, where features get the second part's gradient
reversed: classifiers raise the disagreement, features lower it.

Source: Saito, Watanabe, Ushiku & Harada 2018, Maximum Classifier Discrepancy.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from medgraft.transfer.adaptation.losses.loss import LOSSES, DomainLoss, Layout, Seen
from medgraft.transfer.adaptation.losses.reversal import reversed_gradient

__all__ = ["Disagreement", "disagreement"]


def disagreement(one: Tensor, other: Tensor) -> Tensor:
    """Mean absolute difference of the answers that logits (n, classes) give."""
    return (torch.softmax(one, dim=1) - torch.softmax(other, dim=1)).abs().mean()


@LOSSES.register("mcd")
class Disagreement(DomainLoss):
    """Holds the second classifier; the network's own is the first."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.second = nn.Linear(layout.width, layout.classes)

    def forward(self, seen: Seen) -> Tensor:
        """See the contract."""
        target = reversed_gradient(seen.target, 1.0)
        apart = disagreement(seen.classify(target), self.second(target))
        return F.cross_entropy(self.second(seen.source), seen.labels) - apart
