"""Wilson's score interval of a proportion, with the design effect of patients."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from medgraft.measure.intervals.design_effect import design_effect
from medgraft.measure.patients import Patients

__all__ = ["Z", "proportion_interval", "wilson"]

Z = float(ndtri(0.975))
"""The normal quantile of a 95 % interval."""


def wilson(share: float, cases: float) -> tuple[float, float]:
    """95 % interval of the proportion ``share`` seen in ``cases``, an effective number, maybe not whole.

    Without a case it is (0, 1): nothing is known. NaN where ``share`` is.
    Source: Wilson, JASA 1927;22:209-212.
    """
    if math.isnan(share):
        return math.nan, math.nan
    if not cases > 0:
        return 0.0, 1.0
    pull = Z * Z / cases
    centre = (share + pull / 2) / (1 + pull)
    reach = Z / (1 + pull) * math.sqrt(share * (1 - share) / cases + pull / (4 * cases))
    low = 0.0 if share <= 0 else max(0.0, centre - reach)
    high = 1.0 if share >= 1 else min(1.0, centre + reach)
    return low, high


def proportion_interval(hit: NDArray[np.bool_], member: NDArray[np.bool_], patients: Patients) -> tuple[float, float]:
    """95 % interval of the share of ``hit`` (n,) among ``member`` (n,), on cases / design effect."""
    cases = int(member.sum())
    if not cases:
        return 0.0, 1.0
    return wilson(float((hit & member).sum() / cases), cases / design_effect(hit, member, patients))
