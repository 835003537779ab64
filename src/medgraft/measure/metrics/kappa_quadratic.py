"""Quadratically weighted kappa: agreement on ordered grades, where far misses cost more.

For tasks whose classes are grades in the order of their index; for others the number means nothing, so it is not in
the catalogue of all tasks.
Source: Cohen, Psychological Bulletin 1968;70:213-220.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.metrics.metric import Metric, ratio
from medgraft.measure.metrics.predictions import Weighted

__all__ = ["KAPPA_QUADRATIC"]


def _kappa_quadratic(weighted: Weighted) -> NDArray[np.float64]:
    grades = np.arange(weighted.predictions.classes, dtype=np.float64)
    square = (grades[:, None] - grades) ** 2
    called = weighted.confusion.sum(axis=0)
    seen = weighted.total * np.einsum("ij,ijb->b", square, weighted.confusion)
    chance = np.einsum("ib,ij,jb->b", weighted.support, square, called)
    return 1 - ratio(seen, chance)


KAPPA_QUADRATIC = Metric(
    name="kappa_quadratic",
    summary="kappa of ordered grades, a miss costs its distance squared; not defined where chance is certain",
    compute=_kappa_quadratic,
    thresholded=True,
    bounds=(-1.0, 1.0),
)
