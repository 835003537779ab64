"""How large each structure is, and where: of the whole of it, or of each of its connected parts.

Volumes are voxels times the volume of one; diameters run from face to face of voxels (see ``diameter``), within slices
as calipers on a screen do, and through all of them. Slices are cut as ``Volume.sliced`` does, whatever the order of
axes. What is not known is ``None``: nothing in mm without spacing, no volume of a flat picture.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medgraft.data.imaging.volume import Volume
from medgraft.errors import UsageError
from medgraft.measure.segmentation.diameter import longest_diameter
from medgraft.measure.segmentation.mask_pair import components
from medgraft.measure.segmentation.volume import volume_ml

__all__ = ["measure_structures", "slice_axis"]

Bools = NDArray[np.bool_]


def measure_structures(
    labels: NDArray[np.uint8],
    names: Mapping[int, str],
    spacing: Sequence[float] | None,
    affine: NDArray[np.float64] | None = None,
    *,
    parts: bool = False,
) -> list[dict[str, Any]]:
    """A row a structure of ``names``, also an absent one; or, with ``parts``, a row a connected part, largest first.

    ``labels`` (H, W) or (D, H, W), ``spacing`` in mm in that order, ``affine`` index → mm RAS. Keys: ``id label part``
    (``None`` for the whole, else 1 …) ``parts`` (how many it has) ``voxels volume_ml area_mm2 diameter_mm`` (longest
    within a slice) ``diameter_3d_mm centroid`` and ``centroid_in``: "patient" (mm RAS), "grid" (mm from the first
    voxel, axes as ``labels``) or "voxels".
    """
    if labels.ndim not in (2, 3) or labels.dtype != np.uint8:
        raise UsageError(
            f"measuring structures: got {labels.dtype} of shape {labels.shape}; uint8 (H, W) or (D, H, W) is needed"
        )
    if spacing is not None and len(spacing) != labels.ndim:
        raise UsageError(f"measuring structures: got the spacing {tuple(spacing)} for {labels.ndim} axes")
    ruler = _Ruler(spacing, affine, slice_axis(affine) if labels.ndim == 3 else 0)
    boxes = ndimage.find_objects(labels)
    rows = []
    for number, label in names.items():
        box = boxes[number - 1] if 0 < number <= len(boxes) else None
        mask = labels[box] == number if box is not None else np.zeros((1,) * labels.ndim, dtype=bool)
        start = [side.start for side in box] if box is not None else [0] * labels.ndim
        numbered, count = components(mask)
        told = {"id": number, "label": label, "parts": count}
        if parts:
            rows += _each_part(numbered, start, ruler, told)
        else:
            rows.append({**told, "part": None, **ruler.measure(mask, start)})
    return rows


def _each_part(
    numbered: NDArray[np.int32], start: Sequence[int], ruler: _Ruler, told: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Rows of the connected parts, the largest first."""
    found = []
    for place, box in enumerate(ndimage.find_objects(numbered), start=1):
        corner = [first + side.start for first, side in zip(start, box, strict=True)]
        found.append(ruler.measure(numbered[box] == place, corner))
    found.sort(key=lambda row: (-row["voxels"], row["centroid"]))
    return [{**told, "part": number, **row} for number, row in enumerate(found, start=1)]


def slice_axis(affine: NDArray[np.float64] | None) -> int:
    """Across which axis of a volume its slices are cut: that of ``Volume.sliced``, the first where nothing is known."""
    if affine is None:
        return 0
    sliced = Volume(np.zeros((1, 1, 1, 1), dtype=np.float32), affine, 0.0, 1.0).sliced().affine
    across = affine[:3, 0] if sliced is None else sliced[:3, 0]
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    return int(np.argmax(np.abs(directions.T @ across)))


class _Ruler:
    """What lengths and places mean on one grid; ``axis``: across which slices are cut."""

    def __init__(self, spacing: Sequence[float] | None, affine: NDArray[np.float64] | None, axis: int) -> None:
        self._spacing = None if spacing is None else tuple(float(side) for side in spacing)
        self._affine = affine
        self._axis = axis

    def measure(self, mask: Bools, start: Sequence[int]) -> dict[str, Any]:
        """Of a mask that begins at the index ``start`` of the grid."""
        voxels, flat, spacing = int(np.count_nonzero(mask)), mask.ndim == 2, self._spacing
        area = voxels * math.prod(spacing) if flat and spacing is not None else None
        return {
            "voxels": voxels,
            "volume_ml": _known(volume_ml(mask, spacing)),
            "area_mm2": area,
            "diameter_mm": self._diameter(mask, in_plane=True),
            "diameter_3d_mm": None if flat else self._diameter(mask, in_plane=False),
            **self._centroid(mask, start),
        }

    def _diameter(self, mask: Bools, *, in_plane: bool) -> float | None:
        if self._spacing is None:
            return None
        if mask.ndim == 2 or not in_plane:
            return longest_diameter(mask, self._spacing, in_plane=False)
        order = [self._axis, *(axis for axis in range(3) if axis != self._axis)]
        turned = np.ascontiguousarray(np.transpose(mask, order))
        return longest_diameter(turned, [self._spacing[axis] for axis in order])

    def _centroid(self, mask: Bools, start: Sequence[int]) -> dict[str, Any]:
        """The mean place of the voxels' centres."""
        kind = "voxels" if self._spacing is None else "grid" if self._affine is None or mask.ndim == 2 else "patient"
        if not mask.any():
            return {"centroid": None, "centroid_in": kind}
        middle = np.array([_middle(mask, axis) for axis in range(mask.ndim)]) + start
        if kind == "patient" and self._affine is not None:
            middle = self._affine[:3, :3] @ middle + self._affine[:3, 3]
        elif kind == "grid":
            middle = middle * np.array(self._spacing)
        return {"centroid": [round(float(value), 4) for value in middle], "centroid_in": kind}


def _middle(mask: Bools, axis: int) -> float:
    """The mean index of its voxels along an axis, by how many there are at each: of a large mask a list of all would
    be larger than the volume."""
    counts = np.count_nonzero(mask, axis=tuple(other for other in range(mask.ndim) if other != axis))
    return float(counts @ np.arange(len(counts)) / counts.sum())


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
