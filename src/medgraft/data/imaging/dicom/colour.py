"""One colour frame → ``Image``: RGB of the stored depth, from RGB, YBR or a palette."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.pixels.processing import apply_color_lut

from medgraft.data.imaging.dicom.tags import FrameTags
from medgraft.data.imaging.image import Image
from medgraft.errors import ReaderError

__all__ = ["colour_image", "is_colour"]


def is_colour(photometric: str) -> bool:
    """Whether a photometric interpretation is one of colour that can be read."""
    return photometric in ("RGB", "PALETTE COLOR") or photometric.startswith("YBR_")


def colour_image(pixels: NDArray[Any], tags: FrameTags) -> Image:
    """``pixels`` (rows, columns, 3) RGB as decoded, or (rows, columns) indices of a palette."""
    photometric, bits = tags.text("PhotometricInterpretation"), int(tags.dataset.BitsStored)
    steps = []
    if photometric == "PALETTE COLOR":
        pixels, bits = _through_palette(pixels, tags)
        steps.append("palette looked up")
    elif photometric != "RGB":
        steps.append(f"{photometric} converted to RGB")
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype.kind != "u":
        raise ReaderError(f"its colour frame has the shape {pixels.shape}; rows, columns and RGB are needed")
    channels = np.ascontiguousarray(np.moveaxis(pixels, 2, 0)).astype(pixels.dtype.newbyteorder("="), copy=False)
    return Image(channels, 0.0, float((1 << bits) - 1), steps=tuple(steps))


def _through_palette(pixels: NDArray[Any], tags: FrameTags) -> tuple[NDArray[Any], int]:
    """RGB of the palette's depth. Tables of 8-bit entries that are stored in 16 bits stay what they are."""
    rgb = apply_color_lut(pixels, tags.dataset)
    descriptor = tags.dataset.RedPaletteColorLookupTableDescriptor
    bits = min(int(descriptor[2]), 8 * rgb.dtype.itemsize)
    if bits == 16 and rgb.dtype.itemsize == 2 and not (rgb & 0xFF00).any():
        bits = 8  # some writers say 16 and fill 8
    return (rgb.astype(np.uint8), 8) if bits == 8 else (rgb, bits)
