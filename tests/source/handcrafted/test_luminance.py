"""Grey of one channel and of three."""

from __future__ import annotations

import numpy as np
from PIL import Image

from medgraft.source.handcrafted.luminance import luminance, quantised


def test_as_pillow_makes_grey_of_colour():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    expected = np.asarray(Image.fromarray(pixels).convert("L"))
    found = luminance((pixels / np.float32(255)).transpose(2, 0, 1))
    assert np.abs(quantised(found, 256).astype(int) - expected).max() <= 1


def test_three_equal_channels_are_the_one():
    grey = (np.arange(256, dtype=np.float32) / 255).reshape(1, 16, 16)
    np.testing.assert_array_equal(luminance(grey), grey[0])
    three = quantised(luminance(np.repeat(grey, 3, axis=0)), 256)
    np.testing.assert_array_equal(three, np.arange(256).reshape(16, 16))


def test_levels_are_equally_spaced_and_the_ends_are_kept():
    assert quantised(np.array([0.0, 0.49, 0.51, 1.0], np.float32), 2).tolist() == [0, 0, 1, 1]
    assert quantised(np.array([0.0, 0.2, 0.5, 1.0], np.float32), 5).tolist() == [0, 1, 2, 4]
