"""Bins of equal mass: as many cases in each as ties allow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["equal_mass_bins"]


def equal_mass_bins(score: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """(n,) bin of each ``score`` (n,), in ``[0, count)`` and rising with the score.

    A case goes by the share of cases below it, so that equal scores share a bin; then some bins are fuller
    and others empty. With fewer cases than bins each distinct score has its own.
    """
    below = np.searchsorted(np.sort(score), score, side="left")
    return (below * count // len(score)).astype(np.intp)
