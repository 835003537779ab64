"""Orientation against Pillow's own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage
from PIL import ImageOps

from medgraft.data.imaging.orientation import apply_orientation, exif_orientation


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_read_and_applied_as_by_pillow(orientation: int) -> None:
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    block = exif.tobytes()
    assert exif_orientation(block) == exif_orientation(block.removeprefix(b"Exif\0\0")) == orientation
    picture = PillowImage.fromarray(np.arange(6, dtype=np.uint8).reshape(2, 3))
    picture.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(picture))
    pixels = np.arange(6, dtype=np.uint8).reshape(2, 3, 1)
    np.testing.assert_array_equal(apply_orientation(pixels, orientation)[:, :, 0], expected)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=60), st.sampled_from([b"", b"II*\0\x08\0\0\0", b"Exif\0\0MM\0*\0\0\0\x08"]))
def test_damaged_metadata_means_as_stored(rest: bytes, start: bytes) -> None:
    assert 1 <= exif_orientation(start + rest) <= 8
