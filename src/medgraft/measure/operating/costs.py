"""What errors cost: the cut that is cheapest, and what a case costs on average at a cut.

    cost = miss · π (1 − se) + false alarm · (1 − π)(1 − sp)

Of probabilities that are calibrated for the place of use the cheapest cut is false alarm / (false alarm + miss); of any
score it is looked for on cases set apart for it.
Source: Elkan, The foundations of cost-sensitive learning, IJCAI 2001.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.measure.estimate import Estimate
from medgraft.measure.intervals.bootstrap import case_weights, percentile_interval
from medgraft.measure.intervals.clopper_pearson import exact_interval
from medgraft.measure.metrics.metric import ratio
from medgraft.measure.operating.cases import Cases, checked_prevalence
from medgraft.measure.threshold import choose_threshold, cut_between

__all__ = ["Costs", "cheapest_threshold", "expected_cost", "own_cut"]

Floats = NDArray[np.float64]
REPLICATES = 1000


@dataclass(frozen=True)
class Costs:
    """Of a ``miss`` and of a ``false_alarm``, in any unit, both above 0."""

    miss: float
    false_alarm: float

    def __post_init__(self) -> None:
        if not (0 < self.miss < np.inf and 0 < self.false_alarm < np.inf):
            raise UsageError(f"costs of {self.miss} and {self.false_alarm}: both must be above 0 and finite")

    @property
    def threshold(self) -> float:
        """The cheapest cut of a probability that is calibrated for the place of use."""
        return self.false_alarm / (self.false_alarm + self.miss)


def cheapest_threshold(costs: Costs, chosen_on: Cases, prevalence: float | None = None) -> float:
    """The cut with the lowest cost on ``chosen_on``, at their prevalence or another; of equals the lowest, which misses
    least. 0 where calling everybody is cheapest, above the highest score where calling nobody is."""
    share = chosen_on.prevalence if prevalence is None else checked_prevalence(prevalence)
    values, place = np.unique(chosen_on.score, return_inverse=True)
    below = [np.concatenate(([0], np.cumsum(np.bincount(place, weights=side)))) for side in _sides(chosen_on)]
    missed, spared = (counts / counts[-1] for counts in below)
    cost = costs.miss * share * missed + costs.false_alarm * (1 - share) * (1 - spared)
    # Equal costs may differ by rounding.
    best = int(np.flatnonzero(cost <= cost.min() + 1e-12 * (costs.miss + costs.false_alarm))[0])
    if best == 0:
        return min(0.0, float(values[0]))
    highest = float(values[-1])
    last = 1.0 if highest < 1 else float(np.nextafter(highest, np.inf))
    return cut_between(float(values[best - 1]), float(values[best]) if best < len(values) else last)


def own_cut(truth: NDArray[np.bool_], chances: Floats, costs: Costs | None) -> float:
    """The cut that a run calls by: the cheapest where costs are known, at most 1; else Youden's."""
    if costs is None:
        return choose_threshold(truth, chances)
    return min(1.0, cheapest_threshold(costs, Cases.of(truth, chances)))


def _sides(cases: Cases) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    return cases.truth, ~cases.truth


def expected_cost(
    costs: Costs, cases: Cases, threshold: float, prevalence: float | None = None, *, seed: int = 0
) -> Estimate:
    """Mean cost of a case at a cut that was chosen on other cases, with a bootstrap interval over patients.

    Without an error among the cases the upper limit is the cost of the upper limits of both error rates.
    """
    share = None if prevalence is None else checked_prevalence(prevalence)
    called = cases.score >= threshold
    wrong = (cases.truth & ~called, ~cases.truth & called)

    def cost(weights: Floats) -> Floats:
        """(b,) under case weights (n, b)."""
        errors = [side.astype(np.float64) @ weights for side in wrong]
        counts = [side.astype(np.float64) @ weights for side in _sides(cases)]
        if share is None:
            total = counts[0] + counts[1]
            return np.asarray((costs.miss * errors[0] + costs.false_alarm * errors[1]) / total)
        missed, alarmed = (ratio(*pair) for pair in zip(errors, counts, strict=True))
        return np.asarray(costs.miss * share * missed + costs.false_alarm * (1 - share) * alarmed)

    value = float(cost(np.ones((len(called), 1)))[0])
    if value > 0:
        drawn = np.concatenate([cost(weights) for weights in case_weights(cases.patients, REPLICATES, seed)])
        low, high = percentile_interval(drawn, value)
    else:
        at = cases.prevalence if share is None else share
        rates = [exact_interval(*pair, cases.patients)[1] for pair in zip(wrong, _sides(cases), strict=True)]
        low, high = 0.0, costs.miss * at * rates[0] + costs.false_alarm * (1 - at) * rates[1]
    count = cases.patients.count if cases.patients.known else None
    return Estimate(value, low, high, len(called), count, threshold)
