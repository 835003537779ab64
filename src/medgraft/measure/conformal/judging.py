"""Sets on other cases: how often they hold the truth, beside what chance allows, and how large they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.conformal.quantile import coverage_band
from medgraft.measure.conformal.split import ConformalSets
from medgraft.measure.estimate import Estimate
from medgraft.measure.intervals.wilson import proportion_interval
from medgraft.measure.patients import Patients
from medgraft.measure.probabilities import checked_cases

__all__ = ["BoundCoverage", "SetReport", "judge_sets"]


@dataclass(frozen=True)
class BoundCoverage:
    """Cases of the ``classes`` that share a bound: ``coverage``, and the ``band`` in which that of so many new
    patients lies in 95 of 100 calibrations of ``calibrated_on`` patients."""

    classes: tuple[int, ...]
    coverage: Estimate
    band: tuple[float, float]
    calibrated_on: int

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "classes": list(self.classes),
            "coverage": self.coverage.to_dict(),
            "band": list(self.band),
            "calibrated_on": self.calibrated_on,
        }


@dataclass(frozen=True)
class SetReport:
    """``coverage`` of all cases; ``single`` and ``empty``: share of sets with one class and with none; ``mean_size``;
    ``by_bound``: each bound's own coverage (without those of which there is no case)."""

    coverage: Estimate
    single: Estimate
    empty: Estimate
    mean_size: float
    by_bound: tuple[BoundCoverage, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "coverage": self.coverage.to_dict(),
            "single": self.single.to_dict(),
            "empty": self.empty.to_dict(),
            "mean_size": self.mean_size,
            "by_bound": [one.to_dict() for one in self.by_bound],
        }


def judge_sets(
    sets: ConformalSets, y_true: NDArray[Any], probability: NDArray[Any], *, groups: NDArray[Any] | None = None
) -> SetReport:
    """On cases that took no part in calibration; intervals are Wilson's with the design effect of patients.

    Raises ``UsageError`` and ``DataError`` for what does not fit.
    """
    truth, chances = checked_cases(y_true, probability, "judging sets")
    patients, inside = Patients.of(groups, len(truth)), sets(chances)
    held, sizes = inside[np.arange(len(truth)), truth], inside.sum(axis=1)
    everyone = np.ones(len(truth), dtype=np.bool_)
    by_bound = []
    for shared in sets.bounds:
        member = np.isin(truth, shared.classes)
        if member.any():
            persons = int(np.unique(patients.codes[member]).size)
            band = coverage_band(shared.n, sets.rule.alpha, persons)
            by_bound.append(BoundCoverage(shared.classes, _share(held, member, patients), band, shared.n))
    return SetReport(
        coverage=_share(held, everyone, patients),
        single=_share(sizes == 1, everyone, patients),
        empty=_share(sizes == 0, everyone, patients),
        mean_size=float(sizes.mean()),
        by_bound=tuple(by_bound),
    )


def _share(hit: NDArray[np.bool_], member: NDArray[np.bool_], patients: Patients) -> Estimate:
    """Of ``hit`` (n,) among ``member`` (n,)."""
    value = float(hit[member].mean())
    limits = proportion_interval(hit, member, patients)
    return Estimate(value, *limits, n=int(member.sum()), n_patients=patients.number(member))
