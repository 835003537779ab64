"""What is outlined in a cohort, class by class, and which cases stick out: for the audit and the report.

Of masks: in how many cases a class is, its share of all pixels, its size and its number of connected parts (corners
count as connected) in the cases that have it. Of boxes: how many there are, in how many cases, their areas and counts a
case. All of it is plain data, with cases by id.

*Odd* is what lies more than 3.5 robust standard deviations from the median: a slip of the annotator, the mask of
another case, a case of another kind, or simply a rare one; it is to be looked at, not removed. Sizes are compared as
logarithms, counts as logarithms of one more. Fewer than eight cases are too few to tell.
Source: Iglewicz & Hoaglin, How to Detect and Handle Outliers, ASQC 1993 (3.5; median absolute deviation, and the mean
absolute deviation where more than half of the values are equal).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medgraft.data.outlines.boxes import Boxes

__all__ = ["Extent", "box_statistics", "extent_of", "mask_statistics", "robust_z"]

_ODD, _FEWEST, _MOST_ODD = 3.5, 8, 20
_MAD, _MEAN_AD = 1.4826, 1.2533
"""From the median, or mean, absolute deviation to the standard deviation of a normal distribution."""
_QUANTILES = {"min": 0.0, "q25": 0.25, "median": 0.5, "q75": 0.75, "max": 1.0}
_MM3_IN_ML = 1000.0


@dataclass(frozen=True, slots=True)
class Extent:
    """Of one mask: pixels in all, ``amount`` of one of them in ``unit`` (1 where the spacing is unknown), and of each
    class that is there its pixels and connected parts."""

    pixels: int
    amount: float
    unit: str
    classes: Mapping[str, tuple[int, int]]


def extent_of(ids: NDArray[np.uint8], names: Sequence[str], spacing: Sequence[float] | None = None) -> Extent:
    """Of class ids (H, W) or (D, H, W), ``names`` of 1 … K; ``spacing`` in mm, in the order of axes. Areas come out in
    mm², volumes in mL; without spacing in pixels or voxels."""
    counts = np.bincount(ids.ravel(), minlength=len(names) + 1)
    around = np.ones((3,) * ids.ndim, dtype=int)
    boxes = ndimage.find_objects(ids)
    classes = {}
    for number, name in enumerate(names, start=1):
        if counts[number]:
            inside = ids[boxes[number - 1]] == number
            classes[name] = int(counts[number]), int(ndimage.label(inside, structure=around)[1])
    if spacing is None:
        return Extent(ids.size, 1.0, "pixels" if ids.ndim == 2 else "voxels", classes)
    amount = float(np.prod(np.asarray(spacing, dtype=np.float64)))
    if ids.ndim == 2:
        return Extent(ids.size, amount, "mm²", classes)
    return Extent(ids.size, amount / _MM3_IN_ML, "mL", classes)


def mask_statistics(cases: Mapping[str, Extent], names: Sequence[str]) -> dict[str, Any]:
    """Of the masks of a cohort by case id, classes in the order of ``names``. Cases of unknown spacing make all sizes
    pixels."""
    units = {extent.unit for extent in cases.values()}
    metric = len(units) == 1
    total = sum(extent.pixels for extent in cases.values())
    unit = units.pop() if metric else "pixels"
    classes: dict[str, Any] = {}
    odd: list[dict[str, Any]] = []
    for name in names:
        having = {case: extent for case, extent in cases.items() if name in extent.classes}
        pixels = {case: extent.classes[name][0] for case, extent in having.items()}
        sizes = {case: pixels[case] * (extent.amount if metric else 1.0) for case, extent in having.items()}
        parts = {case: float(extent.classes[name][1]) for case, extent in having.items()}
        classes[name] = {
            "cases": len(having),
            "share": sum(pixels.values()) / total if total else 0.0,
            "size": _spread(sizes.values()),
            "parts": _spread(parts.values()),
        }
        odd += _odd(name, "size", list(sizes.items())) + _odd(name, "parts", list(parts.items()))
    empty = sum(not extent.classes for extent in cases.values())
    return {"cases": len(cases), "empty": empty, "unit": unit, "classes": classes, "odd": _worst(odd)}


def box_statistics(cases: Mapping[str, Boxes], names: Sequence[str]) -> dict[str, Any]:
    """Of the boxes of a cohort by case id, labels in the order of ``names``; areas in pixels."""
    classes: dict[str, Any] = {}
    odd: list[dict[str, Any]] = []
    for name in names:
        corners = {case: found for case, boxes in cases.items() if (found := boxes.by_label().get(name)) is not None}
        areas = [
            (case, float((x1 - x0) * (y1 - y0))) for case, found in corners.items() for x0, y0, x1, y1 in found.tolist()
        ]
        counts = {case: float(len(found)) for case, found in corners.items()}
        classes[name] = {
            "cases": len(corners),
            "boxes": len(areas),
            "size": _spread([area for _, area in areas]),
            "parts": _spread(counts.values()),
        }
        odd += _odd(name, "size", areas) + _odd(name, "parts", list(counts.items()))
    empty = sum(not len(boxes) for boxes in cases.values())
    return {"cases": len(cases), "empty": empty, "unit": "pixels", "classes": classes, "odd": _worst(odd)}


def robust_z(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) distances from the median in robust standard deviations; 0 where all are equal."""
    away = values - np.median(values)
    spread = _MAD * float(np.median(np.abs(away))) or _MEAN_AD * float(np.abs(away).mean())
    return away / spread if spread else np.zeros_like(away)


def _odd(name: str, what: str, given: Sequence[tuple[str, float]]) -> list[dict[str, Any]]:
    """The values of one class that stick out."""
    if len(given) < _FEWEST:
        return []
    values = np.array([value for _, value in given], dtype=np.float64)
    usual = float(np.median(values))
    return [
        {"case": case, "class": name, "what": what, "value": value, "usual": usual, "z": round(float(z), 2)}
        for (case, value), z in zip(given, robust_z(np.log(values + (what == "parts"))), strict=True)
        if abs(z) > _ODD
    ]


def _worst(odd: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The most that a page should show, the farthest first."""
    return sorted(odd, key=lambda one: (-abs(one["z"]), one["case"], one["class"], one["what"]))[:_MOST_ODD]


def _spread(values: Any) -> dict[str, float] | None:
    """Quantiles; ``None`` where there is nothing."""
    given = np.array(list(values), dtype=np.float64)
    if not given.size:
        return None
    return {name: float(np.quantile(given, share)) for name, share in _QUANTILES.items()}
