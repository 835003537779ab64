"""Identifying entries are found by kind; their values never come out."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL.PngImagePlugin import PngInfo

from medgraft.data.phantom.twins.encoding import NATIVE, described, with_pixels, written
from medgraft.insight.audit.metadata import found

PIXELS = np.zeros((8, 8), np.uint8)
SECRET = "Rosamunde Pilcher"


def saved(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def picture(kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    PillowImage.fromarray(PIXELS).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("scan.png", []),
        ("P0001-2.png", []),
        ("IMG_20240131_1.png", ["a date in the file name"]),
        ("19991231.png", ["a date in the file name"]),
        ("4711081.png", ["a long number in the file name (a record number?)"]),
        ("Doe^Jane.png", ["a person's name in the file name"]),
    ],
)
def test_file_names(tmp_path: Path, name: str, kinds: list[str]) -> None:
    assert found(saved(tmp_path, name, picture("PNG"))) == kinds


def test_png_chunks(tmp_path: Path) -> None:
    info = PngInfo()
    info.add_text("Author", SECRET)
    info.add_text(SECRET, "x")
    info.add_text("Software", "editor")
    kinds = found(saved(tmp_path, "a.png", picture("PNG", pnginfo=info)))
    assert kinds == ["text chunk Author", "text chunk of another kind"]


def test_jpeg_segments(tmp_path: Path) -> None:
    exif = PillowImage.Exif()
    exif[0x013B] = SECRET
    kinds = found(saved(tmp_path, "a.jpg", picture("JPEG", exif=exif, comment=SECRET.encode())))
    assert sorted(kinds) == ["EXIF block", "comment"]
    assert found(saved(tmp_path, "b.jpg", picture("JPEG"))) == []


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_nifti_fields(tmp_path: Path, name: str) -> None:
    image = nibabel.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(4))
    image.header["descrip"] = SECRET.encode()
    content = image.to_bytes()
    assert found(saved(tmp_path, name, gzip.compress(content) if name.endswith("gz") else content)) == [
        "NIfTI field descrip"
    ]
    image.header["descrip"] = b"FSL5.0"
    content = image.to_bytes()
    assert found(saved(tmp_path, name, gzip.compress(content) if name.endswith("gz") else content)) == []


def test_dicom_tags(tmp_path: Path) -> None:
    dataset = described(
        SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", BitsAllocated=8, BitsStored=8, HighBit=7,
        PixelRepresentation=0, PatientBirthDate="19500101", AccessionNumber="",
    )  # fmt: skip
    block = dataset.private_block(0x0011, "MAKER", create=True)
    block.add_new(0x01, "LO", SECRET)
    kinds = found(saved(tmp_path, "a.dcm", written(with_pixels(dataset, PIXELS[None], NATIVE["explicit"]))))
    assert kinds == ["PatientBirthDate", "PatientID", "PatientName", "a private tag with content"]


def test_what_cannot_be_read_has_no_findings(tmp_path: Path) -> None:
    assert found(tmp_path / "gone.png") == []
    assert found(saved(tmp_path, "cut.dcm", bytes(128) + b"DICM\x02\x00")) == []
    assert found(saved(tmp_path, "cut.nii.gz", b"\x1f\x8b\x08")) == []
