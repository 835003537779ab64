"""DICOM → ``Image``: modality rescale, the file's first VOI window, photometric interpretation.

The only file that imports pydicom (0.5 s), and ``reader`` imports it when it meets the first DICOM file.
Only the tags in ``ALLOWED`` are ever taken out of a file: no name, date or number of a patient is parsed.

What comes out, for grey:
    with a VOI window or VOI LUT    unit DISPLAY, float32 in [0, 1], white is bright
    CT without one                  unit HU, float32, declared range -1024…3071
    everything else                 unit STORED, the full range of BitsStored after rescale
MONOCHROME1 is inverted, except in HU.
Colour (RGB, YBR, palette) becomes RGB of unit STORED. Files without the DICM mark are refused, never forced.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.datadict import tag_for_keyword
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi

from medgraft.data.imaging.decoder import Encoded, member_index
from medgraft.data.imaging.image import Image
from medgraft.data.imaging.window import apply_window
from medgraft.errors import ReaderError
from medgraft.types import Modality, Unit

__all__ = ["ALLOWED", "DicomDecoder"]

ALLOWED = (
    *("Modality", "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation"),
    *("PlanarConfiguration", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
    *("PixelSpacing", "ImagerPixelSpacing", "RescaleSlope", "RescaleIntercept", "RescaleType"),
    *("ModalityLUTSequence", "WindowCenter", "WindowWidth", "VOILUTFunction", "VOILUTSequence"),
    *("RedPaletteColorLookupTableDescriptor", "GreenPaletteColorLookupTableDescriptor"),
    *("BluePaletteColorLookupTableDescriptor", "RedPaletteColorLookupTableData"),
    *("GreenPaletteColorLookupTableData", "BluePaletteColorLookupTableData"),
    *("SegmentedRedPaletteColorLookupTableData", "SegmentedGreenPaletteColorLookupTableData"),
    *("SegmentedBluePaletteColorLookupTableData", "ExtendedOffsetTable", "ExtendedOffsetTableLengths"),
    "PixelData",
)
_TAGS: list[int] = [tag for tag in map(tag_for_keyword, ALLOWED) if tag is not None]
_PIXELS = tag_for_keyword("PixelData")
_MODALITIES = {
    **dict.fromkeys(("CR", "DX", "DR", "RG"), Modality.RADIOGRAPH),
    "CT": Modality.CT,
    "MR": Modality.MR,
    "US": Modality.ULTRASOUND,
    "OP": Modality.FUNDUS,
    "SM": Modality.MICROSCOPY,
    "GM": Modality.MICROSCOPY,
    "XC": Modality.PHOTOGRAPH,
}
_GREY = ("MONOCHROME1", "MONOCHROME2")
_HU_RANGE = (-1024.0, 3071.0)
_MAX_FRAMES = 65_536
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_MAX_INFLATED = 1 << 30

_Ranged = tuple[NDArray[Any], float, float]


class DicomDecoder:
    """DICOM Part 10 files with pixels."""

    whole = True

    def matches(self, head: bytes) -> bool:
        """``DICM`` after the preamble."""
        return head[128:132] == b"DICM"

    def members(self, encoded: Encoded) -> list[str]:
        """``[""]``; for several frames "0", "1", …"""
        frames = _frames(_parse(encoded.data, [tag for tag in _TAGS if tag != _PIXELS]))
        return [str(index) for index in range(frames)] if frames > 1 else [""]

    def decode(self, encoded: Encoded, member: str) -> Image:
        """One frame."""
        dataset = _parse(encoded.data, _TAGS)
        index = member_index(member, _frames(dataset))
        if "PixelData" not in dataset:
            raise ReaderError("it is a DICOM file without integer pixels; leave it out")
        encoded.check_size(int(dataset.Rows), int(dataset.Columns))
        photometric = str(dataset.get("PhotometricInterpretation", ""))
        pixels = _decoded(dataset, index)
        if photometric in _GREY:
            image = _grey(pixels, dataset, inverted=photometric == "MONOCHROME1")
        elif photometric in ("RGB", "PALETTE COLOR") or photometric.startswith("YBR_"):
            image = _colour(pixels, dataset, photometric)
        else:
            raise ReaderError("its photometric interpretation is none of MONOCHROME1/2, RGB, YBR, PALETTE COLOR")
        return _described(image, dataset)


def _parse(data: bytes, tags: list[int]) -> Dataset:
    """The allowed tags, and no others."""
    _check_deflated(data)
    return dcmread(io.BytesIO(data), force=False, specific_tags=list(tags))


def _check_deflated(data: bytes) -> None:
    """Refuse a deflated data set that would inflate beyond the limit; pydicom inflates without one."""
    if _DEFLATED not in data[:2048]:
        return
    (length,) = struct.unpack_from("<I", data, 140)  # value of (0002,0000), first after the preamble
    inflate, rest, size = zlib.decompressobj(-zlib.MAX_WBITS), data[144 + length :], 0
    while rest and not inflate.eof:
        size += len(inflate.decompress(rest, 1 << 24))
        rest = inflate.unconsumed_tail
        if size > _MAX_INFLATED:
            raise ReaderError("it inflates to more than 1 GB; store it without deflate if you trust it")


def _frames(dataset: Dataset) -> int:
    """Number of frames, at least 1."""
    count = int(dataset.get("NumberOfFrames", None) or 1)
    if not 1 <= count <= _MAX_FRAMES:
        raise ReaderError(f"its header declares {count} frames; 1…{_MAX_FRAMES} can be read")
    return count


def _decoded(dataset: Dataset, index: int) -> NDArray[Any]:
    """Samples of one frame; says which compression it was where no decoder could be found or none succeeded."""
    syntax = dataset.file_meta.TransferSyntaxUID
    try:
        pixels, _ = get_decoder(syntax).as_array(dataset, index=index, raw=False)
    except (RuntimeError, NotImplementedError) as error:
        raise ReaderError(
            f"its pixels ({syntax.name}) are damaged or of a compression that cannot be decoded here; "
            "store them uncompressed"
        ) from error
    return np.asarray(pixels)


def _grey(pixels: NDArray[Any], dataset: Dataset, *, inverted: bool) -> Image:
    """One grey frame as the module docstring says."""
    if pixels.ndim != 2:
        raise ReaderError(f"its grey frame has the shape {pixels.shape}; rows and columns are needed")
    steps: list[str] = []
    values, low, high = _rescaled(_stored(pixels, dataset), dataset, steps)
    unit = Unit.STORED
    shown = _voi(values, dataset, steps)
    if shown is not None:
        values, low, high, unit = shown, 0.0, 1.0, Unit.DISPLAY
    elif _is_hounsfield(dataset):
        values, (low, high), unit = values.astype(np.float32), _HU_RANGE, Unit.HU
    if inverted and unit is not Unit.HU:
        values = _inverted(values, low, high)
        steps.append("MONOCHROME1 inverted")
    return Image(np.ascontiguousarray(values[None]), low, high, unit=unit, steps=tuple(steps))


def _stored(pixels: NDArray[Any], dataset: Dataset) -> _Ranged:
    """The BitsStored low bits of each value, and the range they can express. Bits above may be overlays."""
    allocated, stored = int(dataset.BitsAllocated), int(dataset.BitsStored)
    if not 1 <= stored <= allocated or int(dataset.get("HighBit", stored - 1)) != stored - 1:
        raise ReaderError("its BitsAllocated, BitsStored and HighBit do not agree; convert it to current DICOM")
    spare = 8 * pixels.dtype.itemsize - stored
    if spare and allocated > 1:
        # Left then right: the right shift is arithmetic for signed values, so their sign comes back.
        pixels = np.right_shift(np.left_shift(pixels, spare), spare)
    if pixels.dtype.kind == "i":
        return pixels, -float(1 << (stored - 1)), float((1 << (stored - 1)) - 1)
    return pixels, 0.0, float((1 << stored) - 1)


def _rescaled(stored: _Ranged, dataset: Dataset, steps: list[str]) -> _Ranged:
    """Values after the modality LUT or rescale; integers stay integers where nothing is to be done."""
    pixels, low, high = stored
    if dataset.get("ModalityLUTSequence"):
        bits = int(dataset.ModalityLUTSequence[0].LUTDescriptor[2])
        steps.append("modality LUT applied")
        return apply_modality_lut(pixels, dataset), 0.0, float((1 << bits) - 1)
    slope = float(1 if dataset.get("RescaleSlope") is None else dataset.RescaleSlope)
    intercept = float(dataset.get("RescaleIntercept") or 0)
    if (slope, intercept) == (1.0, 0.0):
        return stored
    if slope == 0 or not np.isfinite(slope) or not np.isfinite(intercept):
        raise ReaderError(f"its rescale slope {slope:g} and intercept {intercept:g} are not valid")
    steps.append(f"rescaled: {slope:g} × stored + {intercept:g}")
    ends = sorted((low * slope + intercept, high * slope + intercept))
    return pixels.astype(np.float32) * np.float32(slope) + np.float32(intercept), ends[0], ends[1]


def _voi(values: NDArray[Any], dataset: Dataset, steps: list[str]) -> NDArray[np.float32] | None:
    """Display values by the first window, else the first VOI LUT, else None."""
    center, width = _first(dataset.get("WindowCenter")), _first(dataset.get("WindowWidth"))
    if center is not None and width is not None:
        function = str(dataset.get("VOILUTFunction", None) or "LINEAR")
        shown = apply_window(values, center, width, function)
        steps.append(f"VOI window {function}: center {center:g}, width {width:g}")
        return shown
    if dataset.get("VOILUTSequence"):
        bits = int(dataset.VOILUTSequence[0].LUTDescriptor[2])
        whole = values if values.dtype.kind in "ui" else np.rint(values).astype(np.int32)
        steps.append("VOI LUT applied")
        display = apply_voi(whole, dataset, index=0).astype(np.float32) / np.float32((1 << bits) - 1)
        return np.asarray(np.clip(display, 0.0, 1.0), dtype=np.float32)
    return None


def _first(value: Any) -> float | None:
    """The first of one or several numbers; None where there is none."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        value = value[0] if len(value) else None
    return None if value is None or value == "" else float(value)


