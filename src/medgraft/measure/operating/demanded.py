"""Sensitivity at a demanded specificity, and the reverse: a cut chosen on some cases, judged on others.

The cut is the one that a *new* case of the side in question stays on the right side of with at least the demanded
chance (the exact quantile of split conformal prediction), not merely the cases that it was chosen on: with 20
positive cases a demand of 0.95 is met by the lowest of them, for 0.96 they are too few. Cases are counted, not
patients. The cut lies midway to the next score, so that it does not hang on one case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from medgraft.errors import DataError, UsageError
from medgraft.measure.conformal.quantile import conformal_quantile, fewest_scores
from medgraft.measure.estimate import Estimate
from medgraft.measure.operating.cases import Cases
from medgraft.measure.threshold import cut_between

__all__ = ["Demand", "OperatingPoint", "demanded_threshold", "operating_point"]


@dataclass(frozen=True)
class Demand:
    """At least ``least`` of ``of``, as ``Demand("sensitivity", 0.95)``."""

    of: Literal["sensitivity", "specificity"]
    least: float


@dataclass(frozen=True)
class OperatingPoint:
    """The ``threshold`` that a demand led to, and what it gives on the cases that it was judged on."""

    demand: Demand
    threshold: float
    sensitivity: Estimate
    specificity: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "demand": vars(self.demand),
            "threshold": self.threshold,
            "sensitivity": self.sensitivity.to_dict(),
            "specificity": self.specificity.to_dict(),
        }


def demanded_threshold(demand: Demand, chosen_on: Cases) -> float:
    """The cut that meets the demand and is best for the other side.

    Raises ``UsageError`` for a demand that is none, ``DataError`` where the cases are too few to promise it.
    """
    if demand.of not in ("sensitivity", "specificity") or not 0 < demand.least < 1:
        raise UsageError(
            f"choosing a cut: at least {demand.least} of {demand.of!r}; demand sensitivity or specificity, a share "
            "above 0 and below 1"
        )
    positive = demand.of == "sensitivity"
    side = chosen_on.score[chosen_on.truth == positive]
    needed = fewest_scores(1 - demand.least)
    if len(side) < needed:
        kind = "positive" if positive else "negative"
        raise DataError(
            f"choosing a cut for a {demand.of} of {demand.least:g}: {len(side)} {kind} cases; {needed} are needed to "
            "promise it. Demand less, or choose on more cases"
        )
    scores = np.unique(chosen_on.score)
    if positive:
        last = -conformal_quantile(-side, 1 - demand.least)
        place = int(np.searchsorted(scores, last))
        return cut_between(float(scores[place - 1]), last) if place else last
    last = conformal_quantile(side, 1 - demand.least)
    place = int(np.searchsorted(scores, last))
    return cut_between(last, float(scores[place + 1]) if place + 1 < len(scores) else float(np.nextafter(last, np.inf)))


def operating_point(
    demand: Demand, chosen_on: Cases, judged_on: Cases, *, threshold_from: str | None = None
) -> OperatingPoint:
    """The cut from ``chosen_on``, sensitivity and specificity on ``judged_on``, which are other cases.

    ``threshold_from`` names where the cut was chosen (val, cv). Errors as of ``demanded_threshold``.
    """
    threshold = demanded_threshold(demand, chosen_on)
    return OperatingPoint(demand, threshold, *judged_on.rates(threshold, threshold_from))
