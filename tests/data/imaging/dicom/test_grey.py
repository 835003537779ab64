"""Every grey twin has the same values, bit for bit, and gives the same input under a named window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset

from medgraft.data.imaging.dicom.grey import grey_image
from medgraft.data.imaging.dicom.tags import FrameTags
from medgraft.data.imaging.preprocess import CtWindows, Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.phantom.twins.encoding import described, lut_item
from medgraft.data.phantom.twins.grey import grey_truth, grey_twins
from medgraft.errors import ReaderError
from medgraft.types import Unit

WINDOWED = Preprocessing(size=48, channels=1, intensity=CtWindows(windows=("soft-tissue",)))


def test_all_grey_twins_are_one_tensor(tmp_path: Path) -> None:
    reader, inputs = ImageReader(), set()
    for number, twin in enumerate(grey_twins()):
        path = tmp_path / f"{number}.dcm"
        path.write_bytes(twin.data)
        image = reader.read(path, twin.member)
        np.testing.assert_array_equal(image.values()[0], grey_truth(), err_msg=twin.name)
        assert image.unit is Unit.HU
        inputs.add(WINDOWED.apply(image).tobytes())
    assert number >= 230
    assert len(inputs) == 1


def tags(**more: object) -> FrameTags:
    dataset = described(
        Rows=2, Columns=2, BitsAllocated=16, BitsStored=12, HighBit=11, PixelRepresentation=0,
        PhotometricInterpretation="MONOCHROME2",
    )  # fmt: skip
    for name, value in more.items():
        setattr(dataset, name, value)
    return FrameTags(dataset, 0)


STORED = np.array([[0, 1000], [2000, 4095]], np.uint16)


def test_a_modality_table_makes_the_values() -> None:
    curve = np.linspace(0, 255, 4096).astype(np.uint16)
    image = grey_image(STORED, tags(ModalityLUTSequence=lut_item(curve, 0, 8)))
    np.testing.assert_array_equal(image.values()[0], curve[STORED])
    assert (image.low, image.high) == (0, 255)


def test_a_signed_table_begins_below_zero() -> None:
    """65036 in an unsigned descriptor is -500 where values can be negative."""
    curve = np.arange(1000, dtype=np.uint16)
    shifted = tags(RescaleIntercept=-2000, VOILUTSequence=lut_item(curve, 65536 - 500, 10))
    image = grey_image(STORED, shifted)
    wanted = np.clip(STORED.astype(int) - 2000 + 500, 0, 999) / 1023
    np.testing.assert_allclose(image.shown()[0], wanted, atol=1e-6)


def test_a_table_that_is_too_short() -> None:
    sequence = lut_item(np.arange(10, dtype=np.uint16), 0, 16)
    sequence[0].LUTDescriptor = [4000, 0, 16]
    with pytest.raises(ReaderError, match="of 4000 entries"):
        grey_image(STORED, tags(VOILUTSequence=sequence))


def test_pet_has_a_slope_a_slice() -> None:
    one, other = (grey_image(STORED, tags(Modality="PT", RescaleSlope=slope)) for slope in (0.5, 2.0))
    np.testing.assert_array_equal(4 * one.values(), other.values())


def test_a_slope_that_is_none() -> None:
    with pytest.raises(ReaderError, match="slope"):
        grey_image(STORED, tags(RescaleSlope=0))
    empty = Dataset()
    empty.update(tags().dataset)
    empty.RescaleSlope = None
    np.testing.assert_array_equal(grey_image(STORED, FrameTags(empty, 0)).values()[0], STORED)
