"""What a further map does to probabilities: scores before and after on the same cases, which the map was not made from.

Brier score (sum of squares over the classes, 0 to 2) and log loss, with paired bootstrap intervals over patients: what
is hard for both cancels. Beside them the calibration error of both, with its null band.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.measure.calibrating.calibration_error import CalibrationError, calibration_error
from medgraft.measure.calibrating.calibrator import log_probability
from medgraft.measure.estimate import Estimate
from medgraft.measure.intervals.bootstrap import case_weights, percentile_interval
from medgraft.measure.patients import Patients
from medgraft.measure.probabilities import checked_cases

__all__ = ["BeforeAfter", "before_after"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BeforeAfter:
    """``brier`` and ``log_loss``: (before, after, after less before with its interval); ``error``: before and after."""

    brier: tuple[float, float, Estimate]
    log_loss: tuple[float, float, Estimate]
    error: tuple[CalibrationError, CalibrationError]

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        scores = {
            name: {"before": before, "after": after, "difference": change.to_dict()}
            for name, (before, after, change) in (("brier", self.brier), ("log_loss", self.log_loss))
        }
        return {**scores, "calibration": {"before": self.error[0].to_dict(), "after": self.error[1].to_dict()}}


def before_after(
    y_true: NDArray[Any],
    probability: tuple[NDArray[Any], NDArray[Any]],
    *,
    positive: int | None = None,
    groups: NDArray[Any] | None = None,
    replicates: int = 1000,
    seed: int = 0,
) -> BeforeAfter:
    """Of class indices (n,) and both probabilities (n, k); ``groups`` (n,): patient numbers.

    Raises ``UsageError`` and ``DataError`` for what does not fit.
    """
    doing = "comparing probabilities before and after"
    (truth, first), (_, second) = (checked_cases(y_true, one, doing) for one in probability)
    if first.shape != second.shape:
        raise UsageError(f"{doing}: {first.shape} and {second.shape}; give both of the same cases and classes")
    patients, hot = Patients.of(groups, len(truth)), np.eye(first.shape[1])[truth]
    weights = np.concatenate(list(case_weights(patients, replicates, seed)), axis=1)

    def paired(each: list[Floats]) -> tuple[float, float, Estimate]:
        change = each[1] - each[0]
        value = float(change.mean())
        limits = percentile_interval((change @ weights) / weights.sum(axis=0), value)
        count = patients.count if patients.known else None
        return float(each[0].mean()), float(each[1].mean()), Estimate(value, *limits, len(truth), count)

    both = (first, second)
    errors = [calibration_error(truth, one, positive=positive, groups=groups, seed=seed) for one in both]
    return BeforeAfter(
        paired([((one - hot) ** 2).sum(axis=1) for one in both]),
        paired([-log_probability(one)[np.arange(len(truth)), truth] for one in both]),
        (errors[0], errors[1]),
    )
