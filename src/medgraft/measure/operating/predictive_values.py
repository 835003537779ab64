"""What a call is worth where the model will be used: PPV and NPV at the prevalence there, not at that of the test set.

    PPV = se π / (se π + (1 − sp)(1 − π)),   NPV = sp (1 − π) / (sp (1 − π) + (1 − se) π)

Intervals are normal on the logit scale, by the delta method; numbers of cases are over their design effect. Where
sensitivity or specificity is 0 or 1 the logit is infinite; then both are estimated with two successes and two failures
more (the adjusted logit). The prevalence is taken as known; that sensitivity and specificity hold there is taken too.
Source: Mercaldo, Lau & Zhou, Statistics in Medicine 2007;26:2170-2183.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from scipy.special import expit

from medgraft.measure.estimate import Estimate
from medgraft.measure.intervals.design_effect import design_effect
from medgraft.measure.intervals.wilson import Z
from medgraft.measure.operating.cases import Cases, checked_prevalence

__all__ = ["PredictiveValues", "predictive_values"]


@dataclass(frozen=True)
class PredictiveValues:
    """``ppv``: of those that are called, the share that has it; ``npv``: of the others, the share that has not."""

    prevalence: float
    ppv: Estimate
    npv: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"prevalence": self.prevalence, "ppv": self.ppv.to_dict(), "npv": self.npv.to_dict()}


def predictive_values(
    cases: Cases, threshold: float, prevalence: float, *, threshold_from: str | None = None
) -> PredictiveValues:
    """Of the cut at ``threshold``, chosen on other cases, for a ``prevalence`` between 0 and 1.

    A value is NaN where no case would be called so. Raises ``UsageError`` for a prevalence that is none.
    """
    share, called = checked_prevalence(prevalence), cases.score >= threshold
    sides = []
    for hit, member in ((called, cases.truth), (~called, ~cases.truth)):
        effect = design_effect(hit, member, cases.patients)
        sides.append((float(hit[member].mean()), float(member.sum()) / effect))
    found, spared = sides
    count = cases.patients.count if cases.patients.known else None
    events = int(min(cases.truth.sum(), (~cases.truth).sum()))
    told, untold = (
        Estimate(*numbers, len(cases.truth), count, threshold, threshold_from, events=events)
        for numbers in (_value(found, spared, share), _value(spared, found, 1 - share))
    )
    return PredictiveValues(share, told, untold)


def _value(right: tuple[float, float], other: tuple[float, float], share: float) -> tuple[float, float, float]:
    """Predictive value and limits, of the rates (and effective cases) of the side that is right when called so, and of
    the other side; ``share``: of the first side among all."""
    called = right[0] * share + (1 - other[0]) * (1 - share)
    if not called > 0:
        return math.nan, math.nan, math.nan
    value = right[0] * share / called
    if min(right[0], 1 - right[0], other[0], 1 - other[0]) <= 0:
        right, other = _adjusted(*right), _adjusted(*other)
    hit, miss = right[0], 1 - other[0]
    centre = math.log(hit * share / (miss * (1 - share)))
    error = math.sqrt((1 - hit) / (hit * right[1]) + (1 - miss) / (miss * other[1]))
    low, high = float(expit(centre - Z * error)), float(expit(centre + Z * error))
    return value, min(low, value), max(high, value)


def _adjusted(rate: float, cases: float) -> tuple[float, float]:
    """Rate and cases with Z² / 2 (two) successes and failures more."""
    return (rate * cases + Z * Z / 2) / (cases + Z * Z), cases + Z * Z
