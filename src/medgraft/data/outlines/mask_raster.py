"""Masks as pictures: PNG, TIFF or BMP → the stored whole numbers, (H, W).

Of a palette the indices are the values, not its colours. Three equal channels are grey. A JPEG is refused: its
compression makes values at every edge that nobody drew, and a threshold would move the outline by an unknown amount.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import BmpImagePlugin, PngImagePlugin, TiffImagePlugin

from medgraft.data.imaging.decoder import Encoded
from medgraft.data.imaging.orientation import apply_orientation, exif_orientation
from medgraft.data.imaging.png import PNG_MAGIC
from medgraft.data.imaging.raster import RasterDecoder
from medgraft.data.imaging.reader import DEFAULT_MAX_PIXELS
from medgraft.data.imaging.tiff import TIFF_MAGICS
from medgraft.errors import ReaderError

__all__ = ["read_raster_mask"]

_JPEG = b"\xff\xd8\xff"


def read_raster_mask(path: Path, max_pixels: int = DEFAULT_MAX_PIXELS) -> NDArray[Any]:
    """The values in a file, (H, W), of the type stored. Raises ``ReaderError`` without the path, and whatever Pillow
    raises for a damaged file."""
    data = path.read_bytes()
    if data.startswith(_JPEG):
        raise ReaderError(
            "it is a JPEG, whose compression invents values along every outline; save it as PNG from its source, not "
            "from the JPEG"
        )
    decoder, encoded = RasterDecoder(), Encoded(path, data, (0, len(data)), max_pixels)
    if not decoder.matches(data[:256]):
        raise ReaderError(
            "it is no mask that can be read; PNG, TIFF, BMP, NIfTI, NRRD, DICOM SEG or RTSTRUCT is needed"
        )
    pages = decoder.members(encoded)
    if pages != [""]:
        raise ReaderError(f"it holds {len(pages)} pictures; one mask a file is needed: part it")
    image = decoder.decode(encoded, "").one_grey()  # also checks the file as a whole
    indices = _palette_indices(encoded)
    if indices is not None:
        return indices
    if image.channels != 1:
        raise ReaderError("it is coloured; save the number of the class in each pixel (grey, or a palette's indices)")
    return np.asarray(image.pixels[0])


def _palette_indices(encoded: Encoded) -> NDArray[np.uint8] | None:
    """Upright; ``None`` for a file without a palette."""
    data = io.BytesIO(encoded.data)
    picture: Any
    if encoded.data.startswith(PNG_MAGIC):
        picture = PngImagePlugin.PngImageFile(data)
    elif encoded.data.startswith(TIFF_MAGICS):
        picture = TiffImagePlugin.TiffImageFile(data)
    else:
        picture = BmpImagePlugin.BmpImageFile(data)
    if picture.mode != "P":
        return None
    encoded.check_size(picture.height, picture.width)
    picture.load()
    turned = exif_orientation(picture.info.get("exif", b"")) if encoded.data.startswith(PNG_MAGIC) else 1
    return apply_orientation(np.asarray(picture, dtype=np.uint8), turned)
