"""Contours of a radiotherapy structure set → one mask a structure, by its name, on the grid of its series.

A voxel belongs to a structure where its centre lies within the contour. Contours of one structure in one slice take
turns: one inside of another is a hole (the keyhole-free reading of PS3.3 C.8.8.6.3, ``CLOSEDPLANAR_XOR``). They must
lie in the slices of the series, and within it: contours of another series are refused, not interpolated.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.draw import polygon2mask

from medgraft.data.outlines.dicom_kind import CONTOURS, outlining_tags
from medgraft.data.outlines.grid import Grid
from medgraft.errors import ReaderError

__all__ = ["read_structures"]

_OFF_PLANE = 0.1
"""Slices: how far from a slice the points of its contour may lie, for rounding in the file."""
_LPS_TO_RAS = np.array([-1.0, -1.0, 1.0])


def read_structures(path: Path, grid: Grid) -> dict[str, NDArray[np.bool_]]:
    """Where each structure with a closed contour is, (D, H, W). Raises ``ReaderError``."""
    if grid.affine is None or len(grid.shape) != 3:
        raise ReaderError("it is an RTSTRUCT, and its picture is no volume whose place in the patient is known")
    dataset = outlining_tags(path)
    names = {int(item.ROINumber): str(item.ROIName).strip() for item in dataset.StructureSetROISequence}
    parts: dict[str, NDArray[np.bool_]] = {}
    for item in dataset.get("ROIContourSequence", ()):
        contours = [_indices(one, grid) for one in item.get("ContourSequence", ()) if _encloses(one)]
        if contours:
            here, name = _filled(contours, grid), names[int(item.ReferencedROINumber)]
            parts[name] = parts[name] | here if name in parts else here
    return parts


def _encloses(contour: Any) -> bool:
    return str(contour.ContourGeometricType) in CONTOURS


def _indices(contour: Any, grid: Grid) -> NDArray[np.float64]:
    """The points of a contour as indices (n, 3) of the grid."""
    numbers = np.array([float(value) for value in contour.ContourData], dtype=np.float64)
    if len(numbers) < 9 or len(numbers) % 3 or not np.isfinite(numbers).all():
        raise ReaderError("one of its contours has fewer than three points, or no numbers; export it again")
    points = numbers.reshape(-1, 3) * _LPS_TO_RAS
    affine = grid.affine if grid.affine is not None else np.eye(4)
    inverse = np.linalg.inv(affine)
    return np.asarray(points @ inverse[:3, :3].T + inverse[:3, 3])


def _filled(contours: list[NDArray[np.float64]], grid: Grid) -> NDArray[np.bool_]:
    """The voxels inside of the contours of one structure."""
    filled = np.zeros(grid.shape, dtype=bool)
    spread = np.max([np.ptp(points, axis=0) for points in contours], axis=0)
    axis = int(np.argmin(spread))
    across = [place for place in range(3) if place != axis]
    planes = np.moveaxis(filled, axis, 0)
    for points in contours:
        depth = float(points[:, axis].mean())
        plane = round(depth)
        if spread[axis] > 2 * _OFF_PLANE or abs(depth - plane) > _OFF_PLANE:
            raise ReaderError("its contours lie beside the slices of its picture: they were drawn on another series")
        inside = points[:, across]
        sides = np.array([grid.shape[place] for place in across])
        if not 0 <= plane < grid.shape[axis] or inside.min() < -1 or bool((inside.max(axis=0) > sides).any()):
            raise ReaderError("its contours reach beyond its picture: they may be those of another one")
        planes[plane] ^= polygon2mask(tuple(sides), inside)
    return filled
