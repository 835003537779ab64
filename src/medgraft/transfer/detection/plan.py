"""What the boxes of the training cases say about the network: the fingerprint, and what follows from it.

The side of the input is the smallest multiple of 32 from 256 to 416 at which the typical (median) box of the smallest
class is 20 pixels large (root of its area). Pictures of one shape that is not far from a square are stretched to the
square, which wastes no pixel; others keep their aspect and are padded. Where boxes are smaller than 12 pixels then, a
level of stride 4 is added to 8, 16 and 32.

Anchors (RetinaNet, Faster R-CNN): the boxes are dealt out to the levels by their size, four times the stride being the
middle of a level; its anchors are quantiles of the sizes and of the aspects there, or three steps of an octave where
there are few. FCOS takes boxes by level without anchors; ``reach`` is where its distances start.
Source: Lin et al. 2017, Focal Loss for Dense Object Detection (octaves); Tian et al. 2019, FCOS; Isensee et al. 2021
(fingerprints).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from medgraft.data.outlines.boxes import Boxes
from medgraft.errors import DataError
from medgraft.transfer.detection.frame import Fit, Frame

__all__ = ["DetectionPlan", "plan_detection"]

_SIDES = range(256, 417, 32)
_TYPICAL, _SMALL = 20.0, 12.0
_ALIKE, _NEAR_SQUARE = 1.02, 1.5
_PER_STRIDE = 4
_FEWEST = 20
_OCTAVE = (1.0, 2 ** (1 / 3), 2 ** (2 / 3))
_QUANTILES = (1 / 6, 1 / 2, 5 / 6)
Floats = NDArray[np.float64]


class DetectionPlan(BaseModel):
    """Plain data that travel in the bundle. Pixels are those of the input."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: Annotated[int, Field(ge=32, multiple_of=32, description="side of the input, pixels")]
    fit: Annotated[Fit, Field(description="stretched to the square, or padded")]
    strides: Annotated[tuple[int, ...], Field(description="pixels a step of each level, finest first")]
    anchor_sizes: Annotated[
        tuple[tuple[float, ...], ...], Field(description="root of the area of each level's anchors, pixels")
    ]
    aspects: Annotated[tuple[float, ...], Field(description="height over width of anchors")]
    reach: Annotated[float, Field(gt=0, description="half a typical box, in strides of its level")]
    most: Annotated[int, Field(ge=1, description="most boxes of a training picture")]
    pictures: Annotated[int, Field(ge=1, description="training pictures")]
    boxes: Annotated[dict[str, int], Field(description="training boxes by label")]
    typical: Annotated[dict[str, tuple[float, float]], Field(description="median width and height by label, pixels")]

    def frame(self, rows: int, columns: int) -> Frame:
        """Of a picture of that size."""
        return Frame(rows, columns, self.size, self.fit)


def plan_detection(boxes: Sequence[Boxes], shapes: Sequence[tuple[int, int]], size: int | None = None) -> DetectionPlan:
    """The plan for training cases: of each its boxes, and rows and columns of its picture. ``size``: the side of the
    input, where it is asked for. Raises ``DataError`` where no case has a box."""
    if not any(len(one) for one in boxes):
        raise DataError(
            f"planning a detector: none of {len(boxes)} training pictures has a box; annotate some, or do another task"
        )
    fit = _fit(shapes)
    side = size or _side(boxes, shapes, fit)
    framed = _framed(boxes, shapes, side, fit)
    together = np.concatenate(list(framed.values()))
    smallest = min(float(np.median(_root(one))) for one in framed.values())
    strides = (8, 16, 32) if smallest >= _SMALL else (4, 8, 16, 32)
    level = _levels(together, strides)
    reach = float(np.median(_root(together) / 2 / np.array(strides)[level]))
    return DetectionPlan(
        size=side,
        fit=fit,
        strides=strides,
        anchor_sizes=tuple(_anchors(_root(together[level == number]), stride) for number, stride in enumerate(strides)),
        aspects=_aspects(together),
        reach=round(reach, 3),
        most=max(len(one) for one in boxes),
        pictures=len(boxes),
        boxes={label: len(one) for label, one in framed.items()},
        typical={label: _median(one) for label, one in framed.items()},
    )


def _fit(shapes: Sequence[tuple[int, int]]) -> Fit:
    aspects = np.array([columns / rows for rows, columns in shapes])
    alike = aspects.max() / aspects.min() <= _ALIKE
    return "squash" if alike and 1 / _NEAR_SQUARE <= float(np.median(aspects)) <= _NEAR_SQUARE else "pad"


def _side(boxes: Sequence[Boxes], shapes: Sequence[tuple[int, int]], fit: Fit) -> int:
    for side in _SIDES:
        if min(float(np.median(_root(one))) for one in _framed(boxes, shapes, side, fit).values()) >= _TYPICAL:
            return side
    return _SIDES[-1]


def _framed(boxes: Sequence[Boxes], shapes: Sequence[tuple[int, int]], side: int, fit: Fit) -> dict[str, Floats]:
    """Width and height (m, 2) in the square of every box, by label."""
    found = defaultdict[str, list[Floats]](list)
    for one, (rows, columns) in zip(boxes, shapes, strict=True):
        inside = Frame(rows, columns, side, fit).inside(one.corners)
        for label, extent in zip(one.labels, inside[:, 2:] - inside[:, :2], strict=True):
            found[label].append(extent)
    return {label: np.stack(found[label]) for label in sorted(found)}


def _root(extents: Floats) -> Floats:
    return np.asarray(np.sqrt(extents.prod(axis=1)))


def _median(extents: Floats) -> tuple[float, float]:
    width, height = (round(float(value), 2) for value in np.median(extents, axis=0))
    return width, height


def _levels(extents: Floats, strides: Sequence[int]) -> NDArray[np.intp]:
    """(n,) the level in whose middle a box lies nearest, by octaves."""
    middle = np.log2(_PER_STRIDE * np.array(strides, dtype=np.float64))
    return np.asarray(np.abs(np.log2(_root(extents))[:, None] - middle).argmin(axis=1))


def _anchors(roots: Floats, stride: int) -> tuple[float, ...]:
    """Three sizes of a level; quantiles that fall together are drawn apart by an octave's third."""
    base = _PER_STRIDE * stride
    if len(roots) < _FEWEST:
        return tuple(round(base * step, 1) for step in _OCTAVE)
    low, middle, high = (float(value) for value in np.quantile(roots, _QUANTILES))
    return round(min(low, middle / 1.1), 1), round(middle, 1), round(max(high, middle * 1.1), 1)


def _aspects(extents: Floats) -> tuple[float, ...]:
    """Height over width: the middle, and a lower and a higher one where boxes differ by a quarter and more."""
    low, middle, high = np.quantile(extents[:, 1] / extents[:, 0], _QUANTILES)
    found = [middle] + [value for value in (low, high) if max(value / middle, middle / value) >= 1.25]
    return tuple(sorted(round(float(value), 2) for value in found))
