"""Boxes as they are annotated: a label by name, and corners in pixels, half-open (``x0 <= x < x1``, ``y0 <= y < y1``).

``Boxes`` holds only what can be learned and measured. ``sift`` makes it from what a file says, and tells two kinds of
fault apart. A box without area outlines nothing: it is left out, and named, and the picture stays. A box that lies
outside of its picture, is turned round, or has a corner that is no number means that the annotation as a whole cannot
be trusted (it may be that of another picture): the case is set aside. Up to one pixel beyond the edge is rounding, and
is cut off.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError

__all__ = ["Annotation", "Box", "Boxes", "Sifted", "Size", "box_fault", "sift"]

Size = tuple[int, int]
"""Rows and columns of a picture."""

_ROUNDING = 1.0
"""Pixels beyond the edge of the picture that are cut off."""


class Box(NamedTuple):
    """One box, not yet checked."""

    label: str
    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1."""
        return self.x0, self.y0, self.x1, self.y1


@dataclass(frozen=True, slots=True)
class Boxes:
    """The boxes of one picture of ``size``, ``None`` where that is not known. No boxes are an empty picture. Raises
    ``DataError`` for a box with a fault."""

    rows: tuple[Box, ...] = ()
    size: Size | None = None

    def __post_init__(self) -> None:
        for number, box in enumerate(self.rows, start=1):
            fault = box_fault(box, self.size)
            if fault:
                raise DataError(f"box {number} of {len(self.rows)} ({box.label}) {fault}; correct the annotation")

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def labels(self) -> tuple[str, ...]:
        """One a box."""
        return tuple(box.label for box in self.rows)

    @property
    def corners(self) -> NDArray[np.float64]:
        """(n, 4) x0, y0, x1, y1."""
        return np.array([box.corners for box in self.rows], dtype=np.float64).reshape(-1, 4)

    def by_label(self) -> dict[str, NDArray[np.float64]]:
        """The corners (m, 4) of each label that is there."""
        corners, labels = self.corners, np.array(self.labels, dtype=object)
        return {label: corners[labels == label] for label in sorted(set(self.labels))}


@dataclass(frozen=True, slots=True)
class Annotation:
    """What a file says of one picture, not yet checked: its name, its size where told, its boxes."""

    name: str
    size: Size | None
    rows: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Sifted:
    """``boxes`` that can be used; ``left_out``: why each other one cannot; ``problem``: why the case cannot, if so."""

    boxes: Boxes
    left_out: tuple[str, ...] = ()
    problem: str | None = None


def sift(rows: Iterable[Box], size: Size | None = None) -> Sifted:
    """The boxes of one picture that can be used, and what is wrong with the others."""
    kept: list[Box] = []
    left_out: list[str] = []
    for number, given in enumerate(rows, start=1):
        box = _rounded(given, size)
        named = f"box {number} ({box.label})" if box.label.strip() else f"box {number}"
        grave, flat = _grave_fault(box, size), _no_area(box)
        if grave is not None:
            return Sifted(Boxes(), problem=f"its {named} {grave}; correct the annotation")
        if flat is not None:
            left_out.append(f"{named} {flat}")
        else:
            kept.append(box)
    return Sifted(Boxes(tuple(kept), size), tuple(left_out))


def box_fault(box: Box, size: Size | None = None) -> str | None:
    """Why a box can be neither learned nor measured, in words that follow "the box"; ``None`` where it can."""
    return _grave_fault(box, size) or _no_area(box)


def _grave_fault(box: Box, size: Size | None) -> str | None:
    """What makes an annotation unfit for use, in words that follow "the box"."""
    if not box.label.strip():
        return f"has no label{_told(box)}"
    if not all(math.isfinite(value) for value in box.corners):
        return f"has a corner that is no number{_told(box)}"
    if box.x1 < box.x0 or box.y1 < box.y0:
        return f"is turned round{_told(box)}: x0 <= x1 and y0 <= y1 are needed"
    height, width = (math.inf, math.inf) if size is None else size
    if min(box.x0, box.y0) < 0 or box.x1 > width or box.y1 > height:
        return f"reaches beyond its picture{'' if size is None else f' of {width} × {height} pixels'}{_told(box)}"
    return None


def _no_area(box: Box) -> str | None:
    return None if box.x1 > box.x0 and box.y1 > box.y0 else f"has no area{_told(box)}"


def _told(box: Box) -> str:
    return f" ({' '.join(f'{value:g}' for value in box.corners)})"


def _rounded(box: Box, size: Size | None) -> Box:
    """Cut off at the edge where it reaches no more than rounding beyond it."""
    height, width = (math.inf, math.inf) if size is None else size
    beyond = max(-box.x0, -box.y0, box.x1 - width, box.y1 - height)
    if not 0 < beyond <= _ROUNDING:
        return box
    # all corners alike: a box that lies wholly in the rounding has no area then, and is not turned round
    x0, x1 = (min(max(value, 0.0), width) for value in (box.x0, box.x1))
    y0, y1 = (min(max(value, 0.0), height) for value in (box.y0, box.y1))
    return Box(box.label, x0, y0, x1, y1)
