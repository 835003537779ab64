"""The longest diameter of a mask in mm.

It is measured from face to face: between the midpoints of the voxels' outer faces, so that one voxel is as long as its
side, a row of n voxels n sides, and a digitised sphere of radius r about 2 r. In a volume it is measured in each slice
(across the first axis) and the longest is taken, as calipers on a screen do, or through all slices.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

from medgraft.errors import UsageError

__all__ = ["longest_diameter"]


def longest_diameter(mask: NDArray[Any], spacing: Sequence[float] | None, *, in_plane: bool = True) -> float:
    """Of a boolean mask (H, W) or (D, H, W) with ``spacing`` in mm in the order of its axes; 0 of an empty mask, NaN
    where spacing is unknown. ``in_plane``: of a volume, within slices only."""
    if mask.ndim not in (2, 3) or mask.dtype != np.bool_:
        raise UsageError(
            f"measuring a diameter: got {mask.dtype} of shape {mask.shape}; a bool mask in 2-D or 3-D is needed"
        )
    if spacing is None:
        return math.nan
    sides = np.asarray(spacing, dtype=np.float64)
    if sides.shape != (mask.ndim,) or not np.isfinite(sides).all() or not (sides > 0).all():
        raise UsageError(
            f"measuring a diameter: got the spacing {tuple(spacing)}; one positive number in mm an axis is needed"
        )
    if mask.ndim == 2 or not in_plane:
        return _longest(mask, sides)
    slices = np.flatnonzero(mask.any(axis=(1, 2)))
    return max((_longest(mask[index], sides[1:]) for index in slices), default=0.0)


def _longest(mask: NDArray[np.bool_], sides: NDArray[np.float64]) -> float:
    """The longest distance between two corners of the convex hull of the faces' midpoints."""
    ends = _row_ends(mask)
    if not len(ends):
        return 0.0
    halves = np.concatenate([np.eye(mask.ndim), -np.eye(mask.ndim)]) / 2
    faces = (ends[:, None] + halves).reshape(-1, mask.ndim) * sides
    return float(pdist(faces[ConvexHull(faces).vertices]).max())


def _row_ends(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n, axes) the first and last voxel of every row along the last axis: the hull needs no other."""
    filled = mask.any(axis=-1)
    rows = np.argwhere(filled)
    first = mask.argmax(axis=-1)[filled]
    last = mask.shape[-1] - 1 - mask[..., ::-1].argmax(axis=-1)[filled]
    return np.concatenate([np.column_stack([rows, first]), np.column_stack([rows, last])]).astype(np.float64)
