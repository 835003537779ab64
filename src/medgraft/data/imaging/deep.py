"""Colour with 16 bits a channel, and the number types of TIFF that Pillow reads as 8 bits or not at all.

The only place that imports imagecodecs (libpng and libtiff, BSD). The import takes 0.2 s and few cohorts need
it, so ``png`` and ``tiff`` import this module when they meet such a file.
"""

from __future__ import annotations

from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

__all__ = ["decode_png", "decode_tiff"]


def decode_png(data: bytes) -> NDArray[Any]:
    """Samples as stored, (H, W, samples); a transparent colour becomes an alpha channel."""
    pixels = np.asarray(imagecodecs.png_decode(data))
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def decode_tiff(data: bytes, page: int) -> NDArray[Any]:
    """Samples of one page as stored: (H, W), (H, W, samples), or (samples, H, W) if they lie in planes."""
    return np.asarray(imagecodecs.tiff_decode(data, index=page))
