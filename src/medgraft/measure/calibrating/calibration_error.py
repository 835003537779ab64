"""How far the probabilities are from the truth, and how far they would seem to be if they were true.

The expected calibration error (ECE, as in ``metrics.json``) is above 0 for a perfect model, the more so the fewer the
cases: each bin's share of events misses its probability by chance. So three numbers:

- ``ece``: mean |said − so| over 15 bins of equal mass, as it is;
- the *null band*: the middle 95 % of the ECE of labels drawn from the probabilities themselves. Cases of one patient
  are drawn with one random number, hence taken to be wholly alike, which makes the band wide rather than narrow;
- ``debiased``: root of the mean over bins of (said − so)² less the variance of said − so (over patients); what is
  left below 0 is 0. Bins of one patient, whose variance nobody sees, are left out.

Source: Bröcker, Quarterly J Royal Meteorological Society 2012;138:1611-1617; Kumar, Liang & Ma, Verified uncertainty
calibration, NeurIPS 2019; null band: Bröcker & Smith, Weather and Forecasting 2007;22:651-661 (consistency bars).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.measure.intervals.bootstrap import CELLS
from medgraft.measure.metrics.bins import equal_mass_bins
from medgraft.measure.metrics.calibration import ECE_BINS, calibration_pair
from medgraft.measure.metrics.predictions import Predictions, runs
from medgraft.measure.patients import Patients
from medgraft.measure.probabilities import checked_cases

__all__ = ["CalibrationError", "calibration_error", "null_draws"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CalibrationError:
    """``ece`` and ``debiased`` in probability; ``null_mean``, ``null_low``, ``null_high``: the ECE of a perfectly
    calibrated model on these cases, mean and middle 95 %; ``p_value``: its chance of an ECE as high as this."""

    ece: float
    debiased: float
    null_mean: float
    null_low: float
    null_high: float
    p_value: float
    n: int
    n_patients: int | None

    @property
    def beyond_chance(self) -> bool:
        """More than a perfectly calibrated model would show."""
        return self.ece > self.null_high

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "beyond_chance": self.beyond_chance}


def calibration_error(
    y_true: NDArray[Any],
    probability: NDArray[Any],
    *,
    positive: int | None = None,
    groups: NDArray[Any] | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> CalibrationError:
    """Of class indices (n,) and probabilities (n, k): of class ``positive``, or of the top class without one.

    ``groups`` (n,): patient numbers. Raises ``UsageError`` and ``DataError`` for what does not fit.
    """
    truth, chances = checked_cases(y_true, probability, "measuring calibration")
    if draws < 1 or (positive is not None and not 0 <= positive < chances.shape[1]):
        raise UsageError(
            f"measuring calibration: {draws} draws and positive class {positive} of {chances.shape[1]}; "
            "give a draw or more, and an index of a class"
        )
    said, so = calibration_pair(Predictions.of(truth, chances, positive=positive))
    patients, place = Patients.of(groups, len(truth)), equal_mass_bins(said, ECE_BINS)
    ece = float(_ece(said, so[:, None], place)[0])
    null = _null(said, place, patients, draws, seed)
    low, high = (float(limit) for limit in np.quantile(null, [0.025, 0.975]))
    return CalibrationError(
        ece=ece,
        debiased=_debiased(said - so, place, patients),
        null_mean=float(null.mean()),
        null_low=low,
        null_high=high,
        p_value=(1 + int((null >= ece - 1e-12).sum())) / (1 + draws),
        n=len(truth),
        n_patients=patients.count if patients.known else None,
    )


def _ece(said: Floats, so: NDArray[np.bool_], place: NDArray[np.intp]) -> Floats:
    """(b,) of what is ``said`` (n,) and each column of ``so`` (n, b)."""
    order, starts = runs(place)
    gaps = np.add.reduceat(said[order, None] - so[order], starts, axis=0)
    return np.asarray(np.abs(gaps).sum(axis=0) / len(said))


def null_draws(said: Floats, patients: Patients, draws: int, seed: int) -> Iterator[NDArray[np.bool_]]:
    """Blocks (n, b), b adding up to ``draws``: whether each case is so, with the chance that is ``said`` (n,)."""
    generator, block = np.random.default_rng(seed), max(1, CELLS // len(said))
    for start in range(0, draws, block):
        luck = generator.random((min(block, draws - start), patients.count)).T
        yield luck[patients.codes] < said[:, None]


def _null(said: Floats, place: NDArray[np.intp], patients: Patients, draws: int, seed: int) -> Floats:
    """(draws,) ECE when a case is so with the chance that is said."""
    return np.concatenate([_ece(said, events, place) for events in null_draws(said, patients, draws, seed)])


def _debiased(gap: Floats, place: NDArray[np.intp], patients: Patients) -> float:
    """Root mean square of the bins' mean ``gap`` (n,), free of the part that chance adds; NaN where no bin tells it."""
    total, weight = 0.0, 0
    for one in np.unique(place):
        member = place == one
        cases, persons = int(member.sum()), int(np.unique(patients.codes[member]).size)
        mean = float(gap[member].mean())
        if persons < 2:  # the variance cannot be seen: the bin tells nothing
            continue
        spread = patients.sums(np.where(member, gap - mean, 0.0))
        variance = persons / (persons - 1) * float((spread**2).sum()) / cases**2
        total, weight = total + cases * (mean**2 - variance), weight + cases
    return math.sqrt(max(0.0, total / weight)) if weight else math.nan
