"""Compositing and Pillow modes."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image as PillowImage

from medgraft.data.imaging.samples import Samples, pillow_samples
from medgraft.errors import ReaderError


@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_compositing_rounds_to_nearest_for_every_extreme(kind: str) -> None:
    top = np.iinfo(kind).max
    values = np.array([0, 1, top // 2, top - 1, top], dtype=kind)
    pixels, alpha = (grid[:, :, None] for grid in np.meshgrid(values, values))
    result = Samples(pixels, 0.0, float(top)).composited(alpha).pixels
    expected = (2 * pixels.astype(object) * alpha.astype(object) + top) // (2 * int(top))
    np.testing.assert_array_equal(result, expected.astype(kind))


def test_modes_without_a_meaning_here_are_refused() -> None:
    for mode in ("LAB", "HSV", "F", "I"):
        with pytest.raises(ReaderError, match="grey or RGB"):
            pillow_samples(PillowImage.new(mode, (2, 2)))


def test_stretched_grey_comes_back() -> None:
    for bits, factor in ((2, 85), (4, 17)):
        stored = np.arange(2**bits, dtype=np.uint8)[None, :, None]
        restored = Samples(stored * factor, 0.0, 255.0).unstretched(bits)
        np.testing.assert_array_equal(restored.pixels, stored)
        assert restored.high == 2**bits - 1
