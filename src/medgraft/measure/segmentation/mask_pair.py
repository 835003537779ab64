"""Two outlines of one structure on one grid, the truth and a prediction, and what every measure needs of them.

Masks are boolean, (H, W) or (D, H, W); spacing is in mm in that order, ``None`` where it is unknown: then nothing in mm
or mL is defined (a caller that wants pixels passes ones, and says so). Both masks are cropped to where either of them
is, which changes no distance and no count. Beyond the picture there is nothing, so that a mask's voxels at the border
lie on its surface.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medgraft.errors import UsageError

__all__ = ["Empty", "MaskPair", "components"]

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


class Empty(StrEnum):
    """Which of the two masks is empty."""

    NEITHER = "neither"
    BOTH = "both"
    TRUTH = "truth"
    PREDICTION = "prediction"


def components(mask: Bools) -> tuple[NDArray[np.int32], int]:
    """Connected parts of ``mask``, numbered from 1, and how many; voxels that share a corner are connected."""
    numbered, count = ndimage.label(mask, structure=np.ones((3,) * mask.ndim, dtype=bool))
    return np.asarray(numbered, dtype=np.int32), int(count)


@dataclass(frozen=True)
class MaskPair:
    """``truth`` and ``predicted``, cropped alike; ``diagonal``: the longest distance in the whole picture, in mm
    between voxel centres, NaN where spacing is unknown."""

    truth: Bools
    predicted: Bools
    spacing: tuple[float, ...] | None
    diagonal: float

    @classmethod
    def of(cls, truth: NDArray[Any], predicted: NDArray[Any], spacing: Sequence[float] | None = None) -> MaskPair:
        """From two boolean masks. Raises ``UsageError`` where they, or the spacing, do not fit."""
        if truth.shape != predicted.shape or truth.ndim not in (2, 3) or not truth.size:
            raise UsageError(
                f"comparing masks: the truth has the shape {truth.shape}, the prediction {predicted.shape}; give the "
                "same (rows, columns) or (slices, rows, columns), with voxels: bring the prediction to the truth's grid"
            )
        if truth.dtype != np.bool_ or predicted.dtype != np.bool_:
            raise UsageError(
                f"comparing masks: got {truth.dtype} and {predicted.dtype}; give bool, one class at a time (mask == id)"
            )
        sides = _checked(spacing, truth.ndim)
        lengths = [] if sides is None else [(n - 1) * side for n, side in zip(truth.shape, sides, strict=True)]
        box = _bounding_box(truth | predicted)
        return cls(truth[box], predicted[box], sides, math.nan if sides is None else math.hypot(*lengths))

    @cached_property
    def counts(self) -> tuple[int, int, int]:
        """Voxels of the truth, of the prediction, of both."""
        both = int(np.count_nonzero(self.truth & self.predicted))
        return int(np.count_nonzero(self.truth)), int(np.count_nonzero(self.predicted)), both

    @property
    def empty(self) -> Empty:
        """Which of the two is empty."""
        true, called, _ = self.counts
        if true and called:
            return Empty.NEITHER
        if not true and not called:
            return Empty.BOTH
        return Empty.PREDICTION if true else Empty.TRUTH

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel; NaN in 2-D, and where spacing is unknown."""
        return math.nan if self.spacing is None or self.truth.ndim == 2 else math.prod(self.spacing) / 1000

    @cached_property
    def surface_gaps(self) -> tuple[Floats, Floats]:
        """Distances in mm, from each surface voxel of the prediction to the nearest of the truth, and back.

        Both masks must hold something and the spacing be known: ask ``empty`` and ``spacing`` first.
        """
        if self.spacing is None or self.empty is not Empty.NEITHER:
            raise UsageError("measuring between surfaces: two masks that are not empty and a known spacing are needed")
        true, called = _surface(self.truth), _surface(self.predicted)
        to_true = ndimage.distance_transform_edt(~true, sampling=self.spacing)[called]
        to_called = ndimage.distance_transform_edt(~called, sampling=self.spacing)[true]
        return np.asarray(to_true, dtype=np.float64), np.asarray(to_called, dtype=np.float64)

    @cached_property
    def covered(self) -> Floats:
        """(lesions,) the share of each connected part of the truth that is predicted."""
        numbered, count = components(self.truth)
        sizes = np.bincount(numbered.ravel(), minlength=count + 1)[1:]
        hits = np.bincount(numbered[self.predicted], minlength=count + 1)[1:]
        return np.asarray(hits / sizes, dtype=np.float64)


def _checked(spacing: Sequence[float] | None, axes: int) -> tuple[float, ...] | None:
    if spacing is None:
        return None
    sides = tuple(float(side) for side in spacing)
    if len(sides) != axes or not all(math.isfinite(side) and side > 0 for side in sides):
        raise UsageError(
            f"comparing masks: got the spacing {sides} for {axes} axes; give one positive number in mm an axis, in "
            "their order, or None where it is unknown"
        )
    return sides


def _bounding_box(mask: Bools) -> tuple[slice, ...]:
    """Where ``mask`` is; one voxel where it is nowhere."""
    box = []
    for axis in range(mask.ndim):
        inside = np.flatnonzero(mask.any(axis=tuple(other for other in range(mask.ndim) if other != axis)))
        box.append(slice(int(inside[0]), int(inside[-1]) + 1) if inside.size else slice(0, 1))
    return tuple(box)


def _surface(mask: Bools) -> Bools:
    """The voxels with a face towards the outside."""
    return np.asarray(mask & ~ndimage.binary_erosion(mask))
