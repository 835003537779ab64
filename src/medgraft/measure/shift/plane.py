"""Two cohorts on one sheet: the plane of the greatest variance of both together (principal components)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from medgraft.measure.shift.sides import Sides

__all__ = ["plane"]

Floats = NDArray[np.float64]


def plane(sides: Sides) -> Floats:
    """(n + m, 2) coordinates of the standardised features, their variance falling; the side plays no part.

    The target's mean lies to the right of and above the source's, so that two drawings do not differ by a mirror.
    """
    cases = len(sides.gram)
    squared, vectors = eigh(sides.gram, subset_by_index=[cases - 2, cases - 1])
    found = (vectors * np.sqrt(np.maximum(squared, 0.0)))[:, ::-1]
    gap = found[sides.is_target].mean(axis=0) - found[~sides.is_target].mean(axis=0)
    return np.asarray(found * np.where(gap < 0, -1.0, 1.0))
