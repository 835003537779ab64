"""The contract of a metric.

A metric turns weighted predictions into one number a replicate: ``compute`` returns (b,), or (k, b) with one
number a class when ``per_class``. A binary task reports the positive class, any other the macro average: the
mean over the classes that have a case. NaN means not defined. The ranges are in ``bounds``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.metrics.predictions import Predictions, Weighted

__all__ = ["Masks", "Metric", "class_mean", "ratio"]

Floats = NDArray[np.float64]
Masks = Callable[[Predictions], tuple[NDArray[np.bool_], NDArray[np.bool_]]]
"""Of a proportion: which cases are a success, among which cases; (n, 1) each, or (n, k) when per class."""


@dataclass(frozen=True)
class Metric:
    """One metric; ``summary`` is its definition in a sentence.

    ``interval``: ``wilson`` for a proportion of cases (``masks`` says which), ``delong`` for AUROC,
    ``bootstrap`` for the rest. ``centred``: replicates overshoot by construction, so that the interval is
    moved back by the bootstrap's own bias. ``thresholded``: depends on the cut between the classes. ``events``: what
    is rare where an interval is doubtful, for ``metrics/events``: cases of a class, members of a proportion, or the
    rarer of its outcomes.
    """

    name: str
    summary: str
    compute: Callable[[Weighted], Floats]
    per_class: bool = False
    thresholded: bool = False
    greater_is_better: bool = True
    bounds: tuple[float, float] = (0.0, 1.0)
    interval: Literal["wilson", "delong", "bootstrap"] = "bootstrap"
    masks: Masks | None = None
    centred: bool = False
    events: Literal["classes", "members", "outcomes"] = "classes"

    def overall(self, weighted: Weighted, values: Floats) -> Floats:
        """(b,) from what ``compute`` gave: itself, the positive class's row, or the macro average."""
        if not self.per_class:
            return values
        positive = weighted.predictions.positive
        return values[positive] if positive is not None else class_mean(weighted, values)


def class_mean(weighted: Weighted, values: Floats) -> Floats:
    """(b,): the mean of ``values`` (k, b) over the classes that have a case and a defined value."""
    counted = (weighted.support > 0) & np.isfinite(values)
    return ratio(np.where(counted, values, 0.0).sum(axis=0), counted.sum(axis=0).astype(np.float64))


def ratio(part: Floats, whole: Floats) -> Floats:
    """``part / whole``, NaN where ``whole`` is zero."""
    undefined = np.full(np.broadcast(part, whole).shape, np.nan)
    return np.asarray(np.divide(part, whole, out=undefined, where=whole != 0))
