"""TIFF 6.0 and BigTIFF: integer and floating-point samples, grey and RGB, one page at a time.

Up to 8 bits (and 12) are read by Pillow, more by libtiff. Integers declare the whole range of their type,
12 bits 0…4095; floating point declares ``SMinSampleValue``/``SMaxSampleValue``, else [0, 1] if it keeps to
it, else the extremes of this picture, which is recorded.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import TiffImagePlugin

from medgraft.data.imaging.decoder import Encoded, member_index
from medgraft.data.imaging.samples import Samples, pillow_samples
from medgraft.errors import ReaderError

__all__ = ["TIFF_MAGICS", "count_pages", "read_tiff"]

TIFF_MAGICS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_MAX_PAGES = 65_536
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_UNASSOCIATED = 2

# Numbers of the tags, TIFF 6.0 appendix A.
_WIDTH, _LENGTH, _BITS, _PHOTOMETRIC, _ORIENTATION, _SAMPLES, _PLANAR = 256, 257, 258, 262, 274, 277, 284
_TILE_WIDTH, _TILE_LENGTH, _EXTRA, _SMIN, _SMAX = 322, 323, 338, 340, 341

_Tags = TiffImagePlugin.ImageFileDirectory_v2


def count_pages(data: bytes) -> int:
    """How many pages the file has."""
    return len(_pages(data))


def read_tiff(encoded: Encoded, member: str) -> Samples:
    """The samples of one page, upright and opaque."""
    pages = _pages(encoded.data)
    index = member_index(member, len(pages))
    tags = pages[index]
    encoded.check_size(_number(tags, _LENGTH, 0), _number(tags, _WIDTH, 0))
    if _TILE_LENGTH in tags:
        encoded.check_size(_number(tags, _TILE_LENGTH, 0), _number(tags, _TILE_WIDTH, 0))
    bits = _numbers(tags, _BITS, (1,))
    if max(bits) >= 16:
        return _deep(encoded.data, index, tags)
    image = TiffImagePlugin.TiffImageFile(io.BytesIO(encoded.data))
    image.seek(index)
    image.load()
    samples = pillow_samples(image)
    if bits in ((2,), (4,)) and image.mode == "L":
        samples = samples.unstretched(bits[0])
    if bits == (12,):
        samples = Samples(samples.pixels, 0.0, 4095.0, samples.steps)
    turned = _orientation(tags)  # Pillow has turned it already; it is recorded here
    return samples.with_pixels(samples.pixels, f"EXIF orientation {turned} applied") if turned != 1 else samples


def _deep(data: bytes, index: int, tags: _Tags) -> Samples:
    """Samples of 16 bits and more."""
    count, photometric = _number(tags, _SAMPLES, 1), _number(tags, _PHOTOMETRIC, -1)
    colours = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3}.get(photometric, 0)
    if not colours or count not in (colours, colours + 1):
        raise ReaderError(
            f"it has {count} samples a pixel of the TIFF colour kind {photometric} at 16 bits or more; "
            "grey or RGB, with or without alpha, is needed: save it so"
        )
    # Imported here: imagecodecs costs 0.2 s of start-up that 8-bit cohorts need not pay.
    from medgraft.data.imaging.deep import decode_tiff

    pixels = _rows_first(decode_tiff(data, index), count, planar=_number(tags, _PLANAR, 1) == 2)
    height, width = _number(tags, _LENGTH, 0), _number(tags, _WIDTH, 0)
    if pixels.shape != (height, width, count):
        raise ReaderError(f"it decodes to {pixels.shape}, and declares {(height, width, count)}; save it again")
    samples = _ranged(pixels[:, :, :colours], tags)
    if count > colours:
        extra = _numbers(tags, _EXTRA, (0,))[0]
        if extra == _UNASSOCIATED and pixels.dtype == np.uint16:
            samples = samples.composited(pixels[:, :, colours:])
        else:
            samples = samples.with_pixels(samples.pixels, "alpha or unused channel left out")
    if photometric == _WHITE_IS_ZERO:
        flipped = samples.pixels
        flipped = samples.low + samples.high - flipped if flipped.dtype.kind == "f" else ~flipped
        samples = samples.with_pixels(flipped.astype(samples.pixels.dtype), "inverted (white is zero)")
    return samples.oriented(_orientation(tags))


def _rows_first(pixels: NDArray[Any], count: int, *, planar: bool) -> NDArray[Any]:
    """(H, W, samples), whatever the layout in the file."""
    if pixels.ndim == 2:
        return pixels[:, :, None]
    if pixels.ndim == 3 and planar and pixels.shape[0] == count:
        return np.moveaxis(pixels, 0, 2)
    return pixels


def _ranged(pixels: NDArray[Any], tags: _Tags) -> Samples:
    """Samples with the range that their type, or for floating point the file, declares."""
    if pixels.dtype.kind in "ui" and pixels.dtype.itemsize <= 4:
        bounds = np.iinfo(pixels.dtype)
        return Samples(pixels, float(bounds.min), float(bounds.max))
    if pixels.dtype.kind != "f":
        raise ReaderError(f"its samples are {pixels.dtype}; integers up to 32 bits or floating point are needed")
    with np.errstate(over="ignore"):  # a double too large becomes infinite, which the reader refuses
        pixels = pixels.astype(np.float32)
    low, high = float(pixels.min()), float(pixels.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ReaderError("it holds pixels that are not finite numbers; replace them and save it again")
    declared = _numbers(tags, _SMIN, ()), _numbers(tags, _SMAX, ())
    if declared[0] and declared[1] and declared[0][0] < declared[1][0]:
        step = "declared range from the TIFF sample limits"
        return Samples(pixels, float(declared[0][0]), float(declared[1][0]), (step,))
    if low >= 0.0 and high <= 1.0:
        return Samples(pixels, 0.0, 1.0)
    if not high > low:
        high = low + 1.0
    step = f"no declared range (floating point): this picture's own, {low:.6g}…{high:.6g}"
    return Samples(pixels, low, high, (step,))


def _pages(data: bytes) -> list[_Tags]:
    """The tags of every page, in file order."""
    file = io.BytesIO(data)
    big = data[2:3] == b"+" or data[3:4] == b"+"
    first = _Tags(file.read(16 if big else 8))
    offset, seen, pages = int(first.next), set[int](), list[_Tags]()
    while offset and offset not in seen and len(seen) < _MAX_PAGES:
        seen.add(offset)
        if offset + 2 > len(data):
            raise ReaderError("the TIFF file is cut off; copy it again from its source")
        tags = _Tags(data[: 16 if big else 8])
        file.seek(offset)
        tags.load(file)
        pages.append(tags)
        offset = int(tags.next)
    if not pages:
        raise ReaderError("the TIFF file holds no picture; copy it again from its source")
    return pages


def _numbers(tags: _Tags, tag: int, default: tuple[float, ...]) -> tuple[Any, ...]:
    """The values of a tag as a tuple."""
    value = tags.get(tag)
    if value is None:
        return default
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def _number(tags: _Tags, tag: int, default: int) -> int:
    """The first value of a tag as an integer."""
    values = _numbers(tags, tag, (default,))
    return int(values[0]) if values else default


def _orientation(tags: _Tags) -> int:
    """Orientation 1…8."""
    value = _number(tags, _ORIENTATION, 1)
    return value if 1 <= value <= 8 else 1
