"""The DICOM series that outlines refer to: whole headers, in the order of its slices.

The only place of this room that reads names and numbers of a patient: an object that a clinic takes in must carry them
on, so that it is filed with its series. They go into that object and nowhere else. What a header may leave empty is
empty where it is missing (type 2); what it must say is asked for (type 1), by its name.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.uid import generate_uid

from medgraft.data.imaging.boundary import as_reader_error
from medgraft.data.imaging.dicom.geometry import Plane
from medgraft.data.imaging.dicom.part10 import plain_part10
from medgraft.data.imaging.dicom.series import find_series
from medgraft.data.imaging.volume_reader import series_files
from medgraft.data.outlines.grid import Grid
from medgraft.errors import DataError, MedgraftError, ReaderError, UsageError

__all__ = ["SourceSeries", "content_uid", "source_series"]

_MUST_SAY = ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "SOPClassUID", "SOPInstanceUID")
_MAY_BE_EMPTY = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID"),
    *("AccessionNumber", "ReferringPhysicianName"),
)
_SEXES = ("M", "F", "O")


@dataclass(frozen=True)
class SourceSeries:
    """``headers`` and ``planes``: one a slice, from the first to the last along the normal. ``affine``: index (d, h, w)
    → mm RAS, ``None`` where slices lie unevenly."""

    headers: tuple[Dataset, ...]
    planes: tuple[Plane, ...]
    affine: NDArray[np.float64] | None

    @property
    def shape(self) -> tuple[int, int, int]:
        """(slices, rows, columns)."""
        return len(self.headers), int(self.headers[0].Rows), int(self.headers[0].Columns)

    def aligned(
        self, masks: Mapping[str, NDArray[np.bool_]], affine: NDArray[np.float64] | None
    ) -> dict[str, NDArray[np.bool_]]:
        """Masks (D, H, W) whose index → mm RAS is ``affine`` on the grid of the series. Raises ``DataError``."""
        grid = Grid(self.shape, self.affine)
        try:
            return {name: grid.aligned(mask, affine) for name, mask in masks.items()}
        except ReaderError as error:
            raise DataError(f"placing outlines on their series: {error}") from error


def source_series(source: Path | Sequence[Path]) -> SourceSeries:
    """Of a folder, or of files. Raises ``UsageError`` where there is no series, ``ReaderError`` for one that is damaged
    or lacks what it must say."""
    try:
        files = series_files(source) if isinstance(source, Path) and source.is_dir() else _listed(source)
        found, left = find_series((file, file.read_bytes()) for file in files)
    except MedgraftError:
        raise
    except Exception as error:  # the boundary: parsers raise anything
        raise as_reader_error(error) from error
    if len(found) != 1 or left:
        raise ReaderError(
            f"reading the series to outline: it holds {len(found)} stacks of slices, and {len(left)} files that do not "
            "say where they lie; give the files of one stack"
        )
    slices, stack = found[0].slices, found[0].stack
    if any(one.member for one in slices):
        raise ReaderError(
            "reading the series to outline: it is one object of several frames; contours and segments are written for "
            "series of one file a slice: convert it, or ask for NIfTI"
        )
    return SourceSeries(tuple(_header(one.path) for one in slices), tuple(one.plane for one in slices), stack.affine)


def _listed(source: Path | Sequence[Path]) -> list[Path]:
    files = [source] if isinstance(source, Path) else list(source)
    missing = [str(file) for file in files if not file.is_file()]
    if missing or not files:
        raise UsageError(
            f"reading the series to outline: {', '.join(missing[:3]) or 'nothing given'}: there is no such file; give "
            "the folder of a DICOM series"
        )
    return files


def _header(path: Path) -> Dataset:
    """All tags but the pixels."""
    with warnings.catch_warnings(record=True):  # parsers quote what is odd, and that may be a name
        header: Any = dcmread(io.BytesIO(plain_part10(path.read_bytes())), stop_before_pixels=True)
        missing = [name for name in _MUST_SAY if not str(header.get(name, "") or "")]
        if missing:
            raise ReaderError(
                f"reading the series to outline: one of its files has no {missing[0]}, without which nothing can refer "
                "to it; export the series again"
            )
        for name in _MAY_BE_EMPTY:
            if header.get(name) is None:
                setattr(header, name, "")
        if str(header.PatientSex) not in _SEXES:
            header.PatientSex = ""
    return header  # type: ignore[no-any-return]


def content_uid(source: SourceSeries, masks: Mapping[str, NDArray[np.bool_]], kind: str) -> str:
    """A UID that follows from a series, what is outlined in it, and the kind of thing that it names."""
    digest = hashlib.sha256()
    for name, mask in masks.items():
        digest.update(f"{name}\0{mask.shape}\0".encode())
        digest.update(np.packbits(mask).tobytes())
    series = source.headers[0]
    sources = [str(series.StudyInstanceUID), str(series.SeriesInstanceUID), digest.hexdigest(), kind]
    return str(generate_uid(entropy_srcs=sources))
