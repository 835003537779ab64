"""Metrics of the probabilities themselves: Brier score and expected calibration error (lower is better)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.metrics.bins import equal_mass_bins
from medgraft.measure.metrics.metric import Metric
from medgraft.measure.metrics.predictions import Predictions, Weighted, runs

__all__ = ["BRIER", "ECE", "ECE_BINS", "calibration_pair"]

Floats = NDArray[np.float64]
ECE_BINS = 15


def _brier(weighted: Weighted) -> Floats:
    predictions = weighted.predictions
    distance = (predictions.probability - predictions.is_class) ** 2
    if predictions.positive is not None:
        return weighted.mean(distance[:, predictions.positive])
    return weighted.mean(distance.sum(axis=1))


def calibration_pair(predictions: Predictions) -> tuple[Floats, NDArray[np.bool_]]:
    """What is said and what is so, (n,) each: p and truth of the positive class, or else of the top class."""
    if predictions.positive is not None:
        return predictions.probability[:, predictions.positive], predictions.is_class[:, predictions.positive]
    top = predictions.probability.argmax(axis=1)
    return predictions.probability.max(axis=1), top == predictions.y_true


def _ece(weighted: Weighted) -> Floats:
    said, so = calibration_pair(weighted.predictions)
    order, starts = runs(equal_mass_bins(said, ECE_BINS))
    # |sum of (said − so)| of a bin is its gap times its mass. The bins are those of the whole sample.
    gaps = np.add.reduceat(weighted.weights[order] * (said - so)[order, None], starts, axis=0)
    return np.asarray(np.abs(gaps).sum(axis=0) / weighted.total)


BRIER = Metric(
    name="brier",
    summary="binary: mean (p − y)², 0 to 1; else mean squared distance to the one-hot truth, 0 to 2",
    compute=_brier,
    greater_is_better=False,
    bounds=(0.0, 2.0),
)
ECE = Metric(
    name="ece",
    summary="mean |said − so| over 15 bins of equal mass, of the positive class (binary) or the top class",
    compute=_ece,
    greater_is_better=False,
    centred=True,
)