def _is_hounsfield(dataset: Dataset) -> bool:
    """CT whose rescale is there and does not say another unit."""
    return (
        dataset.get("Modality") == "CT"
        and dataset.get("RescaleIntercept") is not None
        and str(dataset.get("RescaleType", None) or "HU") == "HU"
    )


def _inverted(values: NDArray[Any], low: float, high: float) -> NDArray[Any]:
    """Black and white change places, in the same type."""
    if values.dtype.kind == "f":
        return np.asarray(np.float32(low + high) - values, dtype=np.float32)
    return (int(low + high) - values.astype(np.int64)).astype(values.dtype)


def _colour(pixels: NDArray[Any], dataset: Dataset, photometric: str) -> Image:
    """RGB of the stored depth."""
    steps, bits = [], int(dataset.BitsStored)
    if photometric == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, dataset)
        bits = 8 * pixels.dtype.itemsize
        steps.append("palette looked up")
    elif photometric != "RGB":
        steps.append("YBR converted to RGB")
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype.kind != "u":
        raise ReaderError(f"its colour frame has the shape {pixels.shape}; rows, columns and RGB are needed")
    channels = np.ascontiguousarray(np.moveaxis(pixels, 2, 0))
    return Image(channels, 0.0, float((1 << bits) - 1), steps=tuple(steps))


def _described(image: Image, dataset: Dataset) -> Image:
    """With modality and spacing as the tags say; unknown stays unknown."""
    steps = list(image.steps)
    spacing = _pair(dataset.get("PixelSpacing"))
    at_detector = _pair(dataset.get("ImagerPixelSpacing"))
    if spacing is None and at_detector is not None:
        # Magnification between patient and detector is unknown, so this is not a spacing in the patient.
        steps.append(f"spacing at the detector {at_detector[0]:g} × {at_detector[1]:g} mm not used")
    modality = _MODALITIES.get(str(dataset.get("Modality", "")), Modality.UNKNOWN)
    return Image(image.pixels, image.low, image.high, image.unit, modality, spacing, tuple(steps))


def _pair(value: Any) -> tuple[float, float] | None:
    """(row, column) spacing in mm if it is two positive numbers."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        return None
    row, column = float(value[0]), float(value[1])
    usable = np.isfinite(row) and np.isfinite(column) and row > 0 and column > 0
    return (row, column) if usable else None
