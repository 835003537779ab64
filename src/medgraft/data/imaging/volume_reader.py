"""How volumes come in: a NIfTI file, a folder with a DICOM series, an Enhanced DICOM object, NRRD or MetaImage.

``read_volume`` reads one. ``VolumeShelf`` keeps the last few, so that their slices can be asked for one by one, from
several threads. Members of a volume: ``*`` is the whole of it, ``*7`` its slice 7 (see ``Volume.sliced``).

Whatever goes wrong comes out as a ``ReaderError`` without path or content. The libraries of a format are imported when
the first such file comes, as in ``reader``.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

from medgraft.data.imaging.boundary import as_reader_error
from medgraft.data.imaging.decoder import member_index
from medgraft.data.imaging.dicom.part10 import is_dicom
from medgraft.data.imaging.image import Image
from medgraft.data.imaging.volume import Volume
from medgraft.errors import ReaderError

__all__ = [
    "MAX_VOXELS",
    "WHOLE",
    "VolumeShelf",
    "holds_volume",
    "is_stack",
    "read_volume",
    "series_files",
    "slice_member",
]

MAX_VOXELS = 500_000_000
"""The most that one volume may declare: 512 × 512 × 1,900."""

WHOLE = "*"
"""The member that stands for a volume as one case."""

_NIFTI, _ITK = (".nii", ".nii.gz"), (".nrrd", ".nhdr", ".mha", ".mhd")
_KEPT = 3

Decode = Callable[[Path, str], Image]
"""Gives the picture of a file and a member."""


def holds_volume(path: Path) -> bool:
    """Whether a path is read as a volume: by its ending, or a folder."""
    return path.name.lower().endswith((*_NIFTI, *_ITK)) or path.is_dir()


def slice_member(index: int) -> str:
    """The member of slice ``index``."""
    return f"{WHOLE}{index}"


def series_files(folder: Path) -> list[Path]:
    """The DICOM files directly in a folder, by name. Raises ``ReaderError`` where there are none."""
    files = [file for file in sorted(folder.iterdir()) if file.is_file() and _is_dicom_file(file)]
    if not files:
        raise ReaderError("the folder holds no DICOM file; give the folder of one series")
    return files


def is_stack(files: Sequence[Path]) -> bool:
    """Whether files are DICOM slices that lie in one stack."""
    try:
        if not all(_is_dicom_file(file) for file in files):
            return False
        from medgraft.data.imaging.dicom.series import find_series

        series, left = find_series((file, file.read_bytes()) for file in files)
    except Exception:  # what cannot be parsed is no slice; reading its pixels will say what is wrong with it
        return False
    return len(series) == 1 and not left and len(series[0].slices) == len(files)


def read_volume(path: Path, decode: Decode) -> Volume:
    """The volume at ``path``, as stored: call ``canonical()`` or ``sliced()`` for a known order of axes. Raises
    ``ReaderError``."""
    try:
        if path.is_dir():
            return _series(series_files(path), decode)
        if path.name.lower().endswith(_NIFTI):
            from medgraft.data.imaging.nifti import read_nifti

            return read_nifti(path, MAX_VOXELS)
        if path.name.lower().endswith(_ITK):
            from medgraft.data.imaging.itk import read_itk

            return read_itk(path, MAX_VOXELS)
        if _is_dicom_file(path):
            return _series([path], decode)
        raise ReaderError("it is no volume; NIfTI, NRRD, MetaImage or a folder with a DICOM series is needed")
    except Exception as error:  # the boundary: libraries raise anything
        raise as_reader_error(error) from error


class VolumeShelf:
    """The last few volumes, ready to be cut into slices."""

    def __init__(self, decode: Decode) -> None:
        self._decode = decode
        self._kept: OrderedDict[tuple[Path, tuple[int, int]], _Place] = OrderedDict()
        self._lock = threading.Lock()

    def depth(self, path: Path, version: tuple[int, int]) -> int:
        """How many slices the volume has."""
        return int(self._volume(path, version)[0].values.shape[1])

    def plane(self, path: Path, version: tuple[int, int], member: str) -> Image:
        """One slice."""
        volume, percentiles = self._volume(path, version)
        depth = volume.values.shape[1]
        return volume.plane(member_index(member.removeprefix(WHOLE), depth) if depth > 1 else 0, percentiles)

    def _volume(self, path: Path, version: tuple[int, int]) -> tuple[Volume, tuple[float, float]]:
        """Read once, also where several threads ask at the same time."""
        with self._lock:
            place = self._kept.setdefault((path, version), _Place())
            self._kept.move_to_end((path, version))
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        with place.lock:
            if place.content is None:
                volume = read_volume(path, self._decode).sliced()
                place.content = volume, volume.percentiles()
            return place.content


class _Place:
    """One volume on the shelf, or on its way there."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.content: tuple[Volume, tuple[float, float]] | None = None


def _series(files: Sequence[Path], decode: Decode) -> Volume:
    """The only stack among DICOM files."""
    from medgraft.data.imaging.dicom.series import find_series, series_volume

    series, left = find_series((file, file.read_bytes()) for file in files)
    if len(series) != 1:
        sizes = ", ".join(str(len(one.slices)) for one in sorted(series, key=lambda one: -len(one.slices))[:5])
        raise ReaderError(f"it holds {len(series)} stacks of slices ({sizes or 'none'}); one is needed: part them")
    volume = series_volume(series[0], decode)
    if not left:
        return volume
    note = f"{len(left)} files say not where they lie and are left out"
    return volume.with_findings(note)


def _is_dicom_file(path: Path) -> bool:
    with path.open("rb") as file:
        return is_dicom(file.read(256))
