"""How well two measurements of the same thing agree: bias and limits of agreement, as numbers and with intervals.

Differences are second − first (predicted − true); the limits, bias ∓ 1.96 standard deviations of the differences, hold
95 % of them if they are about normal. Pairs that are not finite, or 0 and 0 (nothing to measure), do not count.
Source: Bland & Altman, Lancet 1986;327:307-310; Bland & Altman, Stat Methods Med Res 1999;8:135-160 (also that limits
mean little where differences grow with the size: ``trend``). Intervals are by bootstrap over patients and not by their
formula, which takes cases for independent.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from medgraft.errors import UsageError
from medgraft.measure.average_ranks import average_ranks
from medgraft.measure.estimate import Estimate
from medgraft.measure.intervals.bootstrap import case_weights
from medgraft.measure.intervals.ranged import ranged_interval
from medgraft.measure.intervals.wilson import Z
from medgraft.measure.patients import Patients

__all__ = ["Agreement", "Limits", "agreement", "counted_pairs", "limits_of_agreement"]

Floats = NDArray[np.float64]
_ANYWHERE = (-math.inf, math.inf)


@dataclass(frozen=True)
class Agreement:
    """``bias``, ``low`` and ``high`` (the limits) and ``within_sd`` (of the differences) in ``unit``; ``relative_sd``:
    the standard deviation of the differences as a share of the pair's mean, the error that a change between two studies
    has to exceed. Of ``n`` pairs that count; ``None`` where fewer than two do."""

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


@dataclass(frozen=True)
class Limits:
    """The same with intervals over patients. ``trend``: Spearman's correlation of the size of the difference with the
    mean of both, ``trend_p`` its p-value; NaN for fewer than four cases or equal differences."""

    bias: Estimate
    low: Estimate
    high: Estimate
    trend: float
    trend_p: float


def counted_pairs(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.bool_]:
    """(n,) which pairs count. Raises ``UsageError`` where the lengths differ."""
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.shape != other.shape or one.ndim != 1:
        raise UsageError(f"comparing measurements: got {one.shape} and {other.shape}; give two numbers a case")
    counted: NDArray[np.bool_] = np.isfinite(one) & np.isfinite(other) & ((one != 0) | (other != 0))
    return counted


def agreement(first: NDArray[Any], second: NDArray[Any], unit: str) -> Agreement:
    """Of sizes (n,) in ``unit``."""
    differences, sizes = _differences(first, second, counted_pairs(first, second))
    n = len(differences)
    if n < 2:
        return Agreement(None, None, None, None, None, unit, n)
    bias, low, high = (float(value) for value in _limits(differences, np.ones((n, 1)))[:, 0])
    relative = float((differences / sizes).std(ddof=1))
    return Agreement(bias, low, high, float(differences.std(ddof=1)), relative, unit, n)


def limits_of_agreement(
    first: NDArray[Any],
    second: NDArray[Any],
    *,
    groups: NDArray[Any] | None = None,
    seed: int = 0,
    replicates: int = 1000,
) -> Limits:
    """Of pairs (n,) in one unit. ``groups`` (n,) patient numbers, negative where unknown, ``None`` where all are.
    Raises ``UsageError`` where the lengths differ or fewer than two pairs count."""
    counted = counted_pairs(first, second)
    differences, sizes = _differences(first, second, counted)
    if len(differences) < 2:
        raise UsageError("comparing measurements: fewer than two cases have both numbers; limits need two at least")
    patients = Patients.of(None if groups is None else np.asarray(groups)[counted], len(differences))
    drawn = [_limits(differences, weights) for weights in case_weights(patients, replicates, seed)]
    redrawn = np.concatenate(drawn, axis=1)
    whole = _limits(differences, np.ones((len(differences), 1)))[:, 0]
    told = [
        Estimate(
            float(value),
            *ranged_interval(float(value), row, _ANYWHERE, patients.count),
            len(differences),
            patients.count if patients.known else None,
        )
        for value, row in zip(whole, redrawn, strict=True)
    ]
    trend, p = _trend(np.abs(differences), sizes)
    return Limits(told[0], told[1], told[2], trend, p)


def _differences(first: NDArray[Any], second: NDArray[Any], counted: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Of the pairs that count, and the mean size of each."""
    one, other = (np.asarray(values, dtype=np.float64)[counted] for values in (first, second))
    return other - one, np.abs(other + one) / 2


def _limits(differences: Floats, weights: Floats) -> Floats:
    """(3, b): bias, lower and upper limit under case weights (n, b)."""
    total = weights.sum(axis=0)
    bias = differences @ weights / total
    squares = (((differences[:, None] - bias) ** 2) * weights).sum(axis=0)
    deviation = np.sqrt(squares / np.maximum(total - 1, 1))
    return np.stack([bias, bias - Z * deviation, bias + Z * deviation])


def _trend(differences: Floats, sizes: Floats) -> tuple[float, float]:
    """Spearman's correlation, and its p-value by Student's t."""
    if len(differences) < 4 or np.ptp(differences) == 0 or np.ptp(sizes) == 0:
        return math.nan, math.nan
    trend = float(np.corrcoef(average_ranks(differences), average_ranks(sizes))[0, 1])
    freedom = len(sizes) - 2
    statistic = trend * math.sqrt(freedom / max(1 - trend**2, 1e-300))
    return trend, float(2 * stdtr(freedom, -abs(statistic)))
