"""What a detector does at one score: which boxes it finds, which it misses, what it makes up, with intervals.

A true box is found where a prediction of its class, of at least the score, takes it (``matching``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.measure.detection.matching import ImageBoxes, taken_truths
from medgraft.measure.detection.overlap import box_iou, checked_boxes
from medgraft.measure.estimate import Estimate
from medgraft.measure.intervals.bootstrap import case_weights
from medgraft.measure.intervals.ranged import ranged_interval
from medgraft.measure.metrics.metric import ratio
from medgraft.measure.patients import Patients

__all__ = ["AtScore", "Pairing", "at_score", "pair_boxes"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pairing:
    """One image and class at one score. ``found`` (m,): whether each true box is found, in the order given; ``hits``
    (p,): whether each prediction finds one, ``used`` (p,): whether its score is high enough to count."""

    found: NDArray[np.bool_]
    hits: NDArray[np.bool_]
    used: NDArray[np.bool_]

    @property
    def false(self) -> NDArray[np.bool_]:
        """(p,) predictions that count and find nothing."""
        return self.used & ~self.hits


def pair_boxes(image: ImageBoxes, label: str, *, score: float, iou: float = 0.5) -> Pairing:
    """Match the boxes of ``label``. Raises ``UsageError`` for an ``iou`` outside (0, 1]."""
    if not 0 < iou <= 1:
        raise UsageError(f"pairing boxes: got the IoU {iou}; give a number above 0, at most 1")
    true = checked_boxes(image.truth.get(label, np.zeros((0, 4))), "true boxes")
    boxes, given = image.predicted.get(label, (np.zeros((0, 4)), np.zeros(0)))
    called, scores = checked_boxes(boxes, "predicted boxes"), np.asarray(given, dtype=np.float64)
    used = scores >= score
    order = np.flatnonzero(used)[np.argsort(-scores[used], kind="stable")]
    taken = taken_truths(box_iou(called[order], true), iou)
    found, hits = np.zeros(len(true), dtype=bool), np.zeros(len(called), dtype=bool)
    found[taken[taken >= 0]] = True
    hits[order] = taken >= 0
    return Pairing(found, hits, used)


@dataclass(frozen=True)
class AtScore:
    """One class over all images: counts, the share of the true boxes that are found, the share of predictions that
    find one, and false ones an image."""

    boxes: int
    found: int
    false: int
    sensitivity: Estimate
    precision: Estimate
    false_per_image: Estimate

    @property
    def missed(self) -> int:
        """True boxes that are not found."""
        return self.boxes - self.found


def at_score(
    images: Sequence[ImageBoxes],
    label: str,
    *,
    score: float,
    iou: float = 0.5,
    groups: NDArray[Any] | None = None,
    seed: int = 0,
) -> AtScore:
    """Over all ``images``; ``groups`` (n,) patient numbers, negative where unknown, ``None`` where all are."""
    pairs = [pair_boxes(image, label, score=score, iou=iou) for image in images]
    counts = np.array([[len(p.found), p.found.sum(), p.false.sum()] for p in pairs], dtype=np.float64).reshape(-1, 3)
    patients = Patients.of(groups, len(images))
    whole = _rates(counts, np.ones((len(images), 1)))[:, 0]
    redrawn = np.concatenate([_rates(counts, drawn) for drawn in case_weights(patients, 1000, seed)], axis=1)
    persons = patients.count if patients.known else None
    told = [
        Estimate(float(value), *ranged_interval(float(value), row, (0.0, top), patients.count), len(images), persons)
        for value, row, top in zip(whole, redrawn, (1.0, 1.0, np.inf), strict=True)
    ]
    boxes, found, false = (int(total) for total in counts.sum(axis=0))
    return AtScore(boxes, found, false, told[0], told[1], told[2])


def _rates(counts: Floats, weights: Floats) -> Floats:
    """(3, b): sensitivity, precision and false ones an image, of counts (n, 3) under image weights (n, b)."""
    boxes, found, false = counts.T @ weights
    return np.stack([ratio(found, boxes), ratio(found, found + false), ratio(false, weights.sum(axis=0))])
