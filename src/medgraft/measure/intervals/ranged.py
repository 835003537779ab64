"""The interval of a number that has a range of its own, from its bootstrap replicates over patients."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.intervals.bootstrap import percentile_interval
from medgraft.measure.intervals.wilson import wilson

__all__ = ["ranged_interval"]


def ranged_interval(
    value: float, replicates: NDArray[np.float64], bounds: tuple[float, float], patients: int
) -> tuple[float, float]:
    """95 % interval of ``value`` from ``replicates`` (b,), within ``bounds`` (either may be infinite).

    Where all replicates agree on an end of a finite range it is Wilson's among the ``patients`` behind the number: 20
    of 20 is not certainty. NaN where the value is not defined, and where one patient is all there is: how patients
    differ cannot be seen in one.
    """
    lowest, highest = bounds
    low, high = percentile_interval(np.asarray(replicates, dtype=np.float64), value)
    if math.isnan(low):
        return math.nan, math.nan
    span = highest - lowest
    if low == high and value in bounds and math.isfinite(span):
        low, high = wilson((value - lowest) / span, patients)
        return lowest + low * span, lowest + high * span
    if patients < 2:
        return math.nan, math.nan
    return max(low, lowest), min(high, highest)
