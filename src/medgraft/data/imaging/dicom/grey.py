"""One grey frame → ``Image``: stored bits, modality rescale or table, VOI, which way round, by the standard.

values     slope × stored + intercept (or the modality table's outputs), in HU where the file says so
declared   the range that BitsStored can express, as values; -1024…3071 in HU
voi        the first window of the frame, else the first VOI table, as values → display
inverted   MONOCHROME1, or a PresentationLUTShape of INVERSE with MONOCHROME2
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from medgraft.data.imaging.dicom.tags import FrameTags
from medgraft.data.imaging.image import Image
from medgraft.data.imaging.window import Voi, VoiTable, Window
from medgraft.errors import ReaderError
from medgraft.types import Unit

__all__ = ["grey_image"]

_HU_RANGE = (-1024.0, 3071.0)
_HU_TYPES = ("HU", "HU_MOD")


@dataclass(frozen=True)
class _Stored:
    """Numbers as stored, and the range that their bits can express."""

    pixels: NDArray[Any]
    low: float
    high: float


def grey_image(pixels: NDArray[Any], tags: FrameTags) -> Image:
    """``pixels`` (rows, columns) as decoded, junk above BitsStored included."""
    if pixels.ndim != 2:
        raise ReaderError(f"its grey frame has the shape {pixels.shape}; rows and columns are needed")
    steps: list[str] = []
    stored = _extremes(pixels) if pixels.dtype.kind == "f" else _without_junk(pixels, tags.dataset)
    if stored.pixels.dtype.kind == "f":
        steps.append("float pixels declare no range: from this frame's least to its greatest")
    stored, scale = _modality(stored, tags, steps)
    unit = Unit.HU if _is_hounsfield(tags) else Unit.STORED
    ends = sorted((stored.low * scale[0] + scale[1], stored.high * scale[0] + scale[1]))
    low, high = _HU_RANGE if unit is Unit.HU else (ends[0], ends[1])
    voi = _voi(tags)
    if voi is not None:
        steps.append(f"the file asks for the {voi}")
    inverted = _is_inverted(tags)
    if inverted:
        steps.append("low values are white")
    return Image(
        np.ascontiguousarray(stored.pixels[None]),
        low,
        high,
        unit=unit,
        steps=tuple(steps),
        scale=scale,
        voi=voi,
        inverted=inverted,
    )


def _extremes(pixels: NDArray[Any]) -> _Stored:
    """Float or double pixel data; a flat frame gets a range of one."""
    values = pixels.astype(np.float32)
    if not np.isfinite(values).all():
        raise ReaderError("it holds pixels that are not finite numbers; replace them and save it again")
    low, high = float(values.min()), float(values.max())
    return _Stored(values, low, high if high > low else low + 1.0)


def _without_junk(pixels: NDArray[Any], dataset: Dataset) -> _Stored:
    """The BitsStored bits below HighBit of each value. What is above (overlays, noise) and below is cut off."""
    allocated, stored = int(dataset.BitsAllocated), int(dataset.BitsStored)
    container = 8 * pixels.dtype.itemsize
    high_bit = int(dataset.get("HighBit", stored - 1))
    if not 1 <= stored <= allocated or not stored - 1 <= high_bit < max(allocated, 1):
        raise ReaderError("its BitsAllocated, BitsStored and HighBit do not agree; convert it to current DICOM")
    signed = int(dataset.get("PixelRepresentation", 0)) == 1
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    pixels = pixels.view(f"{'i' if signed else 'u'}{pixels.dtype.itemsize}")
    left = container - 1 - high_bit
    low, high = (-(1 << (stored - 1)), (1 << (stored - 1)) - 1) if signed else (0, (1 << stored) - 1)
    # Most files have no junk: looking costs a fifth of shifting.
    clean = high_bit == stored - 1 and int(pixels.max()) <= high and (not signed or low <= int(pixels.min()))
    if allocated > 1 and container > stored and not clean:
        # Left then right: the right shift is arithmetic for signed values, so their sign comes back.
        pixels = np.right_shift(np.left_shift(pixels, left), container - stored)
    return _Stored(pixels, float(low), float(high))


def _modality(stored: _Stored, tags: FrameTags, steps: list[str]) -> tuple[_Stored, tuple[float, float]]:
    """Numbers after the modality table (rare), and the rescale that makes values of them."""
    tables = tags.get("ModalityLUTSequence")
    if tables:
        table = _table(tables[0], signed=stored.low < 0)
        place = np.clip(stored.pixels.astype(np.int64) - table.first, 0, len(table.table) - 1)
        steps.append(f"modality LUT of {len(table.table)} entries applied")
        return _Stored(table.table[place], 0.0, float((1 << table.bits) - 1)), (1.0, 0.0)
    slope, intercept = tags.number("RescaleSlope"), tags.number("RescaleIntercept")
    scale = (1.0 if slope is None else slope, intercept or 0.0)
    if scale[0] == 0 or not all(np.isfinite(scale)):
        raise ReaderError(f"its rescale slope {scale[0]:g} and intercept {scale[1]:g} are not valid")
    if scale != (1.0, 0.0):
        steps.append(f"values are {scale[0]:g} × stored + {scale[1]:g}")
    return stored, scale


def _voi(tags: FrameTags) -> Voi | None:
    """The first window, else the first VOI table, else none."""
    center, width = tags.number("WindowCenter"), tags.number("WindowWidth")
    if center is not None and width is not None:
        return Window.of(center, width, tags.text("VOILUTFunction") or "LINEAR")
    tables = tags.get("VOILUTSequence")
    slope = tags.number("RescaleSlope")
    signed = int(tags.dataset.get("PixelRepresentation", 0)) == 1 or (tags.number("RescaleIntercept") or 0) < 0
    return _table(tables[0], signed=signed or (slope or 1) < 0) if tables else None


def _table(item: Dataset, *, signed: bool) -> VoiTable:
    """A LUT of a sequence item: descriptor (entries, first value, bits) and data (PS3.3 C.11.1.1.1).

    ``signed``: the values that are looked up can be negative, and so can the first; parsers differ on it.
    """
    entries, first, bits = (int(value) for value in item.LUTDescriptor)
    entries, first = entries % (1 << 16) or 1 << 16, first % (1 << 16)
    if signed and first >= 1 << 15:
        first -= 1 << 16
    data = item["LUTData"].value
    if isinstance(data, bytes):
        wide = len(data) >= 2 * entries
        table = np.frombuffer(data, dtype="<u2" if wide else "u1")
    else:
        table = np.atleast_1d(np.asarray(data, dtype=np.int64)) & 0xFFFF
    if len(table) < entries or not 8 <= bits <= 16:
        raise ReaderError(f"its LUT has {len(table)} of {entries} entries of {bits} bits; export it again")
    return VoiTable(first, table[:entries].astype(np.uint16), bits)


def _is_hounsfield(tags: FrameTags) -> bool:
    """CT whose rescale is there and does not say another unit."""
    kind = tags.text("RescaleType") or "HU"
    return tags.text("Modality") == "CT" and tags.get("RescaleIntercept") is not None and kind in _HU_TYPES


def _is_inverted(tags: FrameTags) -> bool:
    """White for low values: MONOCHROME1, or an INVERSE presentation of MONOCHROME2 (PS3.3 C.11.6)."""
    if tags.text("PhotometricInterpretation") == "MONOCHROME1":
        return True
    return tags.text("PresentationLUTShape") == "INVERSE"
