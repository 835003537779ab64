"""Clopper and Pearson's exact interval of a proportion, with the design effect of patients.

It holds the true share with at least 95 %, whatever the share; Wilson's holds it with 95 % on average and is shorter.
Where cases of one patient are alike, hits and cases are both divided by the design effect (Korn and Graubard).
Source: Clopper & Pearson, Biometrika 1934;26:404-413; Korn & Graubard, Survey Methodology 1998;24:193-201.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from medgraft.measure.intervals.design_effect import design_effect
from medgraft.measure.patients import Patients

__all__ = ["clopper_pearson", "exact_interval"]


def clopper_pearson(hits: float, cases: float) -> tuple[float, float]:
    """95 % interval of the proportion ``hits`` of ``cases``, which may be effective numbers, not whole.

    Without a case it is (0, 1): nothing is known. NaN where ``hits`` is.
    """
    if math.isnan(hits):
        return math.nan, math.nan
    if not cases > 0:
        return 0.0, 1.0
    misses = cases - hits
    low = 0.0 if hits <= 0 else float(betaincinv(hits, misses + 1, 0.025))
    high = 1.0 if misses <= 0 else float(betaincinv(hits + 1, misses, 0.975))
    return low, high


def exact_interval(hit: NDArray[np.bool_], member: NDArray[np.bool_], patients: Patients) -> tuple[float, float]:
    """95 % interval of the share of ``hit`` (n,) among ``member`` (n,), on numbers over their design effect."""
    if not member.any():
        return 0.0, 1.0
    effect = design_effect(hit, member, patients)
    return clopper_pearson(float((hit & member).sum()) / effect, float(member.sum()) / effect)
