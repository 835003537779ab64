"""PNG, JPEG, TIFF and BMP → ``Image`` with the exact stored values.

Pillow's format classes are used directly rather than ``PIL.Image.open``: the format is known from the first
bytes, the header is read without pixels, and the pixel budget is ours and not a process-wide setting.
Spacing is unknown: the dots an inch of such files describe a printer, not a patient.
"""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
from PIL import BmpImagePlugin, JpegImagePlugin

from medgraft.data.imaging.decoder import Encoded, member_index
from medgraft.data.imaging.image import Image
from medgraft.data.imaging.orientation import exif_orientation
from medgraft.data.imaging.png import PNG_MAGIC, read_png
from medgraft.data.imaging.samples import Samples, pillow_samples
from medgraft.data.imaging.tiff import TIFF_MAGICS, count_pages, read_tiff

__all__ = ["RasterDecoder"]

_JPEG_MAGIC = b"\xff\xd8\xff"
_BMP_MAGIC = b"BM"
_MEAN_OF_STANDARD_TABLE = 57.625  # of ITU-T T.81 table K.1


class RasterDecoder:
    """Pictures without physics: unit ``STORED``, modality and spacing unknown."""

    whole = True

    def matches(self, head: bytes) -> bool:
        """PNG, JPEG, BMP or TIFF by its magic number."""
        return head.startswith((PNG_MAGIC, _JPEG_MAGIC, _BMP_MAGIC, *TIFF_MAGICS))

    def members(self, encoded: Encoded) -> list[str]:
        """``[""]``; for a TIFF of several pages "0", "1", …"""
        pages = count_pages(encoded.data) if encoded.data.startswith(TIFF_MAGICS) else 1
        return [str(page) for page in range(pages)] if pages > 1 else [""]

    def decode(self, encoded: Encoded, member: str) -> Image:
        """The picture, or one page of it."""
        if encoded.data.startswith(TIFF_MAGICS):
            return read_tiff(encoded, member).image()
        member_index(member, 1)
        if encoded.data.startswith(PNG_MAGIC):
            return read_png(encoded).image()
        if encoded.data.startswith(_JPEG_MAGIC):
            return _read_jpeg(encoded)
        return _read_bmp(encoded).image()


def _read_jpeg(encoded: Encoded) -> Image:
    """8-bit JPEG, grey, YCbCr/RGB or CMYK, upright."""
    image = JpegImagePlugin.JpegImageFile(io.BytesIO(encoded.data))
    encoded.check_size(image.height, image.width)
    exif = image.info.get("exif", b"")
    image.load()
    quality = _quality(image.quantization)
    return replace(pillow_samples(image).oriented(exif_orientation(exif)).image(), jpeg_quality=quality)


def _quality(tables: dict[int, list[int]]) -> float | None:
    """1 to 100 on the scale of the Independent JPEG Group, from the mean of the first (luminance) table."""
    if not tables:
        return None
    scale = float(np.mean(tables[min(tables)])) / _MEAN_OF_STANDARD_TABLE
    return float(np.clip(50.0 / scale if scale > 1 else 100.0 - 50.0 * scale, 1.0, 100.0))


def _read_bmp(encoded: Encoded) -> Samples:
    """Windows and OS/2 bitmaps."""
    image = BmpImagePlugin.BmpImageFile(io.BytesIO(encoded.data))
    encoded.check_size(image.height, image.width)
    image.load()
    return pillow_samples(image)
