"""Shapes whose size is known, label maps on odd grids, and DICOM series around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
FRAME = "1.2.826.0.1.3680043.8.498.7"


def ball_mask(
    shape: Sequence[int], spacing: Sequence[float], centre: Sequence[float], radius: float | Sequence[float]
) -> np.ndarray:
    """Voxels whose centre lies within an ellipsoid; ``centre`` and ``radius`` in mm from the first voxel."""
    radii = np.broadcast_to(np.asarray(radius, dtype=float), (len(shape),))
    places = np.meshgrid(*(np.arange(n) * side for n, side in zip(shape, spacing, strict=True)), indexing="ij")
    away = sum(((p - c) / r) ** 2 for p, c, r in zip(places, centre, radii, strict=True))
    return np.asarray(away <= 1)


@pytest.fixture(scope="session")
def ball() -> Callable[..., np.ndarray]:
    return ball_mask


def oblique_affine(spacing: Sequence[float] = (3.0, 1.0, 0.5), angle: float = 0.3) -> np.ndarray:
    """Index → mm RAS of a grid that is turned about two axes: slices to the Superior."""
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    axes = turn @ np.array([[0.0, 0, -1], [0, -1, 0], [1, 0, 0]])
    affine = np.eye(4)
    affine[:3, :3] = axes * np.asarray(spacing)
    affine[:3, 3] = [-12.5, 30.25, 7.0]
    return affine


@pytest.fixture(scope="session")
def oblique() -> Callable[..., np.ndarray]:
    return oblique_affine


def write_series(
    folder: Path,
    affine: np.ndarray,
    shape: Sequence[int],
    *,
    date: str = "20240101",
    patient: str = "P1",
    **tags: object,
) -> Path:
    """A CT series whose slice d lies where ``affine`` (index → mm RAS) puts it; files are in a shuffled order."""
    folder.mkdir(parents=True, exist_ok=True)
    lps = LPS_TO_RAS @ affine
    sides = np.linalg.norm(lps[:3, :3], axis=0)
    names = np.random.default_rng(0).permutation(shape[0])
    for place in range(shape[0]):
        one = Dataset()
        one.SOPClassUID, one.SOPInstanceUID = CTImageStorage, f"{FRAME}.{1 + place}.{date}"
        one.StudyInstanceUID, one.SeriesInstanceUID = f"{FRAME}.1.{date}", f"{FRAME}.2.{date}"
        one.FrameOfReferenceUID, one.Modality = FRAME, "CT"
        one.PatientName, one.PatientID, one.PatientBirthDate, one.PatientSex = "Nobody^Real", patient, "", ""
        one.StudyDate, one.StudyTime, one.StudyID, one.AccessionNumber = date, "120000", "1", ""
        one.ReferringPhysicianName, one.InstanceNumber, one.SeriesNumber = "", place + 1, 1
        one.ImagePositionPatient = [round(float(x), 6) for x in lps[:3, 3] + lps[:3, 0] * place]
        directions = [*(lps[:3, 2] / sides[2]), *(lps[:3, 1] / sides[1])]
        one.ImageOrientationPatient = [round(float(x), 10) for x in directions]
        one.PixelSpacing, one.SliceThickness = [float(sides[1]), float(sides[2])], float(sides[0])
        one.Rows, one.Columns, one.SamplesPerPixel = shape[1], shape[2], 1
        one.PhotometricInterpretation, one.BitsAllocated, one.BitsStored, one.HighBit = "MONOCHROME2", 16, 16, 15
        one.PixelRepresentation, one.RescaleSlope, one.RescaleIntercept = 1, 1, 0
        one.PixelData = np.full(shape[1:], place, dtype="<i2").tobytes()
        for name, value in tags.items():
            if value is None:
                delattr(one, name)
            else:
                setattr(one, name, value)
        one.file_meta = FileMetaDataset()
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        one.file_meta.MediaStorageSOPClassUID, one.file_meta.MediaStorageSOPInstanceUID = (
            one.SOPClassUID,
            one.SOPInstanceUID,
        )
        one.save_as(folder / f"{names[place]:03d}.dcm", enforce_file_format=True)
    return folder


@pytest.fixture(scope="session")
def ct_series() -> Callable[..., Path]:
    return write_series
