"""IoU of boxes: rows ``x0 y0 x1 y1`` in pixels, half-open, so that a box is ``(x1 - x0) × (y1 - y0)`` pixels large."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError

__all__ = ["box_iou", "checked_boxes"]

Floats = NDArray[np.float64]


def checked_boxes(boxes: NDArray[Any], what: str) -> Floats:
    """``boxes`` (n, 4) as float64; of no boxes any empty array will do. Raises ``UsageError`` for another shape,
    numbers that are not finite, and boxes that are turned round (an area of 0 is allowed: it overlaps nothing)."""
    given = np.asarray(boxes, dtype=np.float64)
    if not given.size:
        return np.zeros((0, 4))
    if given.ndim != 2 or given.shape[1] != 4:
        raise UsageError(f"measuring detection: the {what} have the shape {given.shape}; give (n, 4): x0 y0 x1 y1")
    bad = ~np.isfinite(given).all(axis=1) | (given[:, 2] < given[:, 0]) | (given[:, 3] < given[:, 1])
    if bad.any():
        raise UsageError(
            f"measuring detection: {int(bad.sum())} of {len(given)} {what} are no boxes, the first is "
            f"{given[bad][0].tolist()}; give finite x0 y0 x1 y1 with x0 <= x1 and y0 <= y1"
        )
    return given


def box_iou(one: NDArray[Any], other: NDArray[Any]) -> Floats:
    """(n, m) common area over the area of either, of boxes (n, 4) and (m, 4); 0 for two boxes without area."""
    first, second = checked_boxes(one, "boxes"), checked_boxes(other, "boxes")
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    common = np.prod(np.clip(high - low, 0.0, None), axis=2)
    areas = [np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (first, second)]
    union = areas[0][:, None] + areas[1][None] - common
    return np.asarray(np.divide(common, union, out=np.zeros_like(common), where=union > 0))
