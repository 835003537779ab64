"""How far sets of cases lie from one and the same target: the squared maximum mean discrepancy with a kernel that is
fixed once, so that many candidates are compared on one scale.

Columns are standardised by target and reference together, and the kernel's widths come from the target's own pairs;
the estimate is the unbiased one (see ``mmd``): 0 is expected where a candidate is drawn as the target is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.measure.shift.mmd import SCALES

__all__ = ["KernelDistance"]

Floats = NDArray[np.float64]


class KernelDistance:
    """``distance(rows)`` of candidates (n, d) to ``target`` (m, d); ``reference`` (r, d) takes part in the scale only.

    Raises ``UsageError`` for fewer than two target cases, or other columns.
    """

    def __init__(self, target: NDArray[np.floating], reference: NDArray[np.floating]) -> None:
        if target.ndim != 2 or len(target) < 2 or reference.shape[1:] != target.shape[1:]:
            raise UsageError(
                f"measuring a distance to a target: features of shape {target.shape} and {reference.shape}; give at "
                "least two cases of the target, and the same columns of both"
            )
        both = np.concatenate([target, reference]).astype(np.float64)
        scale = both.std(axis=0)
        self._mean = both.mean(axis=0)
        self._scale = np.where(scale > 1e-12 * np.maximum(1.0, np.abs(self._mean)), scale, np.inf)
        self._target = self._moved(target)
        squared = _squared(self._target, self._target)
        pairs = squared[np.triu_indices(len(squared), 1)]
        self._middle = float(np.median(pairs)) or float(pairs.mean()) or 1.0
        self._within = self._mean_of_pairs(self._target)

    def __call__(self, rows: NDArray[np.floating]) -> float:
        """MMD² of at least two candidates; it may lie a little below 0."""
        moved = self._moved(rows)
        across = float(self._kernel(_squared(moved, self._target)).mean())
        return self._mean_of_pairs(moved) + self._within - 2 * across

    def _moved(self, rows: NDArray[np.floating]) -> Floats:
        return np.asarray((rows.astype(np.float64) - self._mean) / self._scale)

    def _mean_of_pairs(self, rows: Floats) -> float:
        """Over pairs of different cases."""
        kernel, n = self._kernel(_squared(rows, rows)), len(rows)
        return float((kernel.sum() - np.trace(kernel)) / (n * (n - 1)))

    def _kernel(self, squared: Floats) -> Floats:
        return np.asarray(np.mean([np.exp(-squared / (scale * self._middle)) for scale in SCALES], axis=0))


def _squared(one: Floats, other: Floats) -> Floats:
    lengths = np.square(one).sum(axis=1)[:, None] + np.square(other).sum(axis=1)
    return np.asarray(np.maximum(lengths - 2 * one @ other.T, 0.0))
