"""The head of ordered grades: a chain of questions, each only of those who passed the one before.

Question k asks whether a case is above grade k, given that it is above grade k − 1; the product of the answers is the
chance to be above grade k, which can only fall along the grades. So no two answers contradict each other, and a case
between two grades is told by both.

Source: Shi, Cao & Raschka 2021, Deep Neural Networks for Rank-Consistent Ordinal Regression (CORN).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from medgraft.transfer.models.heads.head import HEADS
from medgraft.transfer.models.heads.linear import LinearHead

__all__ = ["GradesHead", "grade_chances", "grade_questions"]


def grade_questions(grades: NDArray[np.int64], number: int) -> NDArray[np.int64]:
    """(n, number − 1) of 1, 0 and −1 (not asked) for ``grades`` (n,) from 0: above k, asked of those not below k."""
    steps = np.arange(number - 1)
    above = (grades[:, None] > steps).astype(np.int64)
    return np.where(grades[:, None] >= steps, above, -1)


def grade_chances(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, number) chances of the grades from the answers (n, number − 1) of the chain."""
    above = np.cumprod(steps, axis=1)
    ends = np.ones((len(above), 1)), np.zeros((len(above), 1))
    return np.asarray(np.hstack([ends[0], above]) - np.hstack([above, ends[1]]))


@HEADS.register("grades")
@dataclass(frozen=True)
class GradesHead(LinearHead):
    """``weight`` (grades − 1, d) and ``bias``: one logistic question a step; chances of the grades by the chain. All
    rows of a case count alike."""

    kind: ClassVar[str] = "grades"

    @property
    def shape(self) -> tuple[int, int]:
        """(grades, features)."""
        return self.weight.shape[0] + 1, self.weight.shape[1]

    def probabilities(self, features: NDArray[Any]) -> NDArray[np.float64]:
        """(n, grades), rows sum to one."""
        return grade_chances(expit(self.logits(features)))
