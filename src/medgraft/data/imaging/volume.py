"""What a volume is once its bytes are understood: values, where they lie in the patient, and what was odd about it.

Axes are ``(C, D, H, W)``. ``affine`` (4, 4) takes an index ``(d, h, w, 1)`` to millimetres in the patient, RAS+ (x to
the Right, y to the Anterior, z to the Superior), as NIfTI has it; DICOM's LPS is turned once, where it is read. Unknown
geometry is ``None``, never the identity.

*Canonical* is the order in which axial pictures are looked at: D to the Superior, H to the Posterior, W to the Left.
Only axes are exchanged and turned round: no value is changed, oblique stays oblique.

*Slices* are cut across D, unless another axis has much the coarsest spacing: then that one comes first, so that a
sagittal acquisition is looked at in sagittal slices, whatever the order of axes in its file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.data.imaging.image import Image
from medgraft.data.imaging.window import Voi
from medgraft.errors import ReaderError
from medgraft.types import Modality, Unit

__all__ = ["VOLUME_PERCENTILES", "Volume", "shown_range"]

VOLUME_PERCENTILES = (0.5, 99.5)
_COARSER = 1.5
"""An axis is cut across if its spacing is this many times that of the others."""

_MASK_KINDS = 12
"""At most so many different numbers are taken for classes of a mask."""

_CANONICAL = np.array([[0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]])
"""Rows: the directions (RAS) of D, H and W: Superior, Posterior, Left."""


@dataclass(frozen=True, slots=True)
class Volume:
    """``values`` (C, D, H, W) float32 in ``unit``, C = 1 or 3; ``low`` and ``high`` what is shown as black and white
    where no window is asked for. ``findings`` are things that its user should know (a missing slice, a conflict)."""

    values: NDArray[np.float32]
    affine: NDArray[np.float64] | None
    low: float
    high: float
    unit: Unit = Unit.STORED
    modality: Modality = Modality.UNKNOWN
    voi: Voi | None = None
    inverted: bool = False
    steps: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = self.values.shape
        if len(shape) != 4 or shape[0] not in (1, 3) or 0 in shape:
            raise ReaderError(f"got a volume of shape {shape}; (1 or 3, slices, rows, columns) are needed")
        if self.affine is not None and abs(float(np.linalg.det(self.affine[:3, :3]))) < 1e-12:
            raise ReaderError("its orientation and spacing span no space; correct its header")

    @property
    def spacing(self) -> tuple[float, float, float] | None:
        """(depth, row, column) in mm."""
        if self.affine is None:
            return None
        depth, row, column = (float(value) for value in np.linalg.norm(self.affine[:3, :3], axis=0))
        return depth, row, column

    def canonical(self) -> Volume:
        """Axes in the order Superior, Posterior, Left, as near as exchanging and turning them can bring it; a volume
        of unknown geometry stays as it is."""
        if self.affine is None:
            return self
        order, turned = self.canonical_axes()
        values, affine = self.values, self.affine
        values = np.transpose(values, (0, *(axis + 1 for axis in order)))
        affine = affine[:, [*order, 3]]
        for axis, backwards in enumerate(turned):
            if backwards:
                values = np.flip(values, axis + 1)
                affine = affine.copy()
                affine[:3, 3] += affine[:3, axis] * (values.shape[axis + 1] - 1)
                affine[:3, axis] *= -1
        if order == (0, 1, 2) and not any(turned):
            return self
        step = "axes brought to Superior, Posterior, Left"
        return replace(self, values=np.ascontiguousarray(values), affine=affine, steps=(*self.steps, step))

    def canonical_axes(self) -> tuple[tuple[int, int, int], tuple[bool, bool, bool]]:
        """Which stored axis becomes each canonical one, and which of these are turned round afterwards; as stored
        where the geometry is unknown."""
        if self.affine is None:
            return (0, 1, 2), (False, False, False)
        return _nearest_axes(self.affine)

    def sliced(self) -> Volume:
        """Canonical, with the axis first across which slices are cut."""
        volume = self.canonical()
        if volume.spacing is None or volume.affine is None:
            return volume
        axis = int(np.argmax(volume.spacing))
        others = [side for place, side in enumerate(volume.spacing) if place != axis]
        if axis == 0 or volume.spacing[axis] < _COARSER * max(others):
            return volume
        order = [axis, *(place for place in range(3) if place != axis)]
        values = np.ascontiguousarray(np.transpose(volume.values, (0, *(place + 1 for place in order))))
        step = f"cut across {('Superior', 'Posterior', 'Left')[axis]}, where its spacing is coarsest"
        return replace(volume, values=values, affine=volume.affine[:, [*order, 3]], steps=(*volume.steps, step))

    def percentiles(self) -> tuple[float, float]:
        """The 0.5th and 99.5th percentile of the values."""
        low, high = (float(value) for value in np.percentile(self.values, VOLUME_PERCENTILES))
        return low, high

    def with_findings(self, *findings: str) -> Volume:
        """The same volume, and something more that its user should know."""
        return replace(self, findings=(*self.findings, *findings))

    def plane(self, index: int, percentiles: tuple[float, float] | None = None) -> Image:
        """Slice ``index`` along D as a picture that knows its neighbours; ``percentiles`` of the volume, if known."""
        spacing, last = self.spacing, self.values.shape[1] - 1
        apart = "" if spacing is None else f", {spacing[0]:.3g} mm apart"
        return Image(
            beside=(self.values[:, max(index - 1, 0)], self.values[:, min(index + 1, last)]),
            percentiles=percentiles,
            findings=self.findings,
            pixels=self.values[:, index],
            low=self.low,
            high=self.high,
            unit=self.unit,
            modality=self.modality,
            spacing=None if spacing is None else spacing[1:],
            steps=(*self.steps, f"slice {index + 1} of {last + 1}{apart}"),
            voi=self.voi,
            inverted=self.inverted,
        )

    def index_to_mm(self, index: NDArray[Any]) -> NDArray[np.float64]:
        """Places (n, 3) in the patient, mm, of indices (n, 3) (depth, row, column). Needs known geometry."""
        if self.affine is None:
            raise ReaderError("its place in the patient is unknown (no affine); measure in voxels, or mend its header")
        return np.asarray(index @ self.affine[:3, :3].T + self.affine[:3, 3])


def shown_range(values: NDArray[np.float32]) -> tuple[float, float, tuple[str, ...]]:
    """What of a volume that declares no range is shown as black and white, and what is odd about its values.

    Its percentiles, or its extremes where these are equal. Few different whole numbers from 0 up are what a mask holds.
    """
    low, high = (float(value) for value in np.percentile(values, VOLUME_PERCENTILES))
    findings: tuple[str, ...] = ()
    kinds = np.unique(values[..., ::2, ::2])
    if 2 <= len(kinds) <= _MASK_KINDS and kinds[0] == 0 and bool((kinds == np.arange(len(kinds))).all()):
        top = int(values.max())
        findings = (f"it holds only the whole numbers 0 to {top}: it looks like a mask, not a picture",)
    if not high > low:
        low, high = float(values.min()), float(values.max())
        findings = findings or ("it has next to no contrast: nearly all voxels have one value",)
    return low, high if high > low else low + 1.0, findings


def _nearest_axes(affine: NDArray[np.float64]) -> tuple[tuple[int, int, int], tuple[bool, bool, bool]]:
    """Which axis goes where, and which is turned round: the largest alignments first, each axis once."""
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    alignment = _CANONICAL @ directions
    order, turned = [0, 0, 0], [False, False, False]
    left = np.abs(alignment)
    for _ in range(3):
        target, axis = (int(place) for place in np.unravel_index(int(left.argmax()), left.shape))
        order[target], turned[target] = axis, bool(alignment[target, axis] < 0)
        left[target, :], left[:, axis] = -1.0, -1.0
    return (order[0], order[1], order[2]), (turned[0], turned[1], turned[2])
