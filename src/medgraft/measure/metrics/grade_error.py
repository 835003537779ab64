"""Mean absolute error in grades, for tasks whose classes are grades in the order of their index.

As with ``kappa_quadratic`` it means nothing for other tasks, so it is not in the catalogue of all tasks.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.metrics.metric import Metric
from medgraft.measure.metrics.predictions import Weighted

__all__ = ["GRADE_ERROR"]


def _grade_error(weighted: Weighted) -> NDArray[np.float64]:
    grades = np.arange(weighted.predictions.classes, dtype=np.float64)
    missed = np.abs(grades[:, None] - grades)
    return np.asarray(np.einsum("ij,ijb->b", missed, weighted.confusion) / weighted.total)


GRADE_ERROR = Metric(
    name="grade_error",
    summary="mean distance between the called and the true grade, in grades; 0 to k − 1",
    compute=_grade_error,
    thresholded=True,
    greater_is_better=False,
    bounds=(0.0, math.inf),
)
