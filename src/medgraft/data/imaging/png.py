"""PNG (ISO/IEC 15948): every bit depth and colour type with its stored values.

Every chunk's CRC is checked, which Pillow leaves out, so that a damaged file is an error and not a picture.
``sBIT`` narrows the declared range only where the stored values really are unscaled: by the standard they
were scaled up to the full depth, and then narrowing would show them white.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import PngImagePlugin

from medgraft.data.imaging.decoder import Encoded
from medgraft.data.imaging.orientation import exif_orientation
from medgraft.data.imaging.samples import Samples, pillow_samples
from medgraft.errors import ReaderError

__all__ = ["PNG_MAGIC", "read_png"]

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB, _PALETTE = 0, 2, 3


@dataclass(frozen=True, slots=True)
class _Header:
    """What the chunks say. ``key`` is the transparent colour as stored values, () if there is none."""

    width: int
    height: int
    depth: int
    colour: int
    significant: int
    key: tuple[int, ...]
    orientation: int


def read_png(encoded: Encoded) -> Samples:
    """The picture's samples, upright and opaque. An animation gives its default picture."""
    header = _read_header(encoded.data)
    encoded.check_size(header.height, header.width)
    if header.depth == 16 and header.colour != _GREY:
        # Imported here: imagecodecs costs 0.2 s of start-up that 8-bit cohorts need not pay.
        from medgraft.data.imaging.deep import decode_png

        samples = _deep_samples(decode_png(encoded.data), header)
    else:
        image = PngImagePlugin.PngImageFile(io.BytesIO(encoded.data))
        image.load()
        samples = pillow_samples(image)
        if header.depth in (2, 4) and header.colour == _GREY:  # Pillow stretched them to 0…255
            samples = samples.unstretched(header.depth)
    if header.key:
        hidden = np.all(samples.pixels == np.array(header.key), axis=2, keepdims=True)
        blacked = np.where(hidden, 0, samples.pixels).astype(samples.pixels.dtype)
        samples = samples.with_pixels(blacked, "transparent colour composited on black")
    return _narrowed(samples, header).oriented(header.orientation)


def _deep_samples(pixels: NDArray[Any], header: _Header) -> Samples:
    """Samples of 16-bit colour, or of 16-bit grey with alpha."""
    if header.colour == _RGB:  # a fourth channel is the transparent colour, which ``key`` deals with
        return Samples(pixels[:, :, :3], 0.0, 65535.0)
    return Samples(pixels[:, :, :-1], 0.0, 65535.0).composited(pixels[:, :, -1:])


def _narrowed(samples: Samples, header: _Header) -> Samples:
    """The declared range after ``sBIT`` (module docstring), recorded when it changes."""
    bits, depth = header.significant, header.depth
    if depth != 16 or not depth / 2 <= bits < depth:
        return samples
    # Scaled samples that are this dark end in zeros (or in 1, where scaling rounded up).
    ends = samples.pixels & ((1 << (depth - bits)) - 1)
    if int(samples.pixels.max()) >= 1 << bits or not bool((ends > 1).any()):
        return samples
    step = f"declared range 0…{(1 << bits) - 1} from sBIT ({bits} significant bits, stored unscaled)"
    return samples.with_range(0.0, float((1 << bits) - 1), step)


def _read_header(data: bytes) -> _Header:
    """Walk all chunks, checking their CRC; raise ``ReaderError`` where the file is cut or damaged."""
    chunks: dict[bytes, bytes] = {}
    offset, view, ended = len(PNG_MAGIC), memoryview(data), False
    while not ended:
        if offset + 12 > len(data):
            raise ReaderError("the PNG file is cut off; copy it again from its source")
        (length,) = struct.unpack_from(">I", data, offset)
        kind, end = data[offset + 4 : offset + 8], offset + 12 + length
        if end > len(data):
            raise ReaderError("the PNG file is cut off; copy it again from its source")
        (crc,) = struct.unpack_from(">I", data, end - 4)
        if zlib.crc32(view[offset + 4 : end - 4]) != crc:
            raise ReaderError("the PNG file is damaged (a checksum in it fails); copy it again from its source")
        if kind in (b"IHDR", b"sBIT", b"tRNS", b"eXIf"):
            chunks.setdefault(kind, data[offset + 8 : end - 4])
        offset, ended = end, kind == b"IEND"
    if len(chunks.get(b"IHDR", b"")) != 13:
        raise ReaderError("the PNG file has no header; copy it again from its source")
    width, height, depth, colour = struct.unpack_from(">IIBB", chunks[b"IHDR"])
    key = chunks.get(b"tRNS", b"") if colour in (_GREY, _RGB) else b""
    significant = chunks.get(b"sBIT", b"") if colour != _PALETTE else b""
    return _Header(
        width=width,
        height=height,
        depth=depth,
        colour=colour,
        significant=max(significant, default=0),
        key=struct.unpack(f">{len(key) // 2}H", key[: len(key) // 2 * 2]),
        orientation=exif_orientation(chunks.get(b"eXIf", b"")),
    )
