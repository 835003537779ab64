"""What training minimises: from what the network gives, and labels, to one loss a case.

An objective has a training loss and a validation loss (by which an epoch is judged; nothing in it is made harder or
softer than the question asked), and the answers that the outputs stand for. Weights of cases are applied by the loop.
Those here take logits (N, classes) and labels (N,) class indices; one without labels (see ``pretraining``) takes what
its network gives, and a part of it that only a whole batch has stands on each of the batch's cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["CrossEntropy", "Distilled", "Focal", "LogitAdjusted", "Objective", "OverClasses"]


class Objective(Protocol):
    """See the module."""

    def loss(self, logits: Tensor, labels: Tensor, /) -> Tensor:
        """(N,) what is minimised."""
        ...

    def judged(self, logits: Tensor, labels: Tensor, /) -> Tensor:
        """(N,) by which an epoch is judged on validation cases."""
        ...

    def answers(self, logits: Tensor, /) -> Tensor:
        """(N, …) what is told of validation cases: for classes their probabilities."""
        ...


class OverClasses:
    """Logits that stand for one of several classes."""

    def answers(self, logits: Tensor) -> Tensor:
        """(N, classes) probabilities."""
        return torch.softmax(logits, dim=1)


@dataclass(frozen=True)
class CrossEntropy(OverClasses):
    """Log-loss; ``smoothing`` in [0, 1) of the training target is spread over all classes (Szegedy et al. 2016)."""

    smoothing: float = 0.0

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """See the contract."""
        return F.cross_entropy(logits, labels, reduction="none", label_smoothing=self.smoothing)

    def judged(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Without smoothing."""
        return F.cross_entropy(logits, labels, reduction="none")


@dataclass(frozen=True)
class Focal(OverClasses):
    """``(1 − p)^γ`` times the log-loss: cases that are right already count less. Source: Lin et al. 2017."""

    gamma: float = 2.0

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """See the contract."""
        log_p = torch.log_softmax(logits, dim=1).gather(1, labels[:, None])[:, 0]
        return -((1 - log_p.exp()).clamp_min(1e-12) ** self.gamma) * log_p

    def judged(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The plain log-loss."""
        return F.cross_entropy(logits, labels, reduction="none")


@dataclass(frozen=True)
class LogitAdjusted(OverClasses):
    """Log-loss of the logits plus ``tau`` times the classes' log frequency: what is learnt answers as if all classes
    were equally frequent. Source: Menon et al. 2021."""

    log_prior: Sequence[float]
    tau: float = 1.0

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """See the contract."""
        prior = torch.as_tensor(self.log_prior, dtype=logits.dtype, device=logits.device)
        return F.cross_entropy(logits + self.tau * prior, labels, reduction="none")

    def judged(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The same: adjusted logits speak of the cohort as it is."""
        return self.loss(logits, labels)


@dataclass(frozen=True)
class Distilled(OverClasses):
    """The label's log-loss and, weighted, the divergence from a teacher's answer, both logits and answer softened by
    ``temperature``, whose square keeps the two gradients of one size. Trained on targets (N, 2, classes), see
    ``Lesson``; judged on labels. Source: Hinton et al. 2015."""

    temperature: float
    weight: float

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """See the class."""
        hard, soft = labels.unbind(dim=1)
        told = -(hard * torch.log_softmax(logits, dim=1)).sum(dim=1)
        apart = F.kl_div(torch.log_softmax(logits / self.temperature, dim=1), soft, reduction="none").sum(dim=1)
        return (1 - self.weight) * told + self.weight * self.temperature**2 * apart

    def judged(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The plain log-loss of the labels."""
        return F.cross_entropy(logits, labels, reduction="none")
