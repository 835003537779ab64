"""Selective prediction: how often the model errs if it answers only where it is sure.

Cases are accepted by falling confidence, equal ones together. *Coverage* is the share that is accepted, *risk* the
share of errors among them. AURC, the area under risk over coverage, is the mean risk when one case after the other is
accepted; within equal confidence errors are spread evenly. A confidence that tells nothing has the risk of all cases as
its AURC, one that puts every error last has the least (``best``).
Source: El-Yaniv & Wiener, J Machine Learning Research 2010;11:1605-1641; Geifman, Uziel & El-Yaniv, ICLR 2019 (AURC).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.measure.estimate import Estimate
from medgraft.measure.intervals.bootstrap import case_weights, percentile_interval
from medgraft.measure.intervals.wilson import proportion_interval, wilson
from medgraft.measure.metrics.predictions import runs
from medgraft.measure.patients import Patients

__all__ = ["SelectiveCurve", "selective_curve"]

Floats = NDArray[np.float64]
MOST_POINTS = 100


@dataclass(frozen=True)
class SelectiveCurve:
    """By rising ``coverage`` (m,), the last is 1: ``risk`` with its Wilson interval, and the least ``confidence`` that
    is accepted. ``aurc`` with a bootstrap interval over patients; ``best``: the least that so many errors allow."""

    coverage: Floats
    risk: Floats
    low: Floats
    high: Floats
    confidence: Floats
    aurc: Estimate
    best: float


def selective_curve(
    right: NDArray[Any],
    confidence: NDArray[Any],
    *,
    groups: NDArray[Any] | None = None,
    replicates: int = 1000,
    seed: int = 0,
) -> SelectiveCurve:
    """Of answers that are ``right`` (n,) or not, given with a ``confidence`` (n,), such as the highest probability.

    ``groups`` (n,): patient numbers. The curve has at most 100 points. Raises ``UsageError`` for what does not fit.
    """
    wrong, values = ~np.asarray(right).astype(np.bool_), np.asarray(confidence, dtype=np.float64)
    if wrong.ndim != 1 or wrong.shape != values.shape or not wrong.size or not np.isfinite(values).all():
        raise UsageError(
            f"drawing a selective curve: answers {wrong.shape} and confidences {values.shape}; "
            "give one finite confidence a case and at least one case"
        )
    patients, (order, starts) = Patients.of(groups, len(wrong)), runs(-values)
    levels = values[order][starts]
    shown = np.unique(np.linspace(0, len(levels) - 1, min(MOST_POINTS, len(levels))).round().astype(np.intp))
    taken = [values >= level for level in levels[shown]]
    limits = [proportion_interval(wrong, accepted, patients) for accepted in taken]

    def aurc(weights: Floats) -> Floats:
        ranked = weights[order]
        accepted = np.add.reduceat(ranked, starts, axis=0)
        errors = np.add.reduceat(ranked * wrong[order, None], starts, axis=0)
        return _aurc(accepted, errors)

    value = float(aurc(np.ones((len(wrong), 1)))[0])
    drawn = np.concatenate([aurc(weights) for weights in case_weights(patients, replicates, seed)])
    # Without an error (or without a right answer) replicates all agree, and 20 of 20 is not certainty.
    interval = wilson(value, patients.count) if value in (0.0, 1.0) else percentile_interval(drawn, value)
    return SelectiveCurve(
        coverage=np.array([accepted.mean() for accepted in taken]),
        risk=np.array([wrong[accepted].mean() for accepted in taken]),
        low=np.array([low for low, _ in limits]),
        high=np.array([high for _, high in limits]),
        confidence=levels[shown],
        aurc=Estimate(value, *interval, len(wrong), patients.count if patients.known else None),
        best=_best(len(wrong), int(wrong.sum())),
    )


def _aurc(accepted: Floats, errors: Floats) -> Floats:
    """(b,): mean over j = 1 … n of (errors among the first j) / j; ``accepted`` and ``errors`` (levels, b), whole
    numbers, by falling confidence.

    Within a level of w cases and e errors behind W cases and E errors: Σ (E + (j − W) e / w) / j over its j, which is
    e + (E − W e / w) (H(W + w) − H(W)) with the harmonic numbers H.
    """
    cases, wrong = np.cumsum(accepted, axis=0), np.cumsum(errors, axis=0)
    harmonic = np.concatenate(([0.0], np.cumsum(1 / np.arange(1, int(cases[-1].max()) + 1))))
    before, missed = cases - accepted, wrong - errors
    rate = errors / np.maximum(accepted, 1.0)  # an empty level has no error
    steps = harmonic[cases.astype(np.intp)] - harmonic[before.astype(np.intp)]
    return np.asarray((errors + (missed - before * rate) * steps).sum(axis=0) / cases[-1])


def _best(cases: int, errors: int) -> float:
    """AURC with every error last."""
    places = np.arange(cases - errors + 1, cases + 1)
    return float(((places - (cases - errors)) / places).sum() / cases)
