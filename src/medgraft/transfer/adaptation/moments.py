"""Means and covariances of a side, and powers of covariances.

With few cases a covariance is near singular, so it is shrunk towards a sphere: ``(1 − λ) C + λ (tr C / r) I``.

Source: Ledoit & Wolf 2004, A well-conditioned estimator for large-dimensional covariance matrices.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.transferability.h_score import ledoit_wolf_shrinkage

__all__ = ["matrix_power", "mean_and_covariance"]

Array = NDArray[np.float64]

_RANK = 1e-12


def mean_and_covariance(rows: Array, shrinkage: float | None) -> tuple[Array, Array]:
    """Mean (r,) and covariance (r, r) of ``rows`` (n, r), divided by n; ``shrinkage`` λ in [0, 1], by Ledoit and Wolf
    if ``None``."""
    mean = rows.mean(axis=0)
    centred = np.asarray(rows - mean)
    share = ledoit_wolf_shrinkage(centred) if shrinkage is None else shrinkage
    covariance = centred.T @ centred / len(rows)
    width = len(mean)
    return mean, (1 - share) * covariance + share * float(np.trace(covariance)) / width * np.eye(width)


def matrix_power(matrix: Array, exponent: float) -> Array:
    """Of a symmetric matrix without negative eigenvalues; directions of none stay at zero (a pseudo-inverse where the
    exponent is negative)."""
    values, vectors = np.linalg.eigh(matrix)
    kept = values > _RANK * max(float(values[-1]), 1e-300)
    raised = np.where(kept, np.where(kept, values, 1.0) ** exponent, 0.0)
    return np.asarray((vectors * raised) @ vectors.T)
