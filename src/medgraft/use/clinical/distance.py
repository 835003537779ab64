"""The smallest distance between two structures in mm, and between which two points it is.

A structure is the union of its voxels, each a box, so that structures that touch are 0 apart, and a gap of n voxels is
n sides wide. Boxes of one grid are nearest at corners, and only those can be the nearest: the distance between the
corners of two unions of boxes is exact where axes are at right angles, and within a voxel in a leaning stack.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from medgraft.errors import DataError, UsageError

__all__ = ["Distance", "smallest_distance"]

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Distance:
    """``mm`` between the points ``start`` (of the first structure) and ``end``: mm RAS in the patient where the affine
    is known, else mm from the centre of the first voxel. ``overlap_voxels``: that both have; then ``mm`` is 0."""

    mm: float
    start: tuple[float, ...]
    end: tuple[float, ...]
    overlap_voxels: int

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def smallest_distance(
    first: NDArray[Any],
    second: NDArray[Any],
    spacing: Sequence[float],
    affine: NDArray[np.float64] | None = None,
) -> Distance:
    """Between two boolean masks (H, W) or (D, H, W) of one grid; ``spacing`` in mm in the order of the axes, ``affine``
    index → mm RAS. Raises ``DataError`` for an empty mask, ``UsageError`` where they do not fit."""
    for mask in (first, second):
        if mask.dtype != np.bool_ or mask.ndim not in (2, 3) or mask.shape != first.shape:
            raise UsageError(
                f"measuring a distance: got {mask.dtype} of shape {mask.shape}; two bool masks of one shape are needed"
            )
        if not mask.any():
            raise DataError("measuring a distance: one of the structures is not there; the distance is not defined")
    sides = np.asarray(spacing, dtype=np.float64)
    if sides.shape != (first.ndim,) or not np.isfinite(sides).all() or not (sides > 0).all():
        raise UsageError(
            f"measuring a distance: got the spacing {tuple(spacing)}; one positive number in mm an axis is needed"
        )
    to_mm = _to_mm(sides, affine if first.ndim == 3 else None)
    both = first & second
    if both.any():
        shared = to_mm(np.argwhere(both)[:1].astype(np.float64))[0]
        return Distance(0.0, _point(shared), _point(shared), int(np.count_nonzero(both)))
    starts, ends = (to_mm(_corners(mask)) for mask in (first, second))
    gaps, nearest = cKDTree(ends).query(starts)
    place = int(np.argmin(gaps))
    return Distance(float(gaps[place]), _point(starts[place]), _point(ends[int(nearest[place])]), 0)


def _to_mm(sides: NDArray[np.float64], affine: NDArray[np.float64] | None) -> Any:
    """A function from indices (n, axes) to mm."""
    if affine is None:
        return lambda index: index * sides
    return lambda index: index @ affine[:3, :3].T + affine[:3, 3]


def _corners(mask: Bools) -> NDArray[np.float64]:
    """(n, axes) indices of the corners of voxels that lie on the surface of their union."""
    box = [slice(int(inside.min()), int(inside.max()) + 1) for inside in np.nonzero(mask)]
    held = np.pad(mask[tuple(box)], 1)
    near = (2,) * mask.ndim
    # Corner i of an axis lies between the padded voxels i and i + 1: shared by up to 2 ** axes voxels.
    some = ndimage.maximum_filter(held, size=near, origin=-1)[(slice(0, -1),) * mask.ndim]
    every = ndimage.minimum_filter(held, size=near, origin=-1)[(slice(0, -1),) * mask.ndim]
    found = np.argwhere(some & ~every).astype(np.float64)
    return np.asarray(found + [side.start - 0.5 for side in box])


def _point(place: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(round(float(value), 4) for value in place)
