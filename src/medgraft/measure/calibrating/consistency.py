"""Consistency bars: where the bins of a reliability diagram would lie if the probabilities were true.

Per bin of equal mass the mean that is said, the share that is so, and the middle 95 % of that share when each case is
so with the chance that is said. Cases of one patient are drawn with one random number, as for the null band of the ECE.
About one bin in twenty lies outside its bar by chance.
Source: Bröcker & Smith, Weather and Forecasting 2007;22:651-661.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.calibrating.calibration_error import null_draws
from medgraft.measure.metrics.bins import equal_mass_bins
from medgraft.measure.metrics.calibration import calibration_pair
from medgraft.measure.metrics.predictions import Predictions, runs
from medgraft.measure.patients import Patients
from medgraft.measure.probabilities import checked_cases

__all__ = ["ConsistencyBar", "consistency_bars"]

BINS = 10
"""Fewer than the ECE has: a bin is to be seen."""


@dataclass(frozen=True)
class ConsistencyBar:
    """One bin of ``n`` cases: what is ``said`` and what is ``so``, and the band ``low`` to ``high`` of what chance
    would show were it true."""

    said: float
    so: float
    low: float
    high: float
    n: int


def consistency_bars(
    y_true: NDArray[Any],
    probability: NDArray[Any],
    *,
    positive: int | None = None,
    groups: NDArray[Any] | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> list[ConsistencyBar]:
    """By rising probability, of the class ``positive`` or of the top class; arguments and errors as of
    ``calibration_error``."""
    truth, chances = checked_cases(y_true, probability, "drawing consistency bars")
    said, so = calibration_pair(Predictions.of(truth, chances, positive=positive))
    patients = Patients.of(groups, len(truth))
    order, starts = runs(equal_mass_bins(said, BINS))
    sizes = np.diff(np.append(starts, len(order)))

    def shares(events: NDArray[Any]) -> NDArray[np.float64]:
        """(bins, b) of (n, b)."""
        return np.asarray(np.add.reduceat(events[order].astype(np.float64), starts, axis=0) / sizes[:, None])

    drawn = np.concatenate([shares(events) for events in null_draws(said, patients, draws, seed)], axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=1)
    columns = zip(shares(said[:, None])[:, 0], shares(so[:, None])[:, 0], low, high, sizes, strict=True)
    return [ConsistencyBar(float(x), float(y), float(least), float(most), int(n)) for x, y, least, most, n in columns]
