"""NIfTI-1 and NIfTI-2 (``.nii``, ``.nii.gz``) → ``Volume``, through nibabel.

The sform is the geometry where it is set, else the qform, else it is unknown (spacing without a place is no geometry).
Where both are set and place the volume's corners differently, that is a finding. Stored values are scaled by
scl_slope and scl_inter. NIfTI says neither modality nor unit. A float volume declares no range: its own 0.5th and
99.5th percentile are shown as black and white. The header is checked against the budget before a voxel is read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

from medgraft.data.imaging.volume import Volume, shown_range
from medgraft.errors import ReaderError

__all__ = ["nifti_place", "nifti_values", "read_nifti"]

_CONFLICT_MM = 0.1
_RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])


def read_nifti(path: Path, max_voxels: int) -> Volume:
    """The volume of a file. Raises ``ReaderError`` for what is no single 3-D volume, too large or not finite, and
    whatever nibabel raises."""
    image, values, steps = _loaded(path, max_voxels)
    affine, findings = _geometry(image)
    low, high, odd = shown_range(values)
    return Volume(values, affine, low, high, steps=tuple(steps), findings=(*findings, *odd))


def nifti_values(path: Path, max_voxels: int) -> tuple[NDArray[np.float32], NDArray[np.float64] | None]:
    """The values (C, D, H, W) and the affine alone, for masks: what is shown as black and white of them is no matter,
    and takes longest to find. Raises as ``read_nifti``."""
    image, values, _ = _loaded(path, max_voxels)
    return values, _geometry(image)[0]


def _loaded(path: Path, max_voxels: int) -> tuple[Any, NDArray[np.float32], list[str]]:
    """The file, its values, and what was done to them."""
    image: Any = nibabel.load(path)
    shape = _sides(image)
    if len(shape) != 3:
        raise ReaderError(f"it holds data of shape {image.shape}; one volume (three axes) is needed: split it")
    if min(shape) < 1 or int(np.prod(shape, dtype=object)) > max_voxels:
        raise ReaderError(f"its header declares {shape} voxels; 1 to {max_voxels / 1e6:g} million are allowed")
    steps: list[str] = []
    return image, _values(image, shape, steps), steps


def nifti_place(path: Path) -> tuple[tuple[int, ...], NDArray[np.float64] | None]:
    """The sides of a file's grid and its affine, by its header alone. Raises whatever nibabel raises."""
    image: Any = nibabel.load(path)
    return _sides(image), _geometry(image)[0]


def _sides(image: Any) -> tuple[int, ...]:
    """The shape without axes of length 1 at its end, behind the third."""
    shape = tuple(int(side) for side in image.shape)
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def _values(image: Any, shape: tuple[int, ...], steps: list[str]) -> NDArray[np.float32]:
    """(C, D, H, W) float32; file axes i, j, k become D, H, W and the affine follows them."""
    stored = np.asanyarray(image.dataobj)
    if stored.dtype == _RGB:
        channels = [stored[name].reshape(shape) for name in ("R", "G", "B")]
        return np.stack(channels).astype(np.float32)
    if stored.dtype.kind not in "iufb":
        raise ReaderError(f"its voxels are of the kind {stored.dtype.name}; real numbers or RGB are needed")
    slope, inter = image.dataobj.slope, image.dataobj.inter
    if (slope, inter) != (1.0, 0.0):
        steps.append(f"values are {slope:g} × stored + {inter:g} (scl_slope, scl_inter)")
    values = np.asarray(stored, dtype=np.float32).reshape(shape)
    bad = int(values.size - np.count_nonzero(np.isfinite(values)))
    if bad:
        raise ReaderError(f"{bad} of its {values.size} voxels are not finite numbers; replace them and save it again")
    return values[None]


def _geometry(image: Any) -> tuple[NDArray[np.float64] | None, list[str]]:
    """Index (i, j, k) → mm RAS, and what is odd about it."""
    header = image.header
    sform, sform_code = header.get_sform(coded=True)
    qform, qform_code = header.get_qform(coded=True)
    findings = []
    if sform_code and qform_code and sform is not None and qform is not None:
        gap = _largest_gap(sform, qform, image.shape[:3])
        if gap > _CONFLICT_MM:
            findings.append(f"sform and qform disagree by up to {gap:.3g} mm; the sform is used")
    chosen = sform if sform_code else qform if qform_code else None
    if chosen is None:
        findings.append("neither sform nor qform is set: its orientation is unknown")
        return None, findings
    affine = np.asarray(chosen, dtype=np.float64)
    if not np.isfinite(affine).all() or abs(float(np.linalg.det(affine[:3, :3]))) < 1e-12:
        findings.append("its affine is not usable: its orientation is unknown")
        return None, findings
    return affine, findings


def _largest_gap(one: NDArray[Any], other: NDArray[Any], shape: tuple[int, ...]) -> float:
    """How far apart two affines place the corners of the volume, in mm."""
    corners = np.array(
        [[i, j, k, 1.0] for i in (0, shape[0] - 1) for j in (0, shape[1] - 1) for k in (0, shape[2] - 1)]
    )
    return float(np.linalg.norm((corners @ (one - other).T)[:, :3], axis=1).max())
