"""DICOM segmentations → one mask a segment, by its label, on the grid of the series that they outline.

The only module of this room that imports highdicom. Frames may leave out slices without a segment; they are put in
their places by their geometry. Segments of one label are one class. Probabilistic segmentations are refused: where to
cut them is not ours to choose.
"""

from __future__ import annotations

import importlib
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.data.outlines.grid import Grid
from medgraft.errors import ReaderError

__all__ = ["read_segments"]

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def read_segments(path: Path, grid: Grid) -> dict[str, NDArray[np.bool_]]:
    """Where each segment is, (H, W) or (D, H, W). Raises ``ReaderError``, also where highdicom is not installed, and
    whatever it raises for a damaged file."""
    segmentation = _opened(path)
    parts: dict[str, NDArray[np.bool_]] = {}
    for number in segmentation.segment_numbers:
        name = str(segmentation.get_segment_description(number).segment_label).strip()
        here = _placed(segmentation, int(number), grid)
        parts[name] = parts[name] | here if name in parts else here
    return parts


def _opened(path: Path) -> Any:
    try:
        highdicom = importlib.import_module("highdicom")
    except ImportError as error:
        raise ReaderError(
            "DICOM segmentations need highdicom, which is not installed: pip install highdicom"
        ) from error
    with warnings.catch_warnings(record=True):  # they may quote what stands in the file
        return highdicom.seg.segread(path)


def _placed(segmentation: Any, number: int, grid: Grid) -> NDArray[np.bool_]:
    """One segment on the grid; all false where it has no frame."""
    frames = segmentation.number_of_frames
    if len(grid.shape) == 2 or grid.affine is None:
        if frames > len(segmentation.segment_numbers):
            raise ReaderError("it has several frames a segment, and its picture is no volume of known place")
        values = segmentation.pixel_array.reshape(frames, *segmentation.pixel_array.shape[-2:])
        place = _frame_of(segmentation, number)
        values = np.zeros(grid.shape, dtype=np.uint8) if place is None else values[place]
        return _truth(grid.aligned(values))
    try:
        volume = segmentation.get_volume(segment_numbers=[number], rescale_fractional=True)
    except (RuntimeError, ValueError) as error:
        raise ReaderError(
            "its frames do not lie in one even stack, or not where its segment says; export it again"
        ) from error
    affine = _LPS_TO_RAS @ np.asarray(volume.affine, dtype=np.float64)
    values = np.asarray(volume.array)[..., 0]
    return _truth(grid.aligned(values, _one_slice(affine, values.shape[0], grid), whole=False))


def _frame_of(segmentation: Any, number: int) -> int | None:
    """Which frame shows a segment, where each has one."""
    for index, group in enumerate(segmentation.PerFrameFunctionalGroupsSequence):
        if int(group.SegmentIdentificationSequence[0].ReferencedSegmentNumber) == number:
            return index
    return None


def _one_slice(affine: NDArray[np.float64], slices: int, grid: Grid) -> NDArray[np.float64]:
    """A single slice has no step to the next: that of the grid's nearest axis is taken."""
    if slices > 1 or grid.affine is None:
        return affine
    axes = grid.affine[:3, :3]
    along = (axes / np.linalg.norm(axes, axis=0)).T @ (affine[:3, 0] / np.linalg.norm(affine[:3, 0]))
    nearest = int(np.argmax(np.abs(along)))
    changed = affine.copy()
    changed[:3, 0] = axes[:, nearest]
    return changed


def _truth(values: NDArray[Any]) -> NDArray[np.bool_]:
    if not bool(np.isin(np.unique(values), (0, 1)).all()):
        raise ReaderError(
            "it is a probabilistic segmentation; cut it at a threshold of your choice, and save it as binary"
        )
    return np.asarray(values != 0)
