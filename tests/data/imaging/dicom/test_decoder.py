"""DICOM against formulas worked out by hand and against pydicom where pydicom is right."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, FileMetaDataset
from pydicom.pixels.processing import apply_voi
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from medgraft.data.imaging.decoder import Encoded
from medgraft.data.imaging.dicom.decoder import DicomDecoder
from medgraft.data.imaging.dicom.tags import parse
from medgraft.data.imaging.image import Image
from medgraft.data.imaging.window import Window
from medgraft.errors import ReaderError
from medgraft.types import Modality, Unit

RAMP = np.arange(4096, dtype=np.uint16).reshape(64, 64)


def encode(pixels: np.ndarray, syntax: Any = ExplicitVRLittleEndian, **tags: Any) -> bytes:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = "1.2.3"
    dataset.PatientName, dataset.PatientID = "Doe^Jane", "4711"
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = 8 * pixels.dtype.itemsize
    dataset.BitsStored = 12 if pixels.dtype.itemsize == 2 else 8
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    for name, value in tags.items():
        setattr(dataset, name, value)
    dataset.HighBit = tags.get("HighBit", dataset.BitsStored - 1)
    dataset["PixelData"] = dataset.data_element("PixelData") if "PixelData" in dataset else _data(pixels)
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _data(pixels: np.ndarray) -> Any:
    from pydicom.dataelem import DataElement

    return DataElement("PixelData", "OW" if pixels.dtype.itemsize == 2 else "OB", pixels.tobytes())


def read(data: bytes, member: str = "", max_pixels: int = 10**6) -> Image:
    return DicomDecoder().decode(Encoded(Path("x"), data, (0, 0), max_pixels), member)


def test_without_a_window_the_stored_values_and_the_range_of_bits_stored() -> None:
    image = read(encode(RAMP, Modality="DX"))
    np.testing.assert_array_equal(image.pixels[0], RAMP)
    assert (image.low, image.high, image.unit) == (0, 4095, Unit.STORED)
    assert (image.modality, image.spacing, image.steps) == (Modality.RADIOGRAPH, None, ())


def test_monochrome1_is_inverted_once() -> None:
    plain = read(encode(RAMP, PhotometricInterpretation="MONOCHROME1"))
    np.testing.assert_array_equal(plain.pixels[0], RAMP)
    np.testing.assert_allclose(plain.shown()[0], 1 - RAMP / 4095, atol=1e-6)
    windowed = read(encode(RAMP, PhotometricInterpretation="MONOCHROME1", WindowCenter=2048, WindowWidth=4096))
    np.testing.assert_allclose(windowed.shown()[0], 1 - RAMP / 4095, atol=1e-6)
    assert windowed.inverted
    assert windowed.steps[-1] == "low values are white"


def test_an_inverse_presentation_shows_low_values_white() -> None:
    image = read(encode(RAMP, PresentationLUTShape="INVERSE"))
    np.testing.assert_allclose(image.shown()[0], 1 - RAMP / 4095, atol=1e-6)
    both = read(encode(RAMP, PhotometricInterpretation="MONOCHROME1", PresentationLUTShape="INVERSE"))
    np.testing.assert_allclose(both.shown()[0], 1 - RAMP / 4095, atol=1e-6)
    identity = read(encode(RAMP, PresentationLUTShape="IDENTITY"))
    np.testing.assert_allclose(identity.shown()[0], RAMP / 4095, atol=1e-6)


def test_signed_values_and_overlay_bits() -> None:
    signed = (RAMP.astype(np.int16) - 2048).astype(np.int16)
    image = read(encode(signed))
    np.testing.assert_array_equal(image.pixels[0], signed)
    assert (image.low, image.high) == (-2048, 2047)
    np.testing.assert_array_equal(read(encode(RAMP | 0x8000)).pixels[0], RAMP)
    np.testing.assert_array_equal(read(encode(signed & 0x0FFF)).pixels[0], signed)


def test_hounsfield_units() -> None:
    rescale = {"Modality": "CT", "RescaleSlope": 2, "RescaleIntercept": -1024}
    image = read(encode(RAMP, PixelSpacing=[0.5, 0.75], **rescale))
    np.testing.assert_array_equal(image.pixels[0], RAMP)
    np.testing.assert_array_equal(image.values()[0], RAMP.astype(np.float32) * 2 - 1024)
    assert (image.low, image.high, image.unit, image.spacing) == (-1024, 3071, Unit.HU, (0.5, 0.75))
    window = read(encode(RAMP, WindowCenter=[40, 300], WindowWidth=[400, 1500], **rescale))
    expected = np.clip((RAMP * 2.0 - 1024 - 39.5) / 399 + 0.5, 0, 1)
    np.testing.assert_allclose(window.shown()[0], expected, atol=1e-6)
    assert (window.unit, window.low, window.high, window.voi) == (Unit.HU, -1024, 3071, Window(40, 400))
    assert read(encode(RAMP, RescaleType="US", **rescale)).unit is Unit.STORED
    assert read(encode(RAMP, Modality="CT")).unit is Unit.STORED


def test_rescale_moves_the_range() -> None:
    image = read(encode(RAMP, Modality="MR", RescaleSlope=-0.5, RescaleIntercept=10))
    assert (image.low, image.high) == (10 - 4095 / 2, 10)
    np.testing.assert_allclose(image.values()[0], 10 - RAMP / 2, atol=1e-3)
    np.testing.assert_allclose(image.shown()[0], 1 - RAMP / 4095, atol=1e-6)
    with pytest.raises(ReaderError, match="slope"):
        read(encode(RAMP, RescaleSlope=0, RescaleIntercept=1))


def test_voi_lut() -> None:
    item = Dataset()
    curve = np.array([int(65535 * (i / 255) ** 2) for i in range(256)], dtype="<u2")
    item.LUTDescriptor = [256, 1000, 16]
    item.add_new("LUTData", "OW", curve.tobytes())
    data = encode(RAMP, VOILUTSequence=Sequence([item]))
    image = read(data)
    np.testing.assert_allclose(image.shown()[0], curve[np.clip(RAMP.astype(int) - 1000, 0, 255)] / 65535, atol=1e-6)
    np.testing.assert_allclose(image.shown()[0], apply_voi(RAMP, parse(data)) / 65535, atol=1e-6)
    assert image.unit is Unit.STORED


def test_colour() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 4, 3), dtype=np.uint8)
    layout = {"SamplesPerPixel": 3, "PlanarConfiguration": 0}
    image = read(encode(pixels, PhotometricInterpretation="RGB", Modality="XC", **layout))
    np.testing.assert_array_equal(np.moveaxis(image.pixels, 0, 2), pixels)
    assert (image.high, image.modality) == (255, Modality.PHOTOGRAPH)
    ybr = read(encode(pixels, PhotometricInterpretation="YBR_FULL", **layout))
    y, cb, cr = (pixels[:, :, i].astype(float) for i in range(3))
    red = np.clip(y + 1.402 * (cr - 128), 0, 255)
    assert np.abs(ybr.pixels[0] - red).max() <= 1
    assert np.abs(ybr.pixels[2] - np.clip(y + 1.772 * (cb - 128), 0, 255)).max() <= 1


def test_palette() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 4), dtype=np.uint8)
    luts = np.random.default_rng(1).integers(0, 65536, (3, 256), dtype=np.uint16)
    tags: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for name, lut in zip(("Red", "Green", "Blue"), luts, strict=True):
        tags[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        tags[f"{name}PaletteColorLookupTableData"] = lut.tobytes()
    image = read(encode(pixels, **tags))
    np.testing.assert_array_equal(image.pixels, luts[:, pixels])
    assert image.high == 65535


def test_frames_are_members() -> None:
    frames = np.arange(3 * 20, dtype=np.uint16).reshape(3, 4, 5)
    data = encode(frames, Rows=4, Columns=5, NumberOfFrames=3)
    assert DicomDecoder().members(Encoded(Path("x"), data, (0, 0), 99)) == ["0", "1", "2"]
    np.testing.assert_array_equal(read(data, "2").pixels[0], frames[2])
    for member in ("", "3", "one"):
        with pytest.raises(ReaderError):
            read(data, member)
    assert DicomDecoder().members(Encoded(Path("x"), encode(RAMP), (0, 0), 99)) == [""]


def test_spacing_at_the_detector_is_not_used() -> None:
    image = read(encode(RAMP, ImagerPixelSpacing=[0.1, 0.1], Modality="MG"))
    assert image.spacing is None and image.modality is Modality.RADIOGRAPH
    assert image.steps == ("spacing at the detector 0.1 × 0.1 mm not used",)
    assert read(encode(RAMP, PixelSpacing=[0, 1])).spacing is None


@pytest.mark.parametrize(
    "tags",
    [
        {"Rows": 60000, "Columns": 60000},
        {"Rows": 0},
        {"NumberOfFrames": 10**9},
        {"NumberOfFrames": 2},
        {"HighBit": 16},
        {"BitsStored": 17},
        {"PhotometricInterpretation": "HSV"},
    ],
)
def test_hostile_headers(tags: dict[str, Any]) -> None:
    with pytest.raises((ReaderError, ValueError)):
        read(encode(RAMP, **tags), "1" if tags.get("NumberOfFrames") == 2 else "")


def test_an_object_without_pixels_is_named() -> None:
    dataset = parse(encode(RAMP, Modality="SR"))
    del dataset.PixelData
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=False)
    with pytest.raises(ReaderError, match="structured report"):
        read(buffer.getvalue())


def test_float_pixels_show_their_own_range() -> None:
    values = np.linspace(-3, 5, 4096, dtype=np.float32).reshape(64, 64)
    dataset = parse(encode(RAMP, BitsAllocated=32))
    del dataset.PixelData
    dataset.FloatPixelData = values.tobytes()
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=False)
    image = read(buffer.getvalue())
    np.testing.assert_array_equal(image.values()[0], values)
    assert (image.low, image.high) == (-3, 5)


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
def test_every_real_file_is_read_or_refused_with_its_reason(test_data: Path) -> None:
    """176 files; those that are refused hold no picture, or are cut off before it."""
    from medgraft.data.imaging.reader import ImageReader
    from medgraft.data.imaging.volume_reader import WHOLE, slice_member

    reader, refused = ImageReader(), {}
    files = sorted((test_data / "dicom").rglob("*.dcm"))
    for file in files:
        try:
            member = reader.members(file)[-1]
            reader.read(file, slice_member(reader.depth(file) - 1) if member == WHOLE else member)
        except ReaderError as error:
            refused[file.name] = str(error)
    assert len(files) == 176
    assert set(refused) == {"rwvm.dcm", "sr.dcm", "emri_small_jpeg_2k_lossless_too_short.dcm"}
    assert all("leave it out" in reason for reason in refused.values())


@pytest.mark.parametrize("syntax", ["J2KR", "JLSL", "JPLL", "RLE"])
def test_lossless_files_equal_their_reference(test_data: Path, syntax: str) -> None:
    from medgraft.data.imaging.reader import ImageReader

    reader, compared = ImageReader(), 0
    for file in sorted((test_data / "dicom" / "wg04" / syntax).glob("*.dcm")):
        reference = test_data / "dicom" / "wg04" / "REF" / f"{file.stem.split('_')[0]}_UNC.dcm"
        if reference.exists():
            np.testing.assert_array_equal(reader.read(file).pixels, reader.read(reference).pixels)
            compared += 1
    assert compared >= 6
