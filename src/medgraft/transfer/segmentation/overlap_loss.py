"""Dice and cross-entropy of label maps, through sums that are small whatever the size of a patch.

``Outlining`` is the network that the training loop sees: given patches and their label maps it gives, of each patch,
what the loss and Dice are made of, so that neither has to keep a map. Row (N, 1 + 5K): the mean cross-entropy, then for
each of K structures the soft overlap, the soft sum of what is called and the sum of what is there, and the overlap and
sum of what is called by the largest probability.
Source: Milletari et al. 2016 (V-Net: soft Dice); Isensee et al. 2021 (Dice over the batch, plus cross-entropy).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from medgraft.transfer.segmentation.prepared import UNKNOWN

__all__ = ["DiceAndCrossEntropy", "Outlining", "case_dice"]

_SMOOTH = 1.0
"""Voxels: what keeps Dice defined where a structure is neither there nor called."""
_SUMS = 5


class Outlining(nn.Module):
    """``network``: inputs → logits (N, 1 + K, …); ``boundary``: how much more a voxel beside a boundary counts."""

    def __init__(self, network: nn.Module, boundary: float = 0.0) -> None:
        super().__init__()
        self.network, self.boundary = network, boundary

    def forward(self, *inputs: Tensor) -> Tensor:
        """Inputs of the network, and last the label maps (N, …), 255 where nothing is known → (N, 1 + 5K)."""
        *given, labels = inputs
        logits = self.network(*given).float()
        labels = labels.long()
        known = labels != UNKNOWN
        labels = labels * known
        each = F.cross_entropy(logits, labels, reduction="none")
        weight = known.float()
        if self.boundary:
            weight = weight * (1 + self.boundary * _beside(labels, logits.shape[1]))
        places = tuple(range(1, each.ndim))
        entropy = (each * weight).sum(places) / weight.sum(places).clamp_min(1.0)
        rows = [entropy]
        chance, called = torch.softmax(logits, dim=1), logits.argmax(dim=1)
        for number in range(1, logits.shape[1]):
            there, soft = ((labels == number) & known).float(), chance[:, number] * known
            hard = ((called == number) & known).float()
            sums = ((soft * there), soft, there, hard * there, hard)
            rows += [item.sum(places) for item in sums]
        return torch.stack(rows, dim=1)


def _beside(labels: Tensor, classes: int) -> Tensor:
    """(N, …) 1 where a neighbour (also across a corner) belongs to something else."""
    one_hot = F.one_hot(labels, classes).movedim(-1, 1).float()
    pool = F.max_pool2d if labels.ndim == 3 else F.max_pool3d
    around = pool(one_hot, 3, stride=1, padding=1)
    return (around.sum(dim=1) > 1).float()


class DiceAndCrossEntropy:
    """The objective on rows of ``Outlining``: cross-entropy plus 1 − the mean soft Dice of the structures over the
    whole batch, which stands on each of its cases. In judging, the batch is all of validation."""

    def loss(self, rows: Tensor, labels: Tensor) -> Tensor:
        """(N,) what is minimised."""
        overlap, called, there = (_sums(rows, place).sum(dim=0) for place in range(3))
        dice = (2 * overlap + _SMOOTH) / (called + there + _SMOOTH)
        return rows[:, 0] + 1 - dice.mean()

    def judged(self, rows: Tensor, labels: Tensor) -> Tensor:
        """The same."""
        return self.loss(rows, labels)

    def answers(self, rows: Tensor) -> Tensor:
        """(N, K, 3): overlap, called, there of each patch, in voxels."""
        return torch.stack([_sums(rows, place) for place in (3, 4, 2)], dim=2)


def _sums(rows: Tensor, place: int) -> Tensor:
    """(N, K)."""
    return rows[:, 1 + place :: _SUMS]


def case_dice(answers: NDArray[np.float64], cases: NDArray[np.int64]) -> dict[str, float | None]:
    """``val_dice``: the mean over cases and structures of Dice, the patches of a case put together; 1 where both masks
    are empty."""
    numbers, places = np.unique(cases, return_inverse=True)
    sums = np.zeros((len(numbers), *answers.shape[1:]))
    np.add.at(sums, places, answers)
    both, called, there = sums[..., 0], sums[..., 1], sums[..., 2]
    total = called + there
    dice = np.where(total > 0, 2 * both / np.where(total > 0, total, 1), 1.0)
    return {"val_dice": float(dice.mean())}
