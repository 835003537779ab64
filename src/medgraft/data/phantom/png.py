"""Grey PNG files that say how many of their bits mean something.

A 12-bit picture is stored in 16 bits as it is, with an ``sBIT`` chunk of 12, so that the declared range is 0…4095.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["encode_png"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LEVEL = 3


def encode_png(
    pixels: NDArray[np.uint8] | NDArray[np.uint16],
    *,
    bits: int,
    spacing: tuple[float, float] | None = None,
    comment: str = "",
) -> bytes:
    """A grey PNG of ``pixels`` (H, W), 8 or 16 bits as their type is.

    ``bits`` are the significant ones (sBIT is written where they are fewer than stored); ``spacing`` (row, column) in
    mm becomes pHYs; ``comment`` (Latin-1) a tEXt chunk.
    """
    depth = pixels.dtype.itemsize * 8
    height, width = pixels.shape
    chunks = [_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0))]
    if bits < depth:
        chunks.append(_chunk(b"sBIT", bytes([bits])))
    if spacing is not None:
        per_metre = [round(1000 / side) for side in (spacing[1], spacing[0])]
        chunks.append(_chunk(b"pHYs", struct.pack(">IIB", *per_metre, 1)))
    if comment:
        chunks.append(_chunk(b"tEXt", b"Comment\x00" + comment.encode("latin-1")))
    chunks.append(_chunk(b"IDAT", zlib.compress(_scanlines(pixels), _LEVEL)))
    chunks.append(_chunk(b"IEND", b""))
    return _SIGNATURE + b"".join(chunks)


def _scanlines(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> bytes:
    """Big-endian rows, each after its filter byte: 1, so that a byte is its difference from the pixel before."""
    height, _ = pixels.shape
    step = pixels.dtype.itemsize
    raw = np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder(">")).view(np.uint8).reshape(height, -1)
    rows = np.empty((height, raw.shape[1] + 1), np.uint8)
    rows[:, 0] = 1
    rows[:, 1 : step + 1] = raw[:, :step]
    rows[:, step + 1 :] = raw[:, step:] - raw[:, :-step]
    return rows.tobytes()


def _chunk(kind: bytes, data: bytes) -> bytes:
    """Length, kind, data and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
