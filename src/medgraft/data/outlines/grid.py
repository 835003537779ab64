"""The grid of a picture or a volume: how many pixels, and where they lie; and bringing a mask onto it exactly.

A mask is only ever moved by exchanging and turning round axes: no value is interpolated. Two grids agree where every
corner of one lies within a thousandth of a millimetre of a place of the other; another spacing, direction or origin is
a mismatch that is told with both. Where one of the two has no known place, the number of pixels decides alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from medgraft.data.imaging.image import Image
from medgraft.data.imaging.volume import Volume
from medgraft.errors import ReaderError

__all__ = ["SAME_MM", "Grid"]

SAME_MM = 1e-3
"""How far apart the corners of equal grids may lie."""

Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, eq=False, slots=True)
class Grid:
    """``shape`` is (H, W) or (D, H, W); ``affine`` (4, 4) takes an index (d, h, w, 1) to mm RAS, ``None`` where that
    is not known."""

    shape: tuple[int, ...]
    affine: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, like: Image | Volume) -> Grid:
        """That of a picture, or of a volume as stored."""
        if isinstance(like, Volume):
            return cls(tuple(like.values.shape[1:]), like.affine)
        return cls(tuple(like.pixels.shape[1:]))

    def aligned(
        self, values: NDArray[Number], affine: NDArray[np.float64] | None = None, *, whole: bool = True
    ) -> NDArray[Number]:
        """``values`` of a mask with ``affine`` on this grid. Unless ``whole``, slices of it (along its first axis) may
        be left out where they are 0. Raises ``ReaderError``, in words that follow "its mask cannot be used:", where
        they do not agree."""
        if values.ndim == len(self.shape) - 1 and self.shape[0] == 1:
            values = values[None]
        elif values.ndim == len(self.shape) + 1 and values.shape[0] == 1:
            values, affine = values[0], None
        if affine is None or self.affine is None:
            if values.shape != self.shape:
                raise ReaderError(self._other_size(values.shape))
            return values
        step = np.rint(np.linalg.inv(self.affine) @ affine)
        if not _exchanges_axes(step) or self._gap(values.shape, affine, step) > SAME_MM:
            if values.shape != self.shape and whole:
                raise ReaderError(self._other_size(values.shape))
            raise ReaderError(self._other_place(affine))
        return self._moved(values, step, whole)

    def _moved(self, values: NDArray[Number], step: NDArray[np.float64], whole: bool) -> NDArray[Number]:
        """``step`` takes their index to ours: a signed exchange of axes, and a shift by whole voxels."""
        order = [int(np.flatnonzero(row)[0]) for row in step[:3, :3]]
        moved = np.transpose(values, order)
        starts = []
        for axis, source in enumerate(order):
            start = int(step[axis, 3])
            if step[axis, source] < 0:
                moved, start = np.flip(moved, axis), start - moved.shape[axis] + 1
            starts.append(start)
        if moved.shape == self.shape and not any(starts):
            return moved
        if whole:
            raise ReaderError(self._other_size(values.shape) if moved.shape != self.shape else self._shifted(starts))
        sides = list(zip(order, starts, moved.shape, self.shape, strict=True))
        if any(source and (start, side) != (0, ours) for source, start, side, ours in sides):
            raise ReaderError(self._other_size(values.shape))
        if any(start < 0 or start + side > ours for _, start, side, ours in sides):
            raise ReaderError("it reaches beyond its picture: it may be that of another one; correct it")
        placed: NDArray[Any] = np.zeros(self.shape, dtype=values.dtype)
        placed[tuple(slice(start, start + side) for start, side in zip(starts, moved.shape, strict=True))] = moved
        return placed

    def _gap(self, shape: tuple[int, ...], affine: NDArray[np.float64], step: NDArray[np.float64]) -> float:
        """How far in mm, at most, their corners lie from where ``step`` puts them on this grid."""
        if self.affine is None:
            return 0.0
        corners = np.array([(*corner, 1) for corner in product(*((0, side - 1) for side in shape))], dtype=np.float64)
        apart = corners @ affine.T - corners @ (self.affine @ step).T
        return float(np.linalg.norm(apart[:, :3], axis=1).max())

    def _other_size(self, shape: tuple[int, ...]) -> str:
        unit = "pixels" if len(self.shape) == 2 else "voxels"
        theirs, ours = (" × ".join(str(side) for side in sides) for sides in (shape, self.shape))
        return f"it has {theirs} {unit} and its picture {ours}: it may be that of another picture; correct it"

    def _other_place(self, affine: NDArray[np.float64]) -> str:
        ours = self.affine if self.affine is not None else affine
        theirs, own = (
            " × ".join(f"{side:.4g}" for side in np.linalg.norm(each[:3, :3], axis=0)) for each in (affine, ours)
        )
        apart = float(np.linalg.norm(affine[:3, 3] - ours[:3, 3]))
        return (
            f"it lies elsewhere than its picture (spacing {theirs} mm and {own} mm, first voxels {apart:.4g} mm apart)"
            "; resample it onto the picture, or correct its header"
        )

    def _shifted(self, starts: list[int]) -> str:
        told = ", ".join(str(start) for start in starts)
        return f"it is shifted against its picture by {told} voxels; correct its header"


def _exchanges_axes(step: NDArray[np.float64]) -> bool:
    """Whether each axis becomes one other, turned round or not."""
    turned = np.abs(step[:3, :3])
    return bool((turned.sum(axis=0) == 1).all() and (turned.sum(axis=1) == 1).all() and turned.max() == 1)
