"""The one door through which volumes come in: a NIfTI file, a folder with a DICOM series, NRRD or MetaImage.

Whatever goes wrong comes out as a ``ReaderError`` without path or content, as from ``ImageReader``. The libraries of a
format are imported when the first such file comes, as in ``reader``.
"""

from __future__ import annotations

from pathlib import Path

from medgraft.data.imaging.dicom.part10 import is_dicom
from medgraft.data.imaging.reader import ImageReader, as_reader_error
from medgraft.data.imaging.volume import Volume
from medgraft.errors import ReaderError

__all__ = ["MAX_VOXELS", "holds_volume", "read_volume"]

MAX_VOXELS = 500_000_000
"""The most that one volume may declare: 512 × 512 × 1,900."""

_NIFTI, _ITK = (".nii", ".nii.gz"), (".nrrd", ".nhdr", ".mha", ".mhd")


def holds_volume(path: Path) -> bool:
    """Whether a path is read as a volume: by its ending, or a folder."""
    return path.is_dir() or path.name.lower().endswith((*_NIFTI, *_ITK))


def read_volume(path: Path, reader: ImageReader) -> Volume:
    """The volume at ``path``, as stored: call ``canonical()`` for a known order of axes. Raises ``ReaderError``."""
    try:
        if path.is_dir():
            return _series(path, reader)
        if path.name.lower().endswith(_NIFTI):
            from medgraft.data.imaging.nifti import read_nifti

            return read_nifti(path, MAX_VOXELS)
        if path.name.lower().endswith(_ITK):
            from medgraft.data.imaging.itk import read_itk

            return read_itk(path, MAX_VOXELS)
        raise ReaderError("it is no volume; NIfTI, NRRD, MetaImage or a folder with a DICOM series is needed")
    except Exception as error:  # the boundary: libraries raise anything
        raise as_reader_error(error) from error


def _series(folder: Path, reader: ImageReader) -> Volume:
    """The only stack among a folder's DICOM files."""
    from medgraft.data.imaging.dicom.series import find_series, series_volume

    files = [file for file in sorted(folder.iterdir()) if file.is_file() and _is_dicom_file(file)]
    if not files:
        raise ReaderError("the folder holds no DICOM file; give the folder of one series")
    series, left = find_series((file, file.read_bytes()) for file in files)
    if len(series) != 1:
        sizes = ", ".join(str(len(one.slices)) for one in sorted(series, key=lambda one: -len(one.slices))[:5])
        raise ReaderError(
            f"the folder holds {len(series)} stacks of slices ({sizes or 'none'}); one is needed: part them"
        )
    volume = series_volume(series[0], reader.read)
    if not left:
        return volume
    note = f"{len(left)} files say not where they lie and are left out"
    return volume.with_findings(note)


def _is_dicom_file(path: Path) -> bool:
    with path.open("rb") as file:
        return is_dicom(file.read(256))
