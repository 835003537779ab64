"""PNG files read by an independent library."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from medgraft.data.phantom.png import encode_png


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from(["uint8", "uint16"]), st.integers(0, 99))
def test_pillow_reads_what_was_written(height: int, width: int, kind: str, seed: int) -> None:
    top = np.iinfo(kind).max
    pixels = np.random.default_rng(seed).integers(0, top + 1, (height, width)).astype(kind)
    with Image.open(io.BytesIO(encode_png(pixels, bits=pixels.dtype.itemsize * 8))) as image:
        np.testing.assert_array_equal(np.asarray(image), pixels)


@pytest.mark.parametrize("bits", [12, 16])
def test_significant_bits_are_declared_where_they_are_fewer(bits: int) -> None:
    data = encode_png(np.zeros((4, 4), np.uint16), bits=bits)
    assert (b"sBIT" in data) == (bits == 12)
    if bits == 12:
        at = data.index(b"sBIT")
        assert struct.unpack(">I", data[at - 4 : at]) == (1,) and data[at + 4] == 12
        assert at < data.index(b"IDAT")


def test_spacing_and_comment_travel_with_the_picture() -> None:
    data = encode_png(np.zeros((4, 4), np.uint8), bits=8, spacing=(2.0, 0.5), comment="synthetic")
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert image.info["Comment"] == "synthetic"
        np.testing.assert_allclose(image.info["dpi"], (2000 * 0.0254, 500 * 0.0254))
