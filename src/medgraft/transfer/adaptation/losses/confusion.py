"""How much classes are confused with each other in the answers to the target.

Answers are softened by a temperature, cases of little doubt count more, and the confusion of two classes is the mean
product of their answers, each class's row summing to one. Source: Jin, Wang, Long & Wang 2020, Minimum Class Confusion.
"""

from __future__ import annotations

import torch
from torch import Tensor

from medgraft.transfer.adaptation.losses.adversarial import certainty_weights
from medgraft.transfer.adaptation.losses.loss import LOSSES, DomainLoss, Layout, Seen

__all__ = ["Confusion", "class_confusion"]


def class_confusion(logits: Tensor, temperature: float) -> Tensor:
    """In [0, 1): the mean over classes of the share of a class's answers that goes to others; ``logits`` (n,
    classes)."""
    answers = torch.softmax(logits / temperature, dim=1)
    weights = certainty_weights(answers).detach() * len(answers)
    together = (answers * weights[:, None]).T @ answers
    shares = together / together.sum(dim=1, keepdim=True)
    return (shares.sum() - shares.trace()) / len(shares)


@LOSSES.register("mcc")
class Confusion(DomainLoss):
    """Of the target's answers."""

    def __init__(self, layout: Layout, temperature: float) -> None:
        super().__init__(layout)
        self.temperature = temperature

    def forward(self, seen: Seen) -> Tensor:
        """See the contract."""
        return class_confusion(seen.target_logits, self.temperature)
