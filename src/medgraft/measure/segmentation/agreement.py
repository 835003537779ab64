"""How well predicted sizes agree with true ones: bias and limits of agreement, and the error of one measurement.

Differences are predicted − true. The limits hold 95 % of them; ``relative_sd`` is the standard deviation of the
differences as a share of the pair's mean, the error that a change between two studies has to exceed.
Source: Bland & Altman, Lancet 1986;327:307-310.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.intervals.wilson import Z

__all__ = ["Agreement", "agreement"]


@dataclass(frozen=True)
class Agreement:
    """``bias``, ``low`` and ``high`` (the limits) and ``within_sd`` (of the differences) in ``unit``; ``relative_sd`` a
    share; of ``n`` cases, those in which either size is above 0. ``None`` where fewer than two are."""

    bias: float | None
    low: float | None
    high: float | None
    within_sd: float | None
    relative_sd: float | None
    unit: str
    n: int

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def agreement(true: NDArray[Any], predicted: NDArray[Any], unit: str) -> Agreement:
    """Of sizes (n,) in ``unit``; pairs that are not finite, or both 0, do not count."""
    true, predicted = np.asarray(true, dtype=float), np.asarray(predicted, dtype=float)
    counted = np.isfinite(true) & np.isfinite(predicted) & (true + predicted > 0)
    gaps, middles = (predicted - true)[counted], ((predicted + true) / 2)[counted]
    n = int(counted.sum())
    if n < 2:
        return Agreement(None, None, None, None, None, unit, n)
    bias, spread = float(gaps.mean()), float(gaps.std(ddof=1))
    relative = float((gaps / middles).std(ddof=1))
    return Agreement(bias, bias - Z * spread, bias + Z * spread, spread, relative, unit, n)
