"""An image is what it says: shape, range, grey or not, and what was applied."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.data.imaging.image import Image
from medgraft.data.imaging.window import Window
from medgraft.errors import ReaderError


@pytest.mark.parametrize("shape", [(2, 4, 4), (4, 4), (1, 0, 4), (1, 2, 3, 4)])
def test_shapes_that_are_no_picture(shape):
    with pytest.raises(ReaderError, match="are needed"):
        Image(np.zeros(shape, np.uint8), 0, 255)


def test_an_empty_range():
    with pytest.raises(ReaderError, match="is empty"):
        Image(np.zeros((1, 2, 2), np.uint8), 5, 5)


def test_grey_is_known_also_as_rgb():
    plane = np.arange(16, dtype=np.uint8).reshape(1, 4, 4)
    assert Image(plane, 0, 255).is_grey
    assert Image(np.repeat(plane, 3, axis=0), 0, 255).is_grey
    tinted = np.repeat(plane, 3, axis=0)
    tinted[2, 0, 0] += 1
    assert not Image(tinted, 0, 255).is_grey


def test_steps_are_kept_in_order():
    image = Image(np.zeros((1, 2, 2), np.uint8), 0, 255).with_step("first").with_step("second", high=100.0)
    assert image.steps == ("first", "second")
    assert image.high == 100.0


@given(
    st.sampled_from(["uint8", "int8", "uint16", "int16", ">u2", "int32", "float32"]),
    st.integers(0, 2**31),
    st.sampled_from([(1.0, 0.0), (2.0, -1024.0), (-0.5, 3.0)]),
)
@settings(deadline=None, max_examples=40)
def test_a_table_gives_what_the_curve_gives(dtype, seed, scale):
    rng = np.random.default_rng(seed)
    limits = (-100, 100) if dtype == "float32" else (np.iinfo(dtype).min // 2, np.iinfo(dtype).max // 2)
    pixels = rng.integers(*limits, (1, 280, 300)).astype(dtype)
    image = Image(pixels, -1e6, 1e6, scale=scale)
    wanted = np.tanh((pixels.astype(np.float64) * scale[0] + scale[1]) / 777).astype(np.float32)
    np.testing.assert_array_equal(image.mapped(lambda values: np.tanh(values / 777)), wanted)


def test_shown_as_the_file_asks():
    pixels = np.array([[[0, 50, 100, 200]]], np.uint8)
    np.testing.assert_allclose(Image(pixels, 0, 200).shown()[0, 0], [0, 0.25, 0.5, 1])
    np.testing.assert_allclose(Image(pixels, 0, 200, inverted=True).shown()[0, 0], [1, 0.75, 0.5, 0])
    window = Window(50, 100, "LINEAR_EXACT")
    np.testing.assert_allclose(Image(pixels, 0, 200, voi=window).shown()[0, 0], [0, 0.5, 1, 1])
    scaled = Image(pixels, 0, 200, scale=(0.5, 0.0), voi=window, inverted=True)
    np.testing.assert_allclose(scaled.shown()[0, 0], [1, 0.75, 0.5, 0])
    assert scaled.shown_range == (0, 100)
    np.testing.assert_allclose(scaled.values()[0, 0], [0, 25, 50, 100])


def test_one_grey_of_three_equal_channels():
    plane = np.arange(16, dtype=np.uint8).reshape(1, 4, 4)
    assert Image(np.repeat(plane, 3, axis=0), 0, 255).one_grey().channels == 1
    tinted = np.concatenate([plane, plane, plane + 1])
    assert Image(tinted, 0, 255).one_grey().channels == 3
