"""How right answers stay when pictures get worse: accuracy by severity, and how much of it is lost.

A *score* is how right the answer to a case is, 0 to 1. Intervals draw patients with all their cases, spoilt and not, so
that differences between severities are paired. The *drop* is 1 minus the mean accuracy over all severities over the
accuracy as it is: 0 where nothing is lost, below 0 where something is gained.
Source: Hendrycks & Dietterich, Benchmarking Neural Network Robustness to Common Corruptions, ICLR 2019.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.measure.estimate import Estimate
from medgraft.measure.intervals.bootstrap import case_weights
from medgraft.measure.intervals.ranged import ranged_interval
from medgraft.measure.patients import Patients

__all__ = ["RobustnessCurve", "robustness_curves"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RobustnessCurve:
    """``accuracy`` at severity 0 (as it is), 1, 2, …; ``drop`` of it, NaN where nothing is right as it is."""

    accuracy: tuple[Estimate, ...]
    drop: Estimate

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"accuracy": [one.to_dict() for one in self.accuracy], "drop": self.drop.to_dict()}


def robustness_curves(
    clean: Floats, spoilt: Mapping[str, Floats], patients: Patients, *, seed: int = 0, replicates: int = 1000
) -> tuple[RobustnessCurve, dict[str, RobustnessCurve]]:
    """The mean over corruptions, and each of them by name. Scores: ``clean`` (n,), ``spoilt`` (severities, n).

    Raises ``UsageError`` without a case or a corruption, or where scores are not of the same cases.
    """
    shapes = {found.shape for found in spoilt.values()}
    if not len(clean) or len(shapes) != 1 or any(shape[1:] != clean.shape for shape in shapes):
        raise UsageError(
            f"measuring robustness: scores of shape {clean.shape} as they are and {sorted(shapes)} of "
            f"{len(spoilt)} corruptions; (n,) and (severities, n) of one corruption or more are needed"
        )
    weights = np.concatenate(list(case_weights(patients, replicates, seed)), axis=1)
    mean = np.mean(list(spoilt.values()), axis=0)
    curves = {
        name: _curve(np.concatenate([clean[None], found]), weights, patients)
        for name, found in {"": mean, **spoilt}.items()
    }
    return curves.pop(""), curves


def _curve(scores: Floats, weights: Floats, patients: Patients) -> RobustnessCurve:
    """Of ``scores`` (1 + severities, n), under case weights (n, b)."""
    n, known = scores.shape[1], patients.count if patients.known else None
    values, drawn = scores.mean(axis=1), scores @ weights / weights.sum(axis=0)

    def estimate(value: float, replicates: Floats, bounds: tuple[float, float]) -> Estimate:
        return Estimate(float(value), *ranged_interval(float(value), replicates, bounds, patients.count), n, known)

    accuracy = tuple(estimate(value, replicates, (0.0, 1.0)) for value, replicates in zip(values, drawn, strict=True))
    return RobustnessCurve(accuracy, estimate(float(_drop(values[:, None])[0]), _drop(drawn), (-math.inf, 1.0)))


def _drop(accuracy: Floats) -> Floats:
    """(b,) of (1 + severities, b)."""
    start = accuracy[0]
    left = np.divide(accuracy[1:].mean(axis=0), start, out=np.full_like(start, np.nan), where=start > 0)
    return np.asarray(1 - left)
