"""What an attack on outlines is after: the loss that they were learnt by, on each picture by itself.

There is no answer that is wrong and done with, as there is of a class: a search goes on to its end.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from medgraft.transfer.robustness.attacks.attack import Goal
from medgraft.transfer.segmentation.overlap_loss import DiceAndCrossEntropy, Outlining

__all__ = ["OUTLINES", "outline_loss"]


def outline_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """(N,) mean cross-entropy of pixels and 1 − mean soft Dice of the structures, of logits (N, 1 + K, …) and label
    maps (N, …), 255 where nothing is known."""
    rows, objective = Outlining(nn.Identity())(logits, labels), DiceAndCrossEntropy()
    return torch.cat([objective.loss(row[None], labels) for row in rows])


def _still_right(logits: Tensor, labels: Tensor) -> Tensor:
    return torch.ones(len(logits), dtype=torch.bool, device=logits.device)


def _no_maps(logits: Tensor, labels: Tensor) -> str | None:
    if logits.ndim > 2 and logits.shape[2:] == labels.shape[1:]:
        return None
    return (
        f"label maps of shape {tuple(labels.shape)} with logits of shape {tuple(logits.shape)}; (N, …) and "
        "(N, classes, …) of one size are needed"
    )


OUTLINES = Goal(outline_loss, _still_right, _no_maps)
"""That outlines agree less with the truth."""
