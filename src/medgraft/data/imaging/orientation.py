"""EXIF orientation: which way up a picture is to be shown.

The tag (0x0112 of the EXIF standard, the same number in TIFF) is read straight from the bytes of the EXIF
block. A damaged block means "as stored": metadata of a camera must not cost a case.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["apply_orientation", "exif_orientation"]

_TAG = 0x0112
_SHORT = 3


def exif_orientation(exif: bytes) -> int:
    """Orientation 1…8 from an EXIF block (with or without its ``Exif`` header); 1 if it does not say."""
    block = exif[6:] if exif.startswith(b"Exif\x00\x00") else exif
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:
        return 1
    (start,) = struct.unpack_from(f"{order}I", block, 4)
    if start + 2 > len(block):
        return 1
    (count,) = struct.unpack_from(f"{order}H", block, start)
    for offset in range(start + 2, min(start + 2 + 12 * count, len(block) - 11), 12):
        tag, kind = struct.unpack_from(f"{order}HH", block, offset)
        if tag == _TAG:
            (value,) = struct.unpack_from(f"{order}H", block, offset + 8)
            return int(value) if kind == _SHORT and 1 <= value <= 8 else 1
    return 1


def apply_orientation(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """``pixels`` (H, W, …) turned so that they are upright; orientation 1 gives them back as they are."""
    if orientation in (5, 6, 7, 8):  # rows and columns change places first
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels
