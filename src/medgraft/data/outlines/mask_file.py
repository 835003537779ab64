"""Mask files → class ids on the grid of their picture, as it is stored.

One case has one file, or one file a class (the folder of each is its class). PNG, TIFF and BMP are read by
``mask_raster``; NIfTI, NRRD and MetaImage as any volume, a fourth axis by ``one_hot``; DICOM by ``dicom_masks``
(segmentations) and ``structure_set`` (contours), whose libraries are imported when the first such file comes.

Whatever is wrong comes out as a ``ReaderError`` without path, in words that follow "its mask cannot be used:".
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from medgraft.data.imaging.boundary import as_reader_error
from medgraft.data.imaging.dicom.part10 import is_dicom
from medgraft.data.imaging.image import Image
from medgraft.data.imaging.volume import Volume
from medgraft.data.imaging.volume_reader import MAX_VOXELS, holds_volume, read_volume
from medgraft.data.outlines.grid import Grid
from medgraft.data.outlines.legend import Holding, Legend
from medgraft.data.outlines.mask_raster import read_raster_mask
from medgraft.data.outlines.stored_values import class_ids, holding_of
from medgraft.errors import ReaderError

__all__ = ["look_at_mask", "read_mask"]

_NIFTI = (".nii", ".nii.gz")
Parts = dict[str, NDArray[np.bool_]]


def read_mask(paths: Sequence[Path], legend: Legend, like: Image | Volume) -> NDArray[np.uint8]:
    """Ids of classes, (H, W) or (D, H, W), on the grid of ``like`` as it is stored (``ImageReader.read``, or
    ``read_volume`` before ``canonical()``). Raises ``ReaderError``."""
    try:
        grid = Grid.of(like)
        if legend.by_folder:
            return _joined({path.parent.name: _one_class(path, grid) for path in paths}, legend, grid)
        path = _only(paths)
        if _is_dicom_file(path):
            return _joined(_dicom_parts(path, grid), legend, grid)
        return class_ids(grid.aligned(*_stored(path)), legend)
    except Exception as error:  # the boundary: libraries raise anything
        raise as_reader_error(error) from error


def look_at_mask(paths: Sequence[Path], *, by_folder: bool, grid: Grid | None) -> Holding:
    """What the mask of a case holds; with ``grid``, of its picture, also whether it lies on it. Of DICOM masks only the
    header is read. Raises ``ReaderError``."""
    try:
        if by_folder:
            held = {path.parent.name: _checked(path, grid) for path in paths}
            for name, one in held.items():
                _refuse_classes(name, one)
            digest = "".join(held[name].digest for name in sorted(held))
            return Holding(parts=frozenset(name for name, one in held.items() if one.filled), digest=digest)
        path = _only(paths)
        if _is_dicom_file(path):
            return Holding(parts=frozenset(_dicom_names(path)))
        return _checked(path, grid)
    except Exception as error:  # as in ``read_mask``
        raise as_reader_error(error) from error


def _checked(path: Path, grid: Grid | None) -> Holding:
    values, affine = _stored(path)
    return holding_of(values if grid is None else grid.aligned(values, affine))


def _only(paths: Sequence[Path]) -> Path:
    if len(paths) != 1:
        raise ReaderError(
            f"it is in {len(paths)} files, which are not in one folder a class; join them, or part them so"
        )
    return paths[0]


def _stored(path: Path) -> tuple[NDArray[Any], NDArray[np.float64] | None]:
    """Stored values (H, W) or (D, H, W) and, of a volume, where they lie."""
    if path.is_dir() or not holds_volume(path):
        return read_raster_mask(path), None
    if path.name.lower().endswith(_NIFTI):
        from medgraft.data.imaging.nifti import nifti_place, nifti_values
        from medgraft.data.outlines.one_hot import is_one_hot, read_one_hot

        if is_one_hot(path):
            return read_one_hot(path, MAX_VOXELS), nifti_place(path)[1]
        values, affine = nifti_values(path, MAX_VOXELS)
    else:
        volume = read_volume(path, _refuse_pictures)
        values, affine = volume.values, volume.affine
    if len(values) != 1:
        raise ReaderError("it is coloured; save the number of the class in each voxel")
    return values[0], affine


def _refuse_pictures(path: Path, member: str) -> NoReturn:
    raise ReaderError("it is a DICOM picture, not a mask; DICOM SEG or RTSTRUCT is needed")


def _one_class(path: Path, grid: Grid) -> NDArray[np.bool_]:
    """Where a file that holds one class is not zero."""
    values = grid.aligned(*_stored(path))
    _refuse_classes(path.parent.name, holding_of(values))
    return np.asarray(values != 0)


def _refuse_classes(name: str, held: Holding) -> None:
    if len(held.values - {0}) > 1:
        raise ReaderError(
            f"the file of the class {name!r} holds the values {', '.join(map(str, sorted(held.values)[:6]))}; a file "
            "of one class has zeros and one other value"
        )


def _joined(parts: Parts, legend: Legend, grid: Grid) -> NDArray[np.uint8]:
    """One number a pixel. Parts of one class may overlap, classes may not."""
    ids = np.zeros(grid.shape, dtype=np.uint8)
    fault = legend.fault(Holding(parts=frozenset(name for name, here in parts.items() if here.any())))
    if fault:
        raise ReaderError(f"it {fault}")
    for name, here in parts.items():
        one = legend.parts.get(name, 0)
        if not one:
            continue
        other = here & (ids != 0) & (ids != one)
        overlap = int(np.count_nonzero(other))
        if overlap:
            first = legend.names[int(ids[other].flat[0]) - 1]
            raise ReaderError(
                f"the classes {first!r} and {legend.names[one - 1]!r} overlap in {overlap} pixels; give each pixel one "
                "class, or leave one of them out with --mask-values NAME=background"
            )
        ids[here] = one
    return ids


def _is_dicom_file(path: Path) -> bool:
    if path.is_dir() or holds_volume(path):
        return False
    with path.open("rb") as file:
        return is_dicom(file.read(256))


def _dicom_parts(path: Path, grid: Grid) -> Parts:
    from medgraft.data.outlines.dicom_kind import is_structure_set

    if is_structure_set(path):
        from medgraft.data.outlines.structure_set import read_structures

        return read_structures(path, grid)
    from medgraft.data.outlines.dicom_masks import read_segments

    return read_segments(path, grid)


def _dicom_names(path: Path) -> list[str]:
    from medgraft.data.outlines.dicom_kind import is_structure_set, segment_names, structure_names

    return structure_names(path) if is_structure_set(path) else segment_names(path)
