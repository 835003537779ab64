"""Maximum mean discrepancy: how far apart two cohorts lie in the eyes of a kernel, 0 where they are alike.

    MMD² = E k(s, s′) + E k(t, t′) − 2 E k(s, t)      s, s′ source cases of different patients, t, t′ target cases

The kernel is a mean of Gaussians exp(−|x − y|² / (c·m)), m the median squared distance over both sides, c from ¼ to 4.
Pairs of cases of one patient do not count (with one case a patient this is the usual unbiased estimate), so that many
pictures a patient on one side are no difference. The kernel matrix is computed once, summed by patient, and every
exchange of patients is a matrix product.
Source: Gretton, Borgwardt, Rasch, Schölkopf & Smola, A Kernel Two-Sample Test, JMLR 2012;13:723-773.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.patients import Patients
from medgraft.measure.shift.permutation import allocations, p_value
from medgraft.measure.shift.sides import Sides

__all__ = ["SCALES", "Mmd", "mixture_kernel", "mmd", "mmd_statistics"]

Floats = NDArray[np.float64]
SCALES = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Of the median squared distance."""
DRAWS = 999


@dataclass(frozen=True)
class Mmd:
    """``squared`` is unbiased, so that it may lie below 0; ``p_value`` by exchange of patients."""

    squared: float
    p_value: float


def mmd(sides: Sides, *, draws: int = DRAWS, seed: int = 0) -> Mmd:
    """Of the standardised features."""
    found = mmd_statistics(sides, mixture_kernel(sides.gram), allocations(sides.patient_is_target, draws, seed))
    return Mmd(float(found[0]), p_value(found))


def mixture_kernel(gram: Floats) -> Floats:
    """(n, n) from inner products (n, n). Where most cases are the same picture the mean distance stands for m."""
    lengths = np.diagonal(gram)
    squared = np.maximum(lengths[:, None] + lengths - 2 * gram, 0.0)
    upper = squared[np.triu_indices(len(squared), 1)]
    middle = float(np.median(upper)) or float(upper.mean())
    if not middle > 0:
        return np.ones_like(squared)
    return np.asarray(np.mean([np.exp(-squared / (scale * middle)) for scale in SCALES], axis=0))


def mmd_statistics(sides: Sides, kernel: Floats, targets: Floats) -> Floats:
    """(b,) MMD² for each allocation of patients to the target, ``targets`` (patients, b) of 1 and 0."""
    sums, sizes = _by_patient(kernel, sides.patients), np.bincount(sides.patients.codes).astype(np.float64)
    sources = 1.0 - targets
    to_target = sums @ targets
    within_target = (targets * to_target).sum(axis=0)
    across = (sources * to_target).sum(axis=0)
    within_source = sums.sum() - within_target - 2 * across
    pairs = [(sizes @ side) ** 2 - (sizes**2) @ side for side in (sources, targets)]
    between = (sizes @ sources) * (sizes @ targets)
    return np.asarray(within_source / pairs[0] + within_target / pairs[1] - 2 * across / between)


def _by_patient(kernel: Floats, patients: Patients) -> Floats:
    """(patients, patients) sums over the pairs of their cases, 0 for a patient with itself."""
    order = np.argsort(patients.codes, kind="stable")
    summed = kernel[np.ix_(order, order)]
    if not patients.single:
        starts = np.searchsorted(patients.codes[order], np.arange(patients.count))
        summed = np.add.reduceat(np.add.reduceat(summed, starts, axis=0), starts, axis=1)
    np.fill_diagonal(summed, 0.0)
    return summed
