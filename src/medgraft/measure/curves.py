"""Curves as plain arrays, for figures: ROC with its band, precision over recall, reliability.

``y_true`` (n,) is 1 or True for the class in question, ``score`` (n,) its probability. Every point stands for
a rule "called so when score >= threshold". Where a curve is not defined (one class absent) its arrays are
empty. Raises ``UsageError`` for arrays that do not fit or are not finite.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.measure.intervals.bootstrap import case_weights
from medgraft.measure.intervals.wilson import proportion_interval
from medgraft.measure.metrics.bins import equal_mass_bins
from medgraft.measure.metrics.predictions import runs
from medgraft.measure.patients import Patients

__all__ = [
    "PrCurve",
    "Reliability",
    "RocBand",
    "RocCurve",
    "pr_points",
    "reliability_bins",
    "roc_band",
    "roc_points",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RocCurve:
    """From (0, 0) to (1, 1), one point a distinct score: (g + 1,) each; the first threshold is infinite."""

    fpr: Floats
    tpr: Floats
    thresholds: Floats


@dataclass(frozen=True)
class RocBand:
    """Pointwise 95 % of the true-positive rate at each false-positive rate: (m,) each."""

    fpr: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class PrCurve:
    """Precision over rising recall, one point a distinct score: (g,) each. ``prevalence`` is chance level."""

    recall: Floats
    precision: Floats
    thresholds: Floats
    prevalence: float


@dataclass(frozen=True)
class Reliability:
    """Bins of equal mass that hold a case, by rising probability: (b,) each.

    ``said`` is the mean probability, ``so`` the share that is of the class, ``low`` and ``high`` its Wilson
    interval with the design effect of patients, ``n`` the cases.
    """

    said: Floats
    so: Floats
    low: Floats
    high: Floats
    n: NDArray[np.intp]


def roc_points(y_true: NDArray[Any], score: NDArray[Any]) -> RocCurve:
    """The empirical ROC curve."""
    inside, outside, thresholds = _falling(y_true, score)
    if not inside.sum() or not outside.sum():
        return RocCurve(_EMPTY, _EMPTY, _EMPTY)
    tpr = np.concatenate(([0.0], np.cumsum(inside) / inside.sum()))
    fpr = np.concatenate(([0.0], np.cumsum(outside) / outside.sum()))
    return RocCurve(fpr, tpr, np.concatenate(([np.inf], thresholds)))


def pr_points(y_true: NDArray[Any], score: NDArray[Any]) -> PrCurve:
    """The empirical precision-recall curve; its step-wise area is ``auprc``."""
    inside, outside, thresholds = _falling(y_true, score)
    if not inside.sum():
        return PrCurve(_EMPTY, _EMPTY, _EMPTY, 0.0)
    found, called = np.cumsum(inside), np.cumsum(inside + outside)
    return PrCurve(found / found[-1], found / called, thresholds, float(found[-1] / called[-1]))


def roc_band(
    y_true: NDArray[Any],
    score: NDArray[Any],
    *,
    groups: NDArray[Any] | None = None,
    seed: int = 0,
    replicates: int = 500,
    points: int = 101,
) -> RocBand:
    """The band around the ROC curve by bootstrap over patients, on ``points`` even false-positive rates.

    Replicates without one of the classes are left out. It holds each point with 95 %, not the whole curve.
    """
    truth, values = _checked(y_true, score)
    if truth.all() or not truth.any():
        return RocBand(_EMPTY, _EMPTY, _EMPTY)
    grid = np.linspace(0.0, 1.0, points)
    order, starts = runs(-values)
    inside = truth[order][:, None]
    lines: list[Floats] = []
    for weights in case_weights(Patients.of(groups, len(truth)), replicates, seed):
        ranked = weights[order]
        tp = np.cumsum(np.add.reduceat(ranked * inside, starts, axis=0), axis=0)
        fp = np.cumsum(np.add.reduceat(ranked * ~inside, starts, axis=0), axis=0)
        lines += [
            np.interp(grid, np.append(0.0, f / f[-1]), np.append(0.0, t / t[-1]))
            for f, t in zip(fp.T, tp.T, strict=True)
            if f[-1] > 0 and t[-1] > 0
        ]
    low, high = np.quantile(lines, [0.025, 0.975], axis=0) if lines else (_EMPTY, _EMPTY)
    return RocBand(grid if lines else _EMPTY, low, high)


def reliability_bins(
    y_true: NDArray[Any], score: NDArray[Any], *, groups: NDArray[Any] | None = None, bins: int = 10
) -> Reliability:
    """What was said against what is so, in at most ``bins`` bins of equal mass (ties stay together)."""
    truth, values = _checked(y_true, score)
    patients = Patients.of(groups, len(truth))
    place = equal_mass_bins(values, bins)
    members = [place == one for one in np.unique(place)]
    intervals = [proportion_interval(truth, member, patients) for member in members]
    return Reliability(
        said=np.array([values[member].mean() for member in members]),
        so=np.array([truth[member].mean() for member in members]),
        low=np.array([low for low, _ in intervals]),
        high=np.array([high for _, high in intervals]),
        n=np.array([member.sum() for member in members], dtype=np.intp),
    )


_EMPTY = np.empty(0)


def _checked(y_true: NDArray[Any], score: NDArray[Any]) -> tuple[NDArray[np.bool_], Floats]:
    truth, values = np.asarray(y_true).astype(np.bool_), np.asarray(score, dtype=np.float64)
    if truth.ndim != 1 or truth.shape != values.shape or not truth.size or not np.isfinite(values).all():
        raise UsageError(
            f"drawing a curve: got labels {truth.shape} and scores {values.shape}; "
            "give one finite score a case and at least one case"
        )
    return truth, values


def _falling(y_true: NDArray[Any], score: NDArray[Any]) -> tuple[Floats, Floats, Floats]:
    """Cases of the class, the others, and the score: at each distinct score, highest first."""
    truth, values = _checked(y_true, score)
    order, starts = runs(-values)
    inside = np.add.reduceat(truth[order].astype(np.float64), starts)
    outside = np.add.reduceat((~truth[order]).astype(np.float64), starts)
    return inside, outside, values[order][starts]
