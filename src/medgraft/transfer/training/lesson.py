"""What a teacher says of the training cases, as the targets of its student (no torch).

Source: Hinton, Vinyals & Dean 2015, Distilling the Knowledge in a Neural Network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Lesson"]

_TINY = 1e-6


@dataclass(frozen=True)
class Lesson:
    """``answers`` (n, classes): the teacher's probabilities, one row a case of the material; ``temperature`` ≥ 1 by
    which they are softened; ``weight`` in [0, 1] of the teacher against the labels."""

    answers: NDArray[np.float64]
    temperature: float
    weight: float

    def targets(self, rows: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.float32]:
        """(len(rows), 2, classes): of each case the label as one of several, and the softened answer."""
        soft = np.maximum(self.answers[rows], _TINY) ** (1 / self.temperature)
        soft /= soft.sum(axis=1, keepdims=True)
        return np.stack([np.eye(soft.shape[1])[labels], soft], axis=1).astype(np.float32)
