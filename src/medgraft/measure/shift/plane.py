"""Two cohorts on one sheet: the plane of the greatest variance of both together (principal components).

It is fitted once, and other rows of the same features can be drawn in it: two drawings in one plane can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from medgraft.measure.shift.sides import Sides

__all__ = ["Plane", "plane"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Plane:
    """``mean`` and ``scale`` (d,) that features are standardised by, infinite for a constant one; ``axes`` (d, 2), the
    one of the greater variance first."""

    mean: Floats
    scale: Floats
    axes: Floats

    @classmethod
    def of(cls, sides: Sides) -> Plane:
        """Of all cases of ``sides``. The side plays no part but in the signs: the target's mean lies to the right of
        and above the source's, so that two drawings do not differ by a mirror."""
        cases = len(sides.gram)
        squared, vectors = eigh(sides.gram, subset_by_index=[cases - 2, cases - 1])
        lengths = np.sqrt(np.maximum(squared, 0.0))
        least = np.finfo(np.float64).eps * cases * max(float(lengths[-1]), 1.0)
        lengths = np.where(lengths > least, lengths, np.inf)
        axes = (sides.standardised.T @ (vectors / lengths))[:, ::-1]
        found = sides.standardised @ axes
        gap = found[sides.is_target].mean(axis=0) - found[~sides.is_target].mean(axis=0)
        return cls(*sides.standard, np.asarray(axes * np.where(gap < 0, -1.0, 1.0)))

    def places(self, features: NDArray[Any]) -> Floats:
        """(k, 2) coordinates of ``features`` (k, d)."""
        return np.asarray(((features - self.mean) / self.scale) @ self.axes)


def plane(sides: Sides) -> Floats:
    """(n + m, 2) coordinates of the cases of ``sides`` in their own plane, their variance falling."""
    return Plane.of(sides).places(sides.features)
