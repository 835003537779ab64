"""Is a metric in some of the cases different from what it is in the others? Cases of one patient count together.

A metric is a mean over cases of one side (sensitivity: those of the class), or a sum of two such means (AUROC: each
case's placement among the other side). Under the hypothesis that both parts are draws from one population, how cases
deviate from the mean, and how alike cases of one patient do, is taken from *all* cases: a part of four cases in perfect
order has no error of its own, and must not look certain. With coefficients c (one over the cases of the part) the
variance of a side is ``σ² Σ cᵢ² + γ Σ cᵢcⱼ`` over pairs i ≠ j of one patient, σ² the mean square of the deviations and
γ their mean product in such pairs; between sides the mean product of the deviations of one patient. The test is a
score test, normal for large samples, and rough where one side has few events.

Sources: DeLong, Biometrics 1988;44:837-845 (placements); Rao & Scott, Biometrics 1992;48:577-585 (clustered shares).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from medgraft.measure.average_ranks import average_ranks
from medgraft.measure.intervals.wilson import Z
from medgraft.measure.patients import Patients

__all__ = ["Apart", "Side", "apart", "auroc_sides", "macro_sides", "share_side"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Side:
    """``deviation`` (n,) of each case in ``member`` (n,) from the mean over all cases in it."""

    member: Mask
    deviation: Floats


@dataclass(frozen=True)
class Apart:
    """``difference`` = inside − outside, its 95 % interval and p value; NaN where it cannot be told."""

    difference: float
    low: float
    high: float
    p_value: float


def share_side(member: Mask, right: Mask) -> list[Side]:
    """Of the share of cases in ``member`` that are ``right``: sensitivity, specificity, accuracy."""
    if not member.any():
        return [Side(member, np.zeros(len(member)))]
    return [Side(member, np.where(member, right - right[member].mean(), 0.0))]


def auroc_sides(truth: Mask, score: Floats) -> list[Side]:
    """Of the AUROC of ``score`` for the cases where ``truth``."""
    above, below = int(truth.sum()), int((~truth).sum())
    if not above or not below:
        return [Side(truth, np.zeros(len(truth))), Side(~truth, np.zeros(len(truth)))]
    ranks, placement = average_ranks(score), np.zeros(len(truth))
    placement[truth] = (ranks[truth] - average_ranks(score[truth])) / below
    placement[~truth] = 1 - (ranks[~truth] - average_ranks(score[~truth])) / above
    deviation = placement - placement[truth].mean()
    return [Side(truth, np.where(truth, deviation, 0.0)), Side(~truth, np.where(~truth, deviation, 0.0))]


def macro_sides(truth: NDArray[np.integer], chances: Floats) -> list[Side]:
    """Of the mean one-vs-rest AUROC over all classes (n, classes)."""
    classes = chances.shape[1]
    each = [side for label in range(classes) for side in auroc_sides(truth == label, chances[:, label])]
    return [Side(side.member, side.deviation / classes) for side in each]


def apart(values: tuple[float, float], inside: Mask, sides: Sequence[Side], patients: Patients) -> Apart:
    """``values`` of the metric in and outside of ``inside`` (n,), told apart by its ``sides``."""
    difference = values[0] - values[1]
    empty = any(not (side.member & part).any() for side in sides for part in (inside, ~inside))
    if not math.isfinite(difference) or empty:
        return Apart(math.nan, math.nan, math.nan, math.nan)
    error = math.sqrt(_variance(inside, sides, patients))
    if not error > 0:
        return Apart(difference, difference, difference, 1.0 if difference == 0 else math.nan)
    reach = Z * error
    p_value = float(2 * ndtr(-abs(difference) / error))
    return Apart(difference, max(-1.0, difference - reach), min(1.0, difference + reach), p_value)


def _variance(inside: Mask, sides: Sequence[Side], patients: Patients) -> float:
    """Of the difference, as the module says. A negative likeness of a patient's cases is taken for none."""
    total, sums = 0.0, list[tuple[Floats, Floats, Floats]]()
    for side in sides:
        here, there = side.member & inside, side.member & ~inside
        weight = here / here.sum() - there / there.sum()
        spread, weights, count = (patients.sums(part) for part in (side.deviation, weight, side.member))
        sums.append((spread, weights, count))
        squares, pairs = float((side.deviation**2).sum()), float((count**2 - count).sum())
        alike = max(0.0, float((spread**2).sum()) - squares) / pairs if pairs else 0.0
        own = float((weight**2).sum())
        total += squares / float(count.sum()) * own + alike * (float((weights**2).sum()) - own)
    for first, second in itertools.combinations(sums, 2):
        pairs = float((first[2] * second[2]).sum())
        if pairs:
            total += 2 * float((first[0] * second[0]).sum()) / pairs * float((first[1] * second[1]).sum())
    return max(total, 0.0)
