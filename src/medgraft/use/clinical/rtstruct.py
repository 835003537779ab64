"""Outlines as a radiotherapy structure set (PS3.3 A.19): closed planar contours in the slices of a DICOM series.

A contour runs half way between the centres of voxels inside and outside, so that a voxel belongs to the structure where
its centre lies within: filling the contours gives back every voxel. A hole is drawn by the keyhole technique (PS3.3
C.8.8.6.3): a channel of no width leads from the outer contour to the hole and back. Parts that touch by a corner only
are contours of their own. Coordinates are written to 0.0001 mm. UIDs follow from the content.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import io
import warnings
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, RTStructureSetStorage
from skimage.measure import find_contours, points_in_poly

from medgraft.errors import DataError
from medgraft.use.clinical.dicom_source import SourceSeries, content_uid
from medgraft.use.clinical.mask_out import COLOURS

__all__ = ["contours_of", "rtstruct"]

Bools = NDArray[np.bool_]
Points = NDArray[np.float64]

_STUDY = UID("1.2.840.10008.3.1.2.3.1")
"""Detached Study Management, by which a structure set names the study (retired; RT systems ask for it)."""
_FROM_HEADER = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate", "StudyTime"),
    *("StudyID", "AccessionNumber", "ReferringPhysicianName"),
)
_LONGEST = 64


def rtstruct(
    masks: Mapping[str, Bools],
    source: SourceSeries,
    *,
    made: datetime.datetime,
    affine: NDArray[np.float64] | None = None,
) -> bytes:
    """A Part 10 file. ``masks``: (D, H, W) by name, on a grid with ``affine`` (index → mm RAS; ``None``: that of the
    series); an empty one keeps its name without contours. ``made``: the time that the object states.

    Raises ``DataError`` where all structures are empty or lie on another grid.
    """
    placed = source.aligned(masks, affine)
    if not any(bool(mask.any()) for mask in placed.values()):
        raise DataError("writing an RTSTRUCT: there is no voxel in any structure; an empty structure set says nothing")
    with warnings.catch_warnings(record=True):  # they may quote what stands in the series
        dataset = _head(source, content_uid(source, placed, "structure set"), made)
        dataset.SeriesInstanceUID = content_uid(source, placed, "structure set series")
        dataset.ReferencedFrameOfReferenceSequence = [_frame(source)]
        dataset.StructureSetROISequence = [
            _item(
                ROINumber=number,
                ReferencedFrameOfReferenceUID=source.headers[0].FrameOfReferenceUID,
                ROIName=name[:_LONGEST],
                ROIGenerationAlgorithm="AUTOMATIC",
                ROIGenerationDescription="medgraft, research use only",
            )
            for number, name in enumerate(placed, start=1)
        ]
        dataset.ROIContourSequence = [
            _contours(mask, source, number) for number, mask in enumerate(placed.values(), start=1)
        ]
        dataset.RTROIObservationsSequence = [
            _item(ObservationNumber=number, ReferencedROINumber=number, RTROIInterpretedType="", ROIInterpreter="")
            for number in range(1, len(placed) + 1)
        ]
        buffer = io.BytesIO()
        dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def contours_of(plane: Bools) -> list[Points]:
    """Closed contours (n, 2) of a mask (H, W): places (row, column) in pixels, the first point not repeated at the end.

    Holes hang on their outer contour by a keyhole, each on the smallest that holds it.
    """
    held = np.pad(plane, 1).astype(np.float64)
    rings = [_corners(ring[:-1] - 1) for ring in find_contours(held, 0.5, fully_connected="low")]
    if not rings:
        return []
    areas = [_area(ring) for ring in rings]
    around = max(areas, key=abs)  # the largest is no hole, and outlines run all round the same way, holes the other
    outlines = [ring for ring, area in zip(rings, areas, strict=True) if area * around > 0]
    holes = [ring for ring, area in zip(rings, areas, strict=True) if area * around < 0]
    hung: list[list[Points]] = [[] for _ in outlines]
    for hole in holes:
        holding = [place for place, ring in enumerate(outlines) if bool(points_in_poly(hole[:1], ring)[0])]
        hung[min(holding, key=lambda place: abs(_area(outlines[place])))].append(hole)
    return [_with_keyholes(ring, inside) for ring, inside in zip(outlines, hung, strict=True)]


def _area(ring: Points) -> float:
    """Signed, by the shoelace formula, in pixels."""
    following = np.roll(ring, -1, axis=0)
    return float((ring[:, 0] * following[:, 1] - following[:, 0] * ring[:, 1]).sum() / 2)


def _corners(ring: Points) -> Points:
    """Without the points that lie on the line between their neighbours."""
    before, after = ring - np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0) - ring
    return ring[np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]) > 1e-9]


def _with_keyholes(outline: Points, holes: Sequence[Points]) -> Points:
    """The outline, and from its nearest point a channel of no width to each hole, around it, and back."""
    ring = outline
    for hole in sorted(holes, key=lambda one: (float(one[:, 0].min()), float(one[:, 1].min()))):
        gaps = np.linalg.norm(ring[:, None] - hole[None], axis=2)
        leave, enter = (int(place) for place in np.unravel_index(int(gaps.argmin()), gaps.shape))
        around = np.concatenate([hole[enter:], hole[: enter + 1]])
        ring = np.concatenate([ring[: leave + 1], around, ring[leave:]])
    return ring


def _contours(mask: Bools, source: SourceSeries, number: int) -> Dataset:
    """All contours of one structure."""
    found: list[Dataset] = []
    for place in np.flatnonzero(mask.any(axis=(1, 2))):
        plane, header = source.planes[place], source.headers[place]
        across = np.array([plane.along_column, plane.along_row]) * np.array(plane.spacing)[:, None]
        for ring in contours_of(mask[place]):
            points = ring @ across + np.array(plane.position)
            found.append(
                _item(
                    ContourImageSequence=[_image(header)],
                    ContourGeometricType="CLOSED_PLANAR",
                    NumberOfContourPoints=len(points),
                    ContourNumber=len(found) + 1,
                    ContourData=[f"{value:.4f}" for value in points.ravel()],
                )
            )
    colour = COLOURS[1 + (number - 1) % (len(COLOURS) - 1)]
    item = _item(ROIDisplayColor=list(colour), ReferencedROINumber=number)
    if found:
        item.ContourSequence = found
    return item


def _frame(source: SourceSeries) -> Dataset:
    """Study, series and images in whose frame of reference the contours lie."""
    first = source.headers[0]
    series = _item(
        SeriesInstanceUID=first.SeriesInstanceUID,
        ContourImageSequence=[_image(header) for header in source.headers],
    )
    study = _item(
        ReferencedSOPClassUID=_STUDY,
        ReferencedSOPInstanceUID=first.StudyInstanceUID,
        RTReferencedSeriesSequence=[series],
    )
    return _item(FrameOfReferenceUID=first.FrameOfReferenceUID, RTReferencedStudySequence=[study])


def _image(header: Dataset) -> Dataset:
    return _item(ReferencedSOPClassUID=header.SOPClassUID, ReferencedSOPInstanceUID=header.SOPInstanceUID)


def _head(source: SourceSeries, uid: str, made: datetime.datetime) -> Dataset:
    """Patient and study as in the series, and the modules of a structure set without contours."""
    first, version = source.headers[0], importlib.metadata.version("medgraft")
    dataset = Dataset()
    if "SpecificCharacterSet" in first:
        dataset.SpecificCharacterSet = first.SpecificCharacterSet
    for name in _FROM_HEADER:
        setattr(dataset, name, first.get(name))
    dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.Modality = RTStructureSetStorage, UID(uid), "RTSTRUCT"
    dataset.SeriesNumber, dataset.InstanceNumber, dataset.SeriesDescription = 901, 1, "medgraft, research use only"
    dataset.OperatorsName, dataset.FrameOfReferenceUID, dataset.PositionReferenceIndicator = (
        "",
        first.FrameOfReferenceUID,
        "",
    )
    dataset.Manufacturer, dataset.ManufacturerModelName, dataset.SoftwareVersions = "medgraft", "medgraft", version
    dataset.StructureSetLabel, dataset.StructureSetName = "RESEARCH", f"medgraft {version}, research use only"
    dataset.StructureSetDate = dataset.InstanceCreationDate = made.strftime("%Y%m%d")
    dataset.StructureSetTime = dataset.InstanceCreationTime = made.strftime("%H%M%S")
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = RTStructureSetStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = UID(uid)
    return dataset


def _item(**tags: object) -> Dataset:
    item = Dataset()
    for name, value in tags.items():
        setattr(item, name, value)
    return item
