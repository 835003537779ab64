"""JPEG and large pixels."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from medgraft.transfer.robustness.corruptions.resolution import JPEG, PIXELATE

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_is_what_is_stored_at_that_quality(channels):
    samples = RNG.integers(0, 256, (40, 32, channels), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(samples[..., 0] if channels == 1 else samples).save(file, "JPEG", quality=15)
    stored = np.asarray(Image.open(file)).reshape(40, 32, channels)
    pixels = np.ascontiguousarray(np.moveaxis(samples, 2, 0)).astype(np.float32) / 255
    found = JPEG(pixels, 3, RNG)
    np.testing.assert_allclose(found, np.moveaxis(stored, 2, 0) / 255, atol=1e-6)


def test_half_the_side_is_the_mean_of_four_pixels():
    pixels = RNG.random((3, 16, 8), dtype=np.float32)
    means = pixels.reshape(3, 8, 2, 4, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(PIXELATE(pixels, 2, RNG), means.repeat(2, axis=1).repeat(2, axis=2), atol=1e-6)
