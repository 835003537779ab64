"""What is written is what pydicom reads, without our reader in between."""

from __future__ import annotations

import io

import numpy as np
import pytest
from pydicom import dcmread

from medgraft.data.phantom.twins.encoding import COMPRESSED, NATIVE, described, lut_item, with_pixels, written

PIXELS = np.random.default_rng(0).integers(0, 4096, (2, 12, 10)).astype(np.uint16)


@pytest.mark.parametrize("syntax", [*NATIVE, "rle", "jpeg-ls", "jpeg-2000"])
def test_pydicom_reads_the_same(syntax: str) -> None:
    dataset = described(
        SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", BitsAllocated=16, BitsStored=12, HighBit=11,
        PixelRepresentation=0,
    )  # fmt: skip
    content = written(with_pixels(dataset, PIXELS, {**NATIVE, **COMPRESSED}[syntax]))
    np.testing.assert_array_equal(dcmread(io.BytesIO(content)).pixel_array, PIXELS)


def test_a_table_of_65536_entries_is_written_as_none() -> None:
    (table,) = lut_item(np.zeros(65536, np.uint16), 0, 16)
    assert table.LUTDescriptor[0] == 0
