"""Annotations as others write them, made of boxes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import pytest
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RTStructureSetStorage, generate_uid

from medgraft.data.outlines.boxes import Box

WIDTH, HEIGHT = 200, 100
# what XML, JSON and Parquet all can hold, without the white space that readers cut off
labels = st.text(st.characters(min_codepoint=33, max_codepoint=0x17F, exclude_characters="\x7f"), min_size=1).filter(
    lambda text: text == text.strip() and text.isprintable()
)
# Quarters have an exact sum and difference, so that x + width is the corner again.
places = st.integers(0, 4 * HEIGHT).map(lambda number: number / 4)
sides = st.tuples(places, places).map(sorted).filter(lambda pair: pair[0] < pair[1])


@pytest.fixture(scope="session")
def drawn_boxes() -> st.SearchStrategy[tuple[Box, ...]]:
    """Sound boxes of a picture of 100 × 200."""
    one = st.tuples(labels, sides, sides).map(lambda drawn: Box(drawn[0], drawn[1][0], drawn[2][0], *_last(drawn)))
    return st.lists(one, max_size=6).map(tuple)


def _last(drawn: tuple[str, list[float], list[float]]) -> tuple[float, float]:
    return drawn[1][1], drawn[2][1]


def voc_text(boxes: Sequence[Box], name: str = "one.png", size: tuple[int, int] | None = (HEIGHT, WIDTH)) -> str:
    told = "" if size is None else f"<size><width>{size[1]}</width><height>{size[0]}</height><depth>3</depth></size>"
    objects = "".join(
        f"<object><name>{escape(box.label)}</name><bndbox><xmin>{box.x0}</xmin><ymin>{box.y0}</ymin>"
        f"<xmax>{box.x1}</xmax><ymax>{box.y1}</ymax></bndbox></object>"
        for box in boxes
    )
    return f"<annotation><filename>{escape(name)}</filename>{told}{objects}</annotation>"


def coco_content(pictures: dict[str, Sequence[Box]]) -> dict[str, Any]:
    names = sorted({box.label for boxes in pictures.values() for box in boxes})
    ids = {name: 10 + number for number, name in enumerate(names)}
    annotations = [
        {
            "id": row,
            "image_id": number,
            "category_id": ids[box.label],
            "bbox": [box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0],
            "iscrowd": 0,
        }
        for row, (number, box) in enumerate(
            ((number, box) for number, boxes in enumerate(pictures.values(), start=7) for box in boxes), start=1
        )
    ]
    return {
        "images": [
            {"id": number, "file_name": name, "height": HEIGHT, "width": WIDTH}
            for number, name in enumerate(pictures, start=7)
        ],
        "annotations": annotations,
        "categories": [{"id": number, "name": name} for name, number in ids.items()],
    }


@pytest.fixture(scope="session")
def as_voc() -> Callable[..., str]:
    return voc_text


@pytest.fixture(scope="session")
def as_coco() -> Callable[..., dict[str, Any]]:
    return coco_content


@pytest.fixture
def write_coco(tmp_path: Path) -> Callable[[Any], Path]:
    def write(content: Any) -> Path:
        path = tmp_path / "boxes.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    return write


SHAPE = (5, 12, 16)
AFFINE = np.array([[0.0, 0.0, -0.8, 20.0], [0.0, -0.5, 0.0, 10.0], [3.0, 0.0, 0.0, -40.0], [0, 0, 0, 1.0]])
"""Index (d, h, w) → mm RAS of the series below: axial, other sides in each direction."""


def write_series(folder: Path) -> list[Dataset]:
    """A CT series with all that is needed to refer to it; file names are in no order of places."""
    folder.mkdir(parents=True)
    study, series, frame = (generate_uid(entropy_srcs=["outlines", name]) for name in ("study", "series", "frame"))
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ AFFINE
    made = []
    for place in range(SHAPE[0]):
        one = Dataset()
        one.file_meta = FileMetaDataset()
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        one.SOPClassUID, one.SOPInstanceUID = CTImageStorage, generate_uid(entropy_srcs=["outlines", str(place)])
        one.file_meta.MediaStorageSOPClassUID, one.file_meta.MediaStorageSOPInstanceUID = (
            CTImageStorage,
            one.SOPInstanceUID,
        )
        one.StudyInstanceUID, one.SeriesInstanceUID, one.FrameOfReferenceUID = study, series, frame
        one.PatientID, one.PatientName, one.PatientBirthDate, one.PatientSex = "p", "p^", "", ""
        one.StudyID, one.StudyDate, one.StudyTime, one.AccessionNumber, one.ReferringPhysicianName = "1", "", "", "", ""
        one.Modality, one.InstanceNumber, one.SeriesNumber, one.PositionReferenceIndicator = "CT", 9 - place, 1, ""
        one.ImagePositionPatient = [float(value) for value in (lps @ [place, 0, 0, 1])[:3]]
        one.ImageOrientationPatient = [*(lps[:3, 2] / 0.8).tolist(), *(lps[:3, 1] / 0.5).tolist()]
        one.PixelSpacing, one.SliceThickness = [0.5, 0.8], 3.0
        one.Rows, one.Columns = SHAPE[1:]
        one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
        one.BitsAllocated = one.BitsStored = 16
        one.HighBit, one.PixelRepresentation = 15, 1
        one.RescaleSlope, one.RescaleIntercept = 1, 0
        one.PixelData = np.full(SHAPE[1:], place, dtype="<i2").tobytes()
        one.save_as(folder / f"{(place * 3) % 5}.dcm", enforce_file_format=True)
        made.append(one)
    return made


@pytest.fixture(scope="session")
def series(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Dataset]]:
    """A folder with a series, and its data sets in the order of their places."""
    folder = tmp_path_factory.mktemp("dicom") / "series"
    return folder, write_series(folder)


@pytest.fixture(scope="session")
def write_segments(series: tuple[Path, list[Dataset]]) -> Callable[..., Path]:
    """Writes masks (D, H, W) by name as a DICOM segmentation of the series; skips without highdicom."""
    highdicom = pytest.importorskip("highdicom")

    def write(path: Path, parts: dict[str, np.ndarray], kind: str = "BINARY") -> Path:
        code = highdicom.sr.CodedConcept("91723000", "SCT", "Anatomical structure")
        told = [
            highdicom.seg.SegmentDescription(number, name, code, code, highdicom.seg.SegmentAlgorithmTypeValues.MANUAL)
            for number, name in enumerate(parts, start=1)
        ]
        segmentation = highdicom.seg.Segmentation(
            source_images=series[1],
            pixel_array=np.stack(list(parts.values()), axis=-1),
            segmentation_type=kind,
            segment_descriptions=told,
            series_instance_uid=generate_uid(),
            series_number=2,
            sop_instance_uid=generate_uid(),
            instance_number=1,
            manufacturer="x",
            manufacturer_model_name="x",
            software_versions="x",
            device_serial_number="x",
        )
        segmentation.save_as(path)
        return path

    return write


@pytest.fixture(scope="session")
def write_structures() -> Callable[..., Path]:
    """Writes contours, (name, points (n, 3) as indices) each, as an RTSTRUCT; points go through ``AFFINE``."""

    def write(path: Path, contours: Sequence[tuple[str, np.ndarray]], kind: str = "CLOSED_PLANAR") -> Path:
        one = Dataset()
        one.file_meta = FileMetaDataset()
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = RTStructureSetStorage
        one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        names = list(dict.fromkeys(name for name, _ in contours))
        one.StructureSetROISequence = Items([])
        one.ROIContourSequence = Items([])
        for number, name in enumerate(names, start=1):
            roi, drawn = Dataset(), Dataset()
            roi.ROINumber, roi.ROIName = number, name
            drawn.ReferencedROINumber, drawn.ContourSequence = number, Items([])
            for points in (points for other, points in contours if other == name):
                contour = Dataset()
                contour.ContourGeometricType, contour.NumberOfContourPoints = kind, len(points)
                places = (points @ AFFINE[:3, :3].T + AFFINE[:3, 3]) * [-1, -1, 1]
                contour.ContourData = [f"{value:.6f}" for value in places.ravel()]
                drawn.ContourSequence.append(contour)
            one.StructureSetROISequence.append(roi)
            one.ROIContourSequence.append(drawn)
        one.save_as(path, enforce_file_format=True)
        return path

    return write
