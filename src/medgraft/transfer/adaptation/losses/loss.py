"""The contract of a loss that pulls sites together: a function of features, logits and labels of both sides.

It does not know where they come from: a small network on cached features, or the suffix of a large one.

A loss is a module, as some have an adversary of their own that is trained with the network. It is minimised by all
parameters at once; what is a game is played by reversed gradients. Registered under the name of its method.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from medgraft.registry import Registry

__all__ = ["LOSSES", "DomainLoss", "Layout", "Seen"]


@dataclass(frozen=True)
class Layout:
    """``width`` of the features, number of ``classes`` and of source ``sites``."""

    width: int
    classes: int
    sites: int = 1


@dataclass(frozen=True)
class Seen:
    """One step: features ``source`` (b, h) and ``target`` (b', h), their logits (…, classes), the source's ``labels``
    (b,) and ``sites`` (b,), numbers from 0; ``progress`` of the training in [0, 1); ``classify`` gives the logits of
    features."""

    source: Tensor
    target: Tensor
    source_logits: Tensor
    target_logits: Tensor
    labels: Tensor
    sites: Tensor
    progress: float
    classify: Callable[[Tensor], Tensor]


class DomainLoss(nn.Module):
    """Of what is seen in a step: one number, to be minimised."""

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self.layout = layout

    def forward(self, seen: Seen) -> Tensor:
        """A scalar."""
        raise NotImplementedError


LOSSES: Registry[Callable[..., DomainLoss]] = Registry("loss between sites")
