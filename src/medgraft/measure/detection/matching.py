"""Which predictions hit: greedy matching by score, in one image and class at a time, as COCO does it.

The best-scored prediction goes first and takes the free true box that it overlaps most, if by at least the threshold;
a true box is taken once, so that a second prediction of the same thing is a false positive. Of an image and class the
100 best predictions count.
Source: Lin et al., ECCV 2014:740-755 (COCO), and its published evaluation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.measure.detection.overlap import box_iou, checked_boxes

__all__ = ["COCO_THRESHOLDS", "MOST", "ImageBoxes", "Matches", "match_class", "taken_truths"]

Floats = NDArray[np.float64]
COCO_THRESHOLDS = tuple(float(value) for value in np.linspace(0.5, 0.95, 10))
MOST = 100
"""Predictions of an image and class that count, the best-scored."""
_ROUNDING = 1e-10


@dataclass(frozen=True)
class ImageBoxes:
    """One image: by label, the true boxes (m, 4), and the predicted boxes (p, 4) with their scores (p,).

    A label that is missing has no box there. An image without any is an empty image: it counts in false positives an
    image. Raises ``UsageError`` for what are no boxes or scores.
    """

    truth: Mapping[str, NDArray[Any]]
    predicted: Mapping[str, tuple[NDArray[Any], NDArray[Any]]]

    def __post_init__(self) -> None:
        for boxes in self.truth.values():
            checked_boxes(boxes, "true boxes")
        for boxes, scores in self.predicted.values():
            given = np.asarray(scores, dtype=np.float64)
            if given.shape != (len(checked_boxes(boxes, "predicted boxes")),) or not np.isfinite(given).all():
                raise UsageError(
                    f"measuring detection: got scores of shape {given.shape} for {len(boxes)} predicted boxes; give "
                    "one finite number a box"
                )


@dataclass(frozen=True)
class Matches:
    """One class over all images, predictions in order of falling score.

    ``scores`` (p,), ``images`` (p,) the index of each prediction's image, ``hits`` (t, p): whether it hit at each IoU
    threshold, ``truths`` (n,): true boxes an image.
    """

    scores: Floats
    images: NDArray[np.intp]
    hits: NDArray[np.bool_]
    truths: Floats

    @cached_property
    def last_of_score(self) -> NDArray[np.intp]:
        """Indices of the predictions after which the score falls: the cuts that a threshold can make."""
        if not len(self.scores):
            return np.empty(0, dtype=np.intp)
        return np.append(np.flatnonzero(np.diff(self.scores)), len(self.scores) - 1).astype(np.intp)


def match_class(images: Sequence[ImageBoxes], label: str, thresholds: Sequence[float]) -> Matches:
    """Match the predictions of ``label`` in every image at each of the IoU ``thresholds``, in (0, 1]."""
    if not all(0 < threshold <= 1 for threshold in thresholds):
        raise UsageError(
            f"measuring detection: got the IoU thresholds {tuple(thresholds)}; give numbers above 0, at most 1"
        )
    scores, places, hits = [], [], []
    truths = np.zeros(len(images))
    for place, image in enumerate(images):
        true = checked_boxes(image.truth.get(label, np.zeros((0, 4))), "true boxes")
        boxes, given = image.predicted.get(label, (np.zeros((0, 4)), np.zeros(0)))
        order = np.argsort(-np.asarray(given, dtype=np.float64), kind="stable")[:MOST]
        overlap = box_iou(checked_boxes(boxes, "predicted boxes")[order], true)
        truths[place] = len(true)
        scores.append(np.asarray(given, dtype=np.float64)[order])
        places.append(np.full(len(order), place, dtype=np.intp))
        hits.append(np.array([_hits(overlap, threshold) for threshold in thresholds], dtype=bool))
    together = np.concatenate(scores) if scores else np.zeros(0)
    order = np.argsort(-together, kind="stable")
    return Matches(
        together[order],
        (np.concatenate(places) if places else np.zeros(0, dtype=np.intp))[order],
        (np.concatenate(hits, axis=1) if hits else np.zeros((len(thresholds), 0), dtype=bool))[:, order],
        truths,
    )


def _hits(overlap: Floats, threshold: float) -> NDArray[np.bool_]:
    """(p,) whether each prediction, the best-scored first, takes a true box; ``overlap`` (p, m)."""
    return taken_truths(overlap, threshold) >= 0


def taken_truths(overlap: Floats, threshold: float) -> NDArray[np.intp]:
    """(p,) the true box that each prediction takes, -1 for none; ``overlap`` (p, m), the best-scored first."""
    taken = np.full(len(overlap), -1, dtype=np.intp)
    if not overlap.size:
        return taken
    free = np.ones(overlap.shape[1], dtype=bool)
    for row in np.flatnonzero(overlap.max(axis=1) >= threshold - _ROUNDING):
        best = int(np.argmax(np.where(free, overlap[row], -1.0)))
        if free[best] and overlap[row, best] >= threshold - _ROUNDING:
            taken[row], free[best] = best, False
    return taken
