"""48-bit colour keeps its 16 bits a channel, which Pillow would cut to 8."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from medgraft.data.imaging.deep import decode_png, decode_tiff


def test_sixteen_bits_a_channel(png: Callable[..., bytes], tiff: Callable[..., bytes]) -> None:
    pixels = np.random.default_rng(0).integers(0, 65536, (7, 5, 3)).astype(np.uint16)
    np.testing.assert_array_equal(decode_png(png(pixels, 2, 16)), pixels)
    np.testing.assert_array_equal(decode_tiff(tiff(pixels, 2), 0), pixels)
    np.testing.assert_array_equal(decode_png(png(pixels[:, :, :1], 0, 16)), pixels[:, :, :1])
