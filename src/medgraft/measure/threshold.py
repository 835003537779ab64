"""Where to cut a probability: called positive when ``p >= threshold``. Choose on validation data only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError, UsageError

__all__ = ["choose_threshold", "cut_between", "predicted_class"]


def choose_threshold(y_true: NDArray[Any], p: NDArray[Any], rule: str = "youden") -> float:
    """The cut that maximises Youden's J = sensitivity + specificity − 1; the same data give the same cut.

    ``y_true`` (n,) is 1 or True for the positive class, ``p`` (n,) its probability. A cut lies midway between
    two neighbouring scores, so that it does not hang on one case. Among cuts of equal J (compared in whole
    numbers, no rounding) the lowest is taken, which has the highest sensitivity: a missed disease costs more
    than a second look. Where no cut does better than chance the answer is 0.5.

    Raises ``DataError`` when one class is absent, ``UsageError`` for another rule.
    Source: Youden, Cancer 1950;3:32-35.
    """
    if rule != "youden":
        raise UsageError(f"choosing a threshold: there is no rule {rule!r}; known: youden")
    truth, score = np.asarray(y_true).astype(bool), np.asarray(p, dtype=np.float64)
    if truth.shape != score.shape or truth.ndim != 1 or not np.isfinite(score).all():
        raise UsageError(
            f"choosing a threshold: got labels {truth.shape}, scores {score.shape}; need finite scores (n,)"
        )
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        raise DataError(
            f"choosing a threshold: {positives} positive and {negatives} negative cases; both are needed. "
            "Use a larger validation part, or give the threshold yourself"
        )
    values, place = np.unique(score, return_inverse=True)
    below_positive = np.cumsum(np.bincount(place, weights=truth))[:-1]
    below_negative = np.cumsum(np.bincount(place, weights=~truth))[:-1]
    # J × positives × negatives of the cut above each score but the highest, in whole numbers.
    gain = below_negative * positives - below_positive * negatives
    if not gain.size or gain.max() <= 0:
        return 0.5
    best = int(np.argmax(gain))
    return cut_between(float(values[best]), float(values[best + 1]))


def cut_between(lower: float, upper: float) -> float:
    """Midway between two scores; in any case above ``lower`` and at most ``upper``."""
    middle = lower + (upper - lower) / 2
    return middle if lower < middle <= upper else upper


def predicted_class(
    probability: NDArray[Any], threshold: float | None = None, positive_index: int | None = None
) -> NDArray[np.intp]:
    """Class index (...) from probabilities (..., k).

    Without a threshold the most probable class, the first of equals. With one (two classes only) the
    positive class where its probability is at least the threshold. Raises ``UsageError`` if it does not fit.
    """
    chances = np.asarray(probability, dtype=np.float64)
    if threshold is None:
        return np.asarray(chances.argmax(axis=-1), dtype=np.intp)
    if chances.shape[-1] != 2 or positive_index not in (0, 1):
        raise UsageError(
            f"calling classes by a threshold: got {chances.shape[-1]} classes and positive class "
            f"{positive_index}; a threshold needs two classes, one of them named positive"
        )
    called = chances[..., positive_index] >= threshold
    return np.where(called, positive_index, 1 - positive_index).astype(np.intp)
