"""NRRD and MetaImage → ``Volume``, through SimpleITK where it is installed.

SimpleITK reads the header first, which is checked against the budget before a voxel is read. Its coordinates are LPS,
as DICOM's; they are turned to RAS here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from medgraft.data.imaging.filters.filter import missing
from medgraft.data.imaging.volume import Volume, shown_range
from medgraft.errors import ReaderError

__all__ = ["read_itk"]

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def read_itk(path: Path, max_voxels: int) -> Volume:
    """The volume of a file. Raises ``ReaderError`` for what is no 3-D volume of real numbers, or too large."""
    try:
        import SimpleITK
    except ImportError as error:
        raise missing("SimpleITK", "filters") from error
    reader: Any = SimpleITK.ImageFileReader()  # type: ignore[no-untyped-call]
    reader.SetFileName(str(path))
    reader.ReadImageInformation()
    size = tuple(int(side) for side in reader.GetSize())
    if len(size) != 3 or reader.GetNumberOfComponents() != 1:
        raise ReaderError(f"it holds data of shape {size}; one volume of single numbers (three axes) is needed")
    if int(np.prod(size, dtype=object)) > max_voxels:
        raise ReaderError(f"its header declares {size} voxels; at most {max_voxels / 1e6:g} million are allowed")
    image = reader.Execute()
    values = np.asarray(SimpleITK.GetArrayFromImage(image), dtype=np.float32)[None]
    if not np.isfinite(values).all():
        raise ReaderError("it holds voxels that are not finite numbers; replace them and save it again")
    lps = np.eye(4)
    lps[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * np.array(image.GetSpacing())
    lps[:3, 3] = image.GetOrigin()
    affine = _LPS_TO_RAS @ lps[:, [2, 1, 0, 3]]  # SimpleITK's arrays have the last axis first
    low, high, findings = shown_range(values)
    return Volume(values, affine, low, high, findings=findings)
