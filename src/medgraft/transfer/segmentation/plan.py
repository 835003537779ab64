"""What a segmentation network is shown, settled by what the training cases are like.

The *fingerprint* says how large the cases are and how far apart their voxels stand; the *plan* says at which spacing
they are learnt from, in patches of which size, how many at a time, and by which kind of network. Both are plain data
in the run, so that what was decided can be read, and another case is prepared in the same way.
Source: Isensee et al., Nat Methods 2021;18:203-211 (nnU-Net: median spacing, the patch from the median shape).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from medgraft.errors import ConfigError
from medgraft.transfer.segmentation.settings import SegmentationSettings
from medgraft.types import Modality

__all__ = ["Fingerprint", "Plan", "Shape", "plan_for"]

Shape = tuple[int, int, int]
"""Slices, rows, columns; a picture has one slice."""

_WHOLE_VOLUME = 160_000
"""Voxels of a volume that a 3-D network on a CPU learns from as a whole."""
_PATCH_2D, _PATCH_3D = 256, 48
_SMALLEST = 64
"""Pixels: a smaller picture is enlarged to this longest side; an encoder halves it five times."""
_COARSER = 2.0
"""Slices that lie so many times farther apart than their pixels are learnt from one by one."""
_MOST_PATCHES = 8
_LEFT = 2
"""The canonical axis from right to left, and the columns of a picture."""
_OF_A_BODY = (Modality.RADIOGRAPH, Modality.CT, Modality.MR, Modality.ULTRASOUND)


@dataclass(frozen=True)
class Fingerprint:
    """Of the training cases, in canonical axes: ``shapes`` and ``spacings`` (mm; ``None`` where unknown)."""

    shapes: tuple[Shape, ...]
    spacings: tuple[tuple[float, float, float] | None, ...]
    volumes: bool
    modality: Modality = Modality.UNKNOWN

    @property
    def shape(self) -> tuple[float, float, float]:
        """The median shape."""
        depth, rows, columns = (float(side) for side in np.median(np.array(self.shapes, dtype=float), axis=0))
        return depth, rows, columns

    @property
    def spacing(self) -> tuple[float, float, float] | None:
        """The median spacing; ``None`` unless all are known."""
        known = [spacing for spacing in self.spacings if spacing is not None]
        if not known or len(known) < len(self.spacings):
            return None
        depth, rows, columns = (float(side) for side in np.median(np.array(known), axis=0))
        return depth, rows, columns


@dataclass(frozen=True)
class Plan:
    """``dims``: 2, a slice or picture at a time, or 3. ``axis``: the canonical axis that slices are cut across.
    ``spacing`` in mm (slices, rows, columns) that volumes are resampled to, ``None``: as they are, or as ``limit``
    (longest side of a picture, pixels) and ``smallest`` say. ``patch``: slices, rows, columns. ``planes``: slices that
    become the channels of a 2-D network. ``mirror``: along which axes a mirror image is as likely."""

    dims: Literal[2, 3]
    axis: int
    spacing: tuple[float, float, float] | None
    limit: int
    smallest: int
    patch: Shape
    planes: int
    batch: int
    patches: int
    mirror: tuple[bool, bool, bool] = (False, False, True)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def restore(cls, plain: Mapping[str, Any]) -> Plan:
        """From what ``to_json`` gave and JSON kept. Raises ``TypeError`` or ``KeyError`` for another thing."""
        tuples: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()
        }
        return cls(**tuples)

    def factor(self, shape: Shape, spacing: tuple[float, float, float] | None) -> tuple[float, float, float]:
        """By how much each side of a case is enlarged (below 1: made smaller)."""
        if self.spacing is not None and spacing is not None:
            depth, rows, columns = (own / planned for own, planned in zip(spacing, self.spacing, strict=True))
            return (depth if self.dims == 3 else 1.0), rows, columns
        longest = max(shape[1:])
        share = min(1.0, self.limit / longest)
        share = max(share, self.smallest / longest)
        return 1.0, share, share


def plan_for(found: Fingerprint, settings: SegmentationSettings) -> Plan:
    """The plan for cases like these. Raises ``ConfigError`` for settings that do not fit them."""
    kind = _kind(found, settings)
    dims: Literal[2, 3] = 3 if kind in ("3d", "inflated") else 2
    median, spacing = found.shape, found.spacing
    axis = 0
    if found.volumes and spacing is not None:
        coarsest = int(np.argmax(spacing))
        others = [side for place, side in enumerate(spacing) if place != coarsest]
        axis = coarsest if spacing[coarsest] >= _COARSER * max(others) else 0
    order = [axis, *(place for place in range(3) if place != axis)]
    median = (median[order[0]], median[order[1]], median[order[2]])
    if spacing is not None:
        spacing = (spacing[order[0]], spacing[order[1]], spacing[order[2]])
    planned = spacing if found.volumes else None
    limit, smallest = (4096, 1) if found.volumes else (settings.limit, _SMALLEST)
    bare = Plan(dims, axis, planned, limit, smallest, (1, 1, 1), 3 if kind == "2.5d" else 1, 1, 1)
    shape = tuple(
        max(1.0, side * share)
        for side, share in zip(median, bare.factor(tuple(max(1, round(s)) for s in median), spacing), strict=True)  # type: ignore[arg-type]
    )
    # an encoder of pictures halves the plane five times, and the slices not at all
    patch = _patch(shape, dims, settings, 8 if kind == "3d" else 32)
    batch = settings.batch or _batch(patch, dims)
    patches = settings.patches or _patches(shape, patch, dims)
    mirror = _mirror(found, order, settings)
    return Plan(dims, axis, planned, limit, smallest, patch, bare.planes, batch, patches, mirror)


def _kind(found: Fingerprint, settings: SegmentationSettings) -> str:
    if not found.volumes:
        if settings.network not in ("auto", "2d"):
            raise ConfigError(
                f"segmentation.network = {settings.network}: the cases are pictures; use 2d, or leave it out"
            )
        return "2d"
    if settings.network == "2d":
        return "2d"
    if settings.network != "auto":
        return settings.network
    return "3d" if math.prod(found.shape) <= _WHOLE_VOLUME else "2.5d"


def _mirror(found: Fingerprint, order: Sequence[int], settings: SegmentationSettings) -> tuple[bool, bool, bool]:
    """Of a body left and right may be exchanged, above and below not; what lies under a microscope has no sides."""
    kind = settings.mirror
    if kind == "auto":
        kind = "left-right" if found.volumes or found.modality in _OF_A_BODY else "all"
    if kind != "left-right":
        return (kind == "all",) * 3
    first, second, third = (place == _LEFT for place in order)
    return first, second, third


def _patch(shape: Sequence[float], dims: int, settings: SegmentationSettings, plane: int) -> Shape:
    """Rows and columns are multiples of ``plane``, slices of 8."""
    if settings.patch is not None:
        if len(settings.patch) != dims or min(settings.patch) < 16:
            raise ConfigError(
                f"segmentation.patch = {list(settings.patch)}: {dims} sides of at least 16 are needed for a "
                f"{dims}-D network"
            )
        given = (1, *settings.patch) if dims == 2 else settings.patch
        return _rounded(given, dims, plane)
    if dims == 2:
        return _rounded([1, *(side if side <= 1.25 * _PATCH_2D else _PATCH_2D for side in shape[1:])], dims, plane)
    whole = math.prod(shape) <= _WHOLE_VOLUME
    return _rounded([side if whole else min(side, _PATCH_3D) for side in shape], dims, plane)


def _rounded(sides: Sequence[float], dims: int, plane: int) -> Shape:
    """Up to multiples."""
    depth, rows, columns = (
        max(of, math.ceil(side / of - 1e-6) * of)
        for side, of in zip(sides, (1 if dims == 2 else 8, plane, plane), strict=True)
    )
    return depth, rows, columns


def _batch(patch: Shape, dims: int) -> int:
    voxels = math.prod(patch)
    return max(2, min(16, round((8 * 256 * 256 if dims == 2 else 200_000) / voxels)))


def _patches(shape: Sequence[float], patch: Shape, dims: int) -> int:
    """As many as cover a case once; of a volume that is cut into slices no more than a few."""
    covering = math.prod(side / part for side, part in zip(shape, patch, strict=True))
    return max(1, min(_MOST_PATCHES, round(covering)))
