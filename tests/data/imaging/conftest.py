"""Encoders written from the specifications, independent of the libraries that decode."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def encode_png(pixels: np.ndarray, colour: int, depth: int, extra: dict[bytes, bytes] | None = None) -> bytes:
    """(H, W, samples) of stored values → PNG, filter 0. ``extra`` chunks go before the pixels."""
    rows, columns = pixels.shape[:2]
    lines = []
    for row in pixels.reshape(rows, -1):
        if depth == 16:
            line = row.astype(">u2").tobytes()
        else:
            bits = np.unpackbits(row.astype(np.uint8)[:, None], axis=1)[:, 8 - depth :]
            line = np.packbits(bits.reshape(-1)).tobytes()
        lines.append(b"\0" + line)
    header = struct.pack(">IIBBBBB", columns, rows, depth, colour, 0, 0, 0)
    chunks = [_chunk(b"IHDR", header)]
    chunks += [_chunk(kind, data) for kind, data in (extra or {}).items()]
    chunks += [_chunk(b"IDAT", zlib.compress(b"".join(lines))), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def encode_tiff(
    pixels: np.ndarray, photometric: int, *, order: str = "<", planar: bool = False, deflate: bool = False,
    extra: dict[int, tuple[str, tuple[float, ...]]] | None = None,
) -> bytes:  # fmt: skip
    """(H, W, samples) → one strip (a plane) of uncompressed or deflated TIFF 6.0."""
    rows, columns, samples = pixels.shape
    ordered = pixels.astype(pixels.dtype.newbyteorder(order))
    planes = [ordered[:, :, i].tobytes() for i in range(samples)] if planar else [ordered.tobytes()]
    planes = [zlib.compress(plane) for plane in planes] if deflate else planes
    kind = {"u": 1, "i": 2, "f": 3}[pixels.dtype.kind]
    bits = 8 * pixels.dtype.itemsize
    offsets, position = [], 8
    for plane in planes:
        offsets.append(position)
        position += len(plane) + len(plane) % 2
    tags: dict[int, tuple[str, tuple[float, ...]]] = {
        256: ("I", (columns,)), 257: ("I", (rows,)), 258: ("H", (bits,) * samples),
        259: ("H", (8 if deflate else 1,)), 262: ("H", (photometric,)), 273: ("I", tuple(offsets)),
        277: ("H", (samples,)), 278: ("I", (rows,)), 279: ("I", tuple(len(plane) for plane in planes)),
        284: ("H", (2 if planar else 1,)), 339: ("H", (kind,) * samples), **(extra or {}),
    }  # fmt: skip
    types = {"H": 3, "I": 4, "f": 11}
    after, table, overflow = position + 2 + 12 * len(tags) + 4, b"", b""
    for tag, (form, values) in sorted(tags.items()):
        packed = struct.pack(f"{order}{len(values)}{form}", *values)
        if len(packed) > 4:
            value = struct.pack(f"{order}I", after + len(overflow))
            overflow += packed + b"\0" * (len(packed) % 2)
        else:
            value = packed.ljust(4, b"\0")
        table += struct.pack(f"{order}HHI", tag, types[form], len(values)) + value
    start = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, position)
    body = b"".join(plane + b"\0" * (len(plane) % 2) for plane in planes)
    return start + body + struct.pack(f"{order}H", len(tags)) + table + b"\0" * 4 + overflow


@pytest.fixture
def png() -> Callable[..., bytes]:
    return encode_png


@pytest.fixture
def tiff() -> Callable[..., bytes]:
    return encode_tiff
