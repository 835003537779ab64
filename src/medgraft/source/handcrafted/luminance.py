"""The grey picture that texture and shape are read from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.source.handcrafted.descriptor import Pixels

__all__ = ["luminance", "quantised"]

_RED, _GREEN, _BLUE = (np.float32(weight) for weight in (0.299, 0.587, 0.114))


def luminance(pixels: Pixels) -> NDArray[np.float32]:
    """(C, S, S) in [0, 1] → (S, S) in [0, 1]: the one channel, or the luma of three (ITU-R BT.601)."""
    plane = pixels[0] if len(pixels) == 1 else _RED * pixels[0] + _GREEN * pixels[1] + _BLUE * pixels[2]
    return np.asarray(np.clip(plane, np.float32(0.0), np.float32(1.0)), dtype=np.float32)


def quantised(grey: NDArray[np.float32], levels: int) -> NDArray[np.uint8]:
    """Grey values in [0, 1] to the nearest of ``levels`` (at most 256) equally spaced ones, as 0 … levels - 1.

    To the nearest, so that rounding in the luma of three equal channels rarely moves a value across a border.
    """
    return np.asarray(np.rint(grey * np.float32(levels - 1)), dtype=np.uint8)
