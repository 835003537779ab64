"""How many events a number rests on: cases of the rarest kind that it needs.

A number of many cases may hang on few of them: an AUROC on three positive cases, an accuracy on three errors. Of a
metric of ranks or probabilities it is the smaller of the two sides; of sensitivity and specificity their cases; of
accuracy and precision the rarer outcome. Of a number of several classes it is that of the class with the fewest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.metrics.metric import Metric
from medgraft.measure.metrics.predictions import Predictions

__all__ = ["events_of"]


def events_of(metric: Metric, predictions: Predictions, column: int | None = None) -> int:
    """Of one class (``column``) against the rest, or of the whole (``None``)."""
    sizes = predictions.is_class.sum(axis=0)
    counts = _counts(metric, predictions, sizes)
    if column is not None:
        return int(counts[column])
    there = counts[sizes > 0] if len(counts) == len(sizes) else counts
    return int(there.min())


def _counts(metric: Metric, predictions: Predictions, sizes: NDArray[np.intp]) -> NDArray[np.intp]:
    """(k,), or (1,) of a proportion of all cases."""
    if metric.masks is None:
        return np.asarray(np.minimum(sizes, sizes.sum() - sizes))
    hit, member = metric.masks(predictions)
    among, hits = member.sum(axis=0), (hit & member).sum(axis=0)
    return np.asarray(among if metric.events == "members" else np.minimum(hits, among - hits))
