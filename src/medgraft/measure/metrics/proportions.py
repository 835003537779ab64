"""Metrics that are a proportion of cases: accuracy, majority accuracy, sensitivity, specificity, precision.

Each is defined once, by who counts (``member``) and who is a success (``hit``): the value and Wilson's
interval both come from these masks. They depend on the labels, true and called, only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.metrics.metric import Masks, Metric, ratio
from medgraft.measure.metrics.predictions import Predictions, Weighted

__all__ = ["ACCURACY", "MAJORITY_ACCURACY", "PRECISION", "SENSITIVITY", "SPECIFICITY"]

Floats = NDArray[np.float64]
Pair = tuple[NDArray[np.bool_], NDArray[np.bool_]]


def _share(masks: Masks, weighted: Weighted) -> Floats:
    """(m, b): weight of the successes over weight of the members. Whole numbers, hence exact."""
    hit, member = masks(weighted.predictions.cells)
    counts = weighted.confusion.reshape(len(hit), -1)
    successes = (hit & member).T.astype(np.float64) @ counts
    return ratio(successes, member.T.astype(np.float64) @ counts)


def _right(predictions: Predictions) -> Pair:
    hit = predictions.y_true == predictions.y_pred
    return hit[:, None], np.ones((len(hit), 1), dtype=np.bool_)


def _majority(predictions: Predictions) -> Pair:
    hit = predictions.y_true == predictions.majority
    return hit[:, None], np.ones((len(hit), 1), dtype=np.bool_)


def _found(predictions: Predictions) -> Pair:
    return predictions.is_called, predictions.is_class


def _spared(predictions: Predictions) -> Pair:
    return ~predictions.is_called, ~predictions.is_class


def _trusted(predictions: Predictions) -> Pair:
    return predictions.is_class, predictions.is_called


def _precision(weighted: Weighted) -> Floats:
    share = np.where(np.isnan(share := _share(_trusted, weighted)), 0.0, share)
    return np.where(weighted.support > 0, share, np.nan)


ACCURACY = Metric(
    name="accuracy",
    summary="share of cases that were called right",
    compute=lambda weighted: _share(_right, weighted)[0],
    thresholded=True,
    interval="wilson",
    masks=_right,
    events="outcomes",
)
MAJORITY_ACCURACY = Metric(
    name="majority_accuracy",
    summary="accuracy of always calling the most frequent class of the training part",
    compute=lambda weighted: _share(_majority, weighted)[0],
    interval="wilson",
    masks=_majority,
    events="outcomes",
)
SENSITIVITY = Metric(
    name="sensitivity",
    summary="share of a class's cases that were called so; not defined without such a case",
    compute=lambda weighted: _share(_found, weighted),
    per_class=True,
    thresholded=True,
    interval="wilson",
    masks=_found,
    events="members",
)
SPECIFICITY = Metric(
    name="specificity",
    summary="share of the other cases that were not called so; not defined without such a case",
    compute=lambda weighted: _share(_spared, weighted),
    per_class=True,
    thresholded=True,
    interval="wilson",
    masks=_spared,
    events="members",
)
PRECISION = Metric(
    name="precision",
    summary="share of the cases called so that are; 0 if none was called so, not defined without such a case",
    compute=_precision,
    per_class=True,
    thresholded=True,
    interval="wilson",
    masks=_trusted,
    events="outcomes",
)
