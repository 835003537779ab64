"""What this room judges: cases of one question, yes or no, with a score each. A case is called where score ≥ threshold.

A threshold is chosen on one set of cases (validation, or cross-validation) and judged on another; functions take the
two apart, so that it is never chosen on the cases that it is judged on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError, UsageError
from medgraft.measure.estimate import Estimate
from medgraft.measure.intervals.clopper_pearson import exact_interval
from medgraft.measure.patients import Patients

__all__ = ["Cases", "checked_prevalence"]


@dataclass(frozen=True)
class Cases:
    """``truth`` (n,): the case has what is asked about; ``score`` (n,), mostly its probability; and their patients."""

    truth: NDArray[np.bool_]
    score: NDArray[np.float64]
    patients: Patients

    @classmethod
    def of(cls, y_true: NDArray[Any], score: NDArray[Any], groups: NDArray[Any] | None = None) -> Cases:
        """``groups`` (n,): patient numbers. Raises ``UsageError`` for shapes that do not fit, ``DataError`` without a
        case of either kind."""
        truth, values = np.asarray(y_true).astype(np.bool_), np.asarray(score, dtype=np.float64)
        if truth.ndim != 1 or truth.shape != values.shape or not np.isfinite(values).all():
            raise UsageError(
                f"judging a cut: labels {truth.shape} and scores {values.shape}; give one finite score a case"
            )
        if truth.all() or not truth.any():
            raise DataError(
                f"judging a cut: {int(truth.sum())} positive and {int((~truth).sum())} negative cases; both are needed"
            )
        return cls(truth, values, Patients.of(groups, len(truth)))

    @property
    def prevalence(self) -> float:
        """Share of positive cases."""
        return float(self.truth.mean())

    def rates(self, threshold: float, threshold_from: str | None = None) -> tuple[Estimate, Estimate]:
        """Sensitivity and specificity of the cut, with Clopper and Pearson's intervals."""
        called = self.score >= threshold
        found = []
        for hit, member in ((called, self.truth), (~called, ~self.truth)):
            value, limits = float(hit[member].mean()), exact_interval(hit, member, self.patients)
            persons = self.patients.number(member)
            count = int(member.sum())
            found.append(Estimate(value, *limits, count, persons, threshold, threshold_from, events=count))
        return found[0], found[1]


def checked_prevalence(prevalence: float) -> float:
    """The share of positive cases where the model will be used, between 0 and 1; else a ``UsageError``."""
    if not 0 < prevalence < 1:
        raise UsageError(f"a prevalence of {prevalence}: give the share of positive cases, above 0 and below 1")
    return float(prevalence)
