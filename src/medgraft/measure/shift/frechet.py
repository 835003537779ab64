"""Fréchet distance of two cohorts' features, each taken for a Gaussian: squared, as it is usually given.

    F = |μ₁ − μ₂|² + tr(C₁ + C₂ − 2 (C₁^½ C₂ C₁^½)^½)

With fewer cases than features a covariance is singular and F rises with the dimension, so each is shrunk towards a
sphere as Ledoit and Wolf do. All is computed in the span of the cases; outside it the shrunk covariances are spheres.
The symmetric product under the root has real, non-negative eigenvalues, of which rounding is cut off.
Source: Dowson & Landau, J Multivariate Analysis 1982;12:450-455; Ledoit & Wolf, ibid. 2004;88:365-411.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError, UsageError
from medgraft.measure.transferability.h_score import ledoit_wolf_shrinkage

__all__ = ["frechet_distance"]

Floats = NDArray[np.float64]
_RANK_TOLERANCE = 1e-12
"""Axes whose squared length is below this part of the longest carry rounding only."""


def frechet_distance(source: NDArray[Any], target: NDArray[Any], *, shrink: bool = True) -> float:
    """Of features (n, d) and (m, d), in squared units of the features; 0 where means and covariances agree.

    Covariances divide by the number of cases. Raises ``UsageError`` for shapes that do not fit, ``DataError`` for
    values that are not finite.
    """
    first, second = np.asarray(source, np.float64), np.asarray(target, np.float64)
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1] or not first.size or not second.size:
        raise UsageError(f"Fréchet distance: features {first.shape} and {second.shape}; give (n, d) and (m, d)")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise DataError("Fréchet distance: some features are not finite; leave these cases out")
    gap = first.mean(axis=0) - second.mean(axis=0)
    first, second = first - first.mean(axis=0), second - second.mean(axis=0)
    shares = [ledoit_wolf_shrinkage(rows) if shrink else 0.0 for rows in (first, second)]
    width = first.shape[1]
    spheres = [
        share * float((rows**2).sum()) / len(rows) / width for share, rows in zip(shares, (first, second), strict=True)
    ]
    covariances = []
    for rows, share, sphere in zip(_in_their_span(first, second), shares, spheres, strict=True):
        covariance = (1 - share) * (rows.T @ rows) / len(rows)
        covariance[np.diag_indices_from(covariance)] += sphere
        covariances.append(covariance)
    outside = (width - len(covariances[0])) * (np.sqrt(spheres[0]) - np.sqrt(spheres[1])) ** 2
    return float(gap @ gap + max(0.0, _between(*covariances)) + outside)


def _in_their_span(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """The same rows in an orthonormal basis of what they span."""
    rows = np.concatenate([first, second])
    if len(rows) >= rows.shape[1]:
        return first, second
    squared, vectors = np.linalg.eigh(rows @ rows.T)
    kept = squared > _RANK_TOLERANCE * max(float(squared[-1]), np.finfo(np.float64).tiny)
    coordinates = vectors[:, kept] * np.sqrt(squared[kept])
    return coordinates[: len(first)], coordinates[len(first) :]


def _between(one: Floats, other: Floats) -> float:
    """tr(C₁ + C₂ − 2 (C₁^½ C₂ C₁^½)^½)."""
    values, axes = np.linalg.eigh(one)
    root = (axes * np.sqrt(np.maximum(values, 0.0))) @ axes.T
    product = np.linalg.eigvalsh(root @ other @ root)
    return float(np.trace(one) + np.trace(other) - 2 * np.sqrt(np.maximum(product, 0.0)).sum())
