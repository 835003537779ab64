"""The whole FROC curve with a pointwise 95 % band over patients, and precision over recall, for figures.

Source: Bunch et al., Proc SPIE 1977;127:124-135 (FROC); Lin et al., ECCV 2014:740-755 (precision at 101 recalls).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.detection.matching import ImageBoxes, match_class
from medgraft.measure.detection.weighted import RECALLS, WeightedMatches
from medgraft.measure.intervals.bootstrap import case_weights
from medgraft.measure.patients import Patients

__all__ = ["FrocCurve", "froc_curve", "precision_curve"]

Floats = NDArray[np.float64]
_FROM, _TO, _POINTS = 1 / 16, 16.0, 49


@dataclass(frozen=True)
class FrocCurve:
    """``false`` (m,) false positives an image, from 1/16 to 16, evenly on a log scale; ``each`` (labels, m) the
    sensitivity of a class; ``overall`` (m,) the mean over the classes that have a true box, ``low`` and ``high`` its
    band, NaN where all images are of one patient."""

    false: Floats
    each: Floats
    overall: Floats
    low: Floats
    high: Floats


def froc_curve(
    images: Sequence[ImageBoxes],
    labels: Sequence[str],
    *,
    groups: NDArray[Any] | None = None,
    iou: float = 0.5,
    seed: int = 0,
    replicates: int = 300,
) -> FrocCurve:
    """Of all ``images``, those without a box too; ``groups`` (n,) patient numbers, negative where unknown."""
    matches = [match_class(images, label, (iou,)) for label in labels]
    false = np.geomspace(_FROM, _TO, _POINTS)
    patients = Patients.of(groups, len(images))

    def drawn(weights: Floats) -> Floats:
        return np.stack([WeightedMatches(one, weights).sensitivity_at(false.tolist()) for one in matches])

    each = drawn(np.ones(len(images)))
    overall = _mean(each)
    if patients.count < 2:
        return FrocCurve(false, each, overall, np.full(_POINTS, np.nan), np.full(_POINTS, np.nan))
    columns = (column for block in case_weights(patients, replicates, seed) for column in block.T)
    redrawn = np.stack([_mean(drawn(column)) for column in columns])
    low, high = np.nanquantile(redrawn, [0.025, 0.975], axis=0)
    return FrocCurve(false, each, overall, np.minimum(low, overall), np.maximum(high, overall))


def _mean(each: Floats) -> Floats:
    """(m,) over the rows of (labels, m) that are defined; NaN where none is."""
    defined = each[np.isfinite(each[:, 0])]
    return defined.mean(axis=0) if len(defined) else np.full(each.shape[1], np.nan)


def precision_curve(images: Sequence[ImageBoxes], label: str, *, iou: float = 0.5) -> tuple[Floats, Floats]:
    """Recall and precision of a class, (101,) each: the highest precision at a recall of at least 0, 0.01, … 1. Their
    mean is the average precision. Precision is NaN where there is no true box."""
    # the last threshold of WeightedMatches is that of FROC, so that one stands before it
    matches = match_class(images, label, (iou, iou))
    return RECALLS, WeightedMatches(matches, np.ones(len(images))).precisions[0]
