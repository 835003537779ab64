"""Boxes to numbers with intervals: per class, and the mean over the classes that have a true box.

Intervals are 95 %, by bootstrap over patients: all images of a patient are drawn together, and every class is judged on
the same draw. The draws follow the order in which images are given, which is that of the sorted cohort.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError, UsageError
from medgraft.measure.detection.catalogue import DETECTION
from medgraft.measure.detection.matching import COCO_THRESHOLDS, ImageBoxes, Matches, match_class
from medgraft.measure.detection.weighted import WeightedMatches
from medgraft.measure.estimate import Estimate
from medgraft.measure.intervals.bootstrap import case_weights
from medgraft.measure.intervals.ranged import ranged_interval
from medgraft.measure.metrics.metric import ratio
from medgraft.measure.patients import Patients

__all__ = ["box_counts", "evaluate_boxes", "patient_recall"]

Floats = NDArray[np.float64]


def evaluate_boxes(
    images: Sequence[ImageBoxes],
    labels: Sequence[str],
    *,
    groups: NDArray[Any] | None = None,
    froc_iou: float = 0.5,
    seed: int = 0,
    replicates: int = 1000,
) -> dict[str, Any]:
    """``{measure: {value, low, high, n, n_patients}, "per_class": {label: {measure: …}}}``, as in ``metrics.json``.

    ``labels``: the classes; ``groups`` (n,) patient numbers, negative where unknown, ``None`` where all are;
    ``froc_iou``: the overlap from which a box is hit in FROC. ``n`` counts images, also those without boxes. Raises
    ``DataError`` without images or true boxes, ``UsageError`` where labels or patients do not fit.
    """
    _refuse_unfit(images, labels)
    patients = Patients.of(groups, len(images))
    matches = [match_class(images, label, (*COCO_THRESHOLDS, froc_iou)) for label in labels]
    value = _numbers(matches, np.ones(len(images)))
    columns = (column for drawn in case_weights(patients, replicates, seed) for column in drawn.T)
    redrawn = np.stack([_numbers(matches, column) for column in columns], axis=-1)
    persons = [int(np.unique(patients.codes[one.truths > 0]).size) for one in matches]
    everyone = patients.count if patients.known else None

    def told(values: Floats, replicated: Floats, behind: int) -> dict[str, Any]:
        return {
            name: Estimate(
                number, *ranged_interval(number, drawn, metric.bounds, behind), len(images), everyone
            ).to_dict()
            for (name, metric), number, drawn in zip(DETECTION.items(), values.tolist(), replicated, strict=True)
        }

    rarest = min(count for count in persons if count)
    overall = told(_over_classes(value[..., None])[:, 0], _over_classes(redrawn), rarest)
    each = {
        label: told(value[row], redrawn[row], behind)
        for row, (label, behind) in enumerate(zip(labels, persons, strict=True))
    }
    return {**overall, "per_class": each}


def _refuse_unfit(images: Sequence[ImageBoxes], labels: Sequence[str]) -> None:
    if len(set(labels)) != len(labels):
        raise UsageError(f"evaluating boxes: a label stands twice among {', '.join(labels)}; name each once")
    foreign = sorted({label for image in images for label in (*image.truth, *image.predicted)} - set(labels))
    if foreign:
        raise UsageError(f"evaluating boxes: {foreign[0]!r} is no label; labels: {', '.join(labels)}")
    if not any(len(boxes) for image in images for boxes in image.truth.values()):
        raise DataError(
            f"evaluating boxes: none of {len(images)} images has a true box, nothing can be missed or found: give "
            "images with boxes, or count false positives alone"
        )


def _numbers(matches: Sequence[Matches], weights: Floats) -> Floats:
    """(labels, measures) under image weights (n,)."""
    rows = []
    for one in matches:
        weighted = WeightedMatches(one, weights)
        rows.append([metric(weighted) for _, metric in DETECTION.items()])
    return np.array(rows, dtype=np.float64)


def _over_classes(numbers: Floats) -> Floats:
    """(measures, b): the mean of ``numbers`` (labels, measures, b) over the classes in which it is defined."""
    defined = np.isfinite(numbers)
    return ratio(np.where(defined, numbers, 0.0).sum(axis=0), defined.sum(axis=0).astype(np.float64))


def box_counts(images: Sequence[ImageBoxes], labels: Sequence[str]) -> dict[str, dict[str, int]]:
    """What the numbers rest on, by label: true ``boxes``, ``predicted`` boxes, and ``images`` with and ``empty_images``
    without a true box of it."""
    counts = {}
    for label in labels:
        true = [len(image.truth.get(label, ())) for image in images]
        predicted = sum(len(image.predicted[label][1]) for image in images if label in image.predicted)
        filled = sum(number > 0 for number in true)
        counts[label] = {
            "boxes": sum(true),
            "predicted": predicted,
            "images": filled,
            "empty_images": len(images) - filled,
        }
    return counts


def patient_recall(
    images: Sequence[ImageBoxes], labels: Sequence[str], groups: NDArray[Any], *, iou: float = 0.5, score: float = 0.0
) -> list[dict[str, Any]]:
    """One row a patient and label: ``patient`` (its number; -1 where unknown, a row an image), ``label``, ``images``,
    ``boxes`` (true ones), ``found`` of them at ``iou``, ``false_positives``, by predictions of at least ``score``."""
    _refuse_unfit(images, labels)
    patients, numbers = Patients.of(groups, len(images)), np.asarray(groups)
    rows = []
    matches = {label: match_class(images, label, (iou,)) for label in labels}
    for code in range(patients.count):
        own = patients.codes == code
        for label, one in matches.items():
            mine = own[one.images] & (one.scores >= score)
            rows.append(
                {
                    "patient": max(-1, int(numbers[own][0])),
                    "label": label,
                    "images": int(own.sum()),
                    "boxes": int(one.truths[own].sum()),
                    "found": int((one.hits[0] & mine).sum()),
                    "false_positives": int((~one.hits[0] & mine).sum()),
                }
            )
    return rows
