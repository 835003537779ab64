"""Where slices lie in the patient, and how they make a volume (PS3.3 C.7.6.2).

Slices are ordered by ImagePositionPatient along the normal of their plane; numbers of instances and names of files say
nothing. What makes a stack unsafe to measure in is found here: the same place twice, places that are missing,
overlapping or uneven slices, and a gantry tilt (planes that are shifted within themselves from slice to slice).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgraft.data.imaging.dicom.tags import FrameTags, numbers

__all__ = ["Plane", "Stack", "plane_of", "stacked"]

_SAME_MM = 1e-3
_UNEVEN = 0.02
"""Steps may differ by 2 % of the usual one: positions are rounded when they are written."""
_TILT_DEGREES = 0.5
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True)
class Plane:
    """One slice: place of the centre of its first pixel, directions of its rows and columns (LPS, mm), the spacing of
    its rows and columns in mm, its thickness where known."""

    position: tuple[float, float, float]
    along_row: tuple[float, float, float]
    along_column: tuple[float, float, float]
    spacing: tuple[float, float]
    thickness: float | None = None

    @property
    def normal(self) -> NDArray[np.float64]:
        """Unit vector across the plane."""
        return np.cross(self.along_row, self.along_column)

    def alike(self) -> tuple[float, ...]:
        """Equal for planes that can lie in one stack: directions and spacing, rounded."""
        return tuple(np.round([*self.along_row, *self.along_column, *self.spacing], 3).tolist())


@dataclass(frozen=True)
class Stack:
    """Slices in order. ``affine``: index (d, h, w) → mm RAS, ``None`` where the slices do not lie evenly enough to have
    one. ``order`` are positions in the list that was given; a place that is there twice stays in once."""

    order: tuple[int, ...]
    affine: NDArray[np.float64] | None
    findings: tuple[str, ...]


def plane_of(tags: FrameTags) -> Plane | None:
    """The plane of a frame; ``None`` where a part of it is not in the file."""
    position, directions = numbers(tags.get("ImagePositionPatient")), numbers(tags.get("ImageOrientationPatient"))
    spacing = numbers(tags.get("PixelSpacing"))
    if len(position) != 3 or len(directions) != 6 or len(spacing) != 2 or min(spacing) <= 0:
        return None
    row, column = np.array(directions[:3]), np.array(directions[3:])
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if min(lengths) < 0.9 or abs(float(row @ column)) > 1e-2:
        return None
    return Plane(
        position=(position[0], position[1], position[2]),
        along_row=_triple(row / lengths[0]),
        along_column=_triple(column / lengths[1]),
        spacing=(spacing[0], spacing[1]),
        thickness=tags.number("SliceThickness"),
    )


def _triple(vector: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(vector[0]), float(vector[1]), float(vector[2])


def stacked(planes: Sequence[Plane]) -> Stack:
    """The order and geometry of planes that are ``alike``."""
    normal = planes[0].normal
    places = np.array([plane.position for plane in planes])
    heights = places @ normal
    order = np.argsort(heights, kind="stable")
    order, findings = _each_place_once(order, heights)
    if len(order) == 1:
        thickness = planes[order[0]].thickness
        step = None if thickness is None else normal * thickness
        return Stack(tuple(order.tolist()), None if step is None else _affine(planes[order[0]], step), tuple(findings))
    steps = np.diff(heights[order])
    usual = float(np.median(steps))
    even = bool(np.abs(steps - usual).max() <= _UNEVEN * usual)
    findings += _gaps(steps, usual, planes[order[0]].thickness)
    shift = places[order[-1]] - places[order[0]]
    findings += _tilt(shift, normal)
    affine = _affine(planes[order[0]], shift / (len(order) - 1)) if even else None
    return Stack(tuple(order.tolist()), affine, tuple(findings))


def _each_place_once(order: NDArray[np.int64], heights: NDArray[np.float64]) -> tuple[NDArray[np.int64], list[str]]:
    """Slices at the same place: the first stays."""
    kept = np.concatenate([[True], np.diff(heights[order]) > _SAME_MM])
    twice = int((~kept).sum())
    return order[kept], [f"{twice} slices lie where another one lies; the first of each place is used"] if twice else []


def _gaps(steps: NDArray[np.float64], usual: float, thickness: float | None) -> list[str]:
    """What the distances between slices say."""
    missing = int(sum(round(step / usual) - 1 for step in steps if abs(step / usual - round(step / usual)) <= _UNEVEN))
    uneven = int((np.abs(steps - usual) > _UNEVEN * usual).sum())
    found = []
    if missing > 0:
        found.append(f"{missing} slices are missing (places where {usual:g} mm steps would put one)")
    if uneven and not missing:
        found.append(f"the distances between slices are uneven: {steps.min():g} to {steps.max():g} mm")
    if thickness is not None and thickness > usual * (1 + _UNEVEN):
        found.append(f"slices overlap: {thickness:g} mm thick, {usual:g} mm apart")
    return found


def _tilt(shift: NDArray[np.float64], normal: NDArray[np.float64]) -> list[str]:
    """A stack that leans: its slices are not straight above each other."""
    length = float(np.linalg.norm(shift))
    angle = float(np.degrees(np.arccos(np.clip(abs(float(shift @ normal)) / length, 0.0, 1.0))))
    text = f"the stack leans by {angle:.1f} degrees (gantry tilt); it is kept as it is"
    return [text] if angle > _TILT_DEGREES else []


def _affine(first: Plane, step: NDArray[np.float64]) -> NDArray[np.float64]:
    """Index (d, h, w) → mm RAS."""
    lps = np.eye(4)
    lps[:3, 0] = step
    lps[:3, 1] = np.array(first.along_column) * first.spacing[0]
    lps[:3, 2] = np.array(first.along_row) * first.spacing[1]
    lps[:3, 3] = first.position
    return np.asarray(_LPS_TO_RAS @ lps)
