"""Which tags of a DICOM file are ever looked at, and how the tags of one frame are found.

Only ``ALLOWED`` is parsed: no name, date or number of a patient is taken out of a file. In an Enhanced (multi-frame)
object a frame's values stand in functional groups (PS3.3 C.7.6.16): its own, then the shared ones, then the top level.
"""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.datadict import tag_for_keyword

from medgraft.data.imaging.dicom.part10 import plain_part10
from medgraft.errors import ReaderError

__all__ = ["ALLOWED", "PIXELS", "FrameTags", "frame_count", "numbers", "parse"]

PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_GROUPS = {
    **dict.fromkeys(("RescaleSlope", "RescaleIntercept", "RescaleType"), "PixelValueTransformationSequence"),
    **dict.fromkeys(("WindowCenter", "WindowWidth", "VOILUTFunction"), "FrameVOILUTSequence"),
    **dict.fromkeys(("PixelSpacing", "SliceThickness", "SpacingBetweenSlices"), "PixelMeasuresSequence"),
    "ImagePositionPatient": "PlanePositionSequence",
    "ImageOrientationPatient": "PlaneOrientationSequence",
}
ALLOWED = (
    *("SOPClassUID", "Modality", "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation"),
    *("PlanarConfiguration", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PresentationLUTShape"),
    *("ImagerPixelSpacing", "ModalityLUTSequence", "VOILUTSequence", "SeriesInstanceUID", "InstanceNumber", "Units"),
    *("FrameIncrementPointer", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
    *("RedPaletteColorLookupTableDescriptor", "GreenPaletteColorLookupTableDescriptor"),
    *("BluePaletteColorLookupTableDescriptor", "RedPaletteColorLookupTableData"),
    *("GreenPaletteColorLookupTableData", "BluePaletteColorLookupTableData"),
    *("SegmentedRedPaletteColorLookupTableData", "SegmentedGreenPaletteColorLookupTableData"),
    *("SegmentedBluePaletteColorLookupTableData", "ExtendedOffsetTable", "ExtendedOffsetTableLengths"),
    *("GantryDetectorTilt", "TemporalPositionIdentifier", "AcquisitionNumber", "EchoNumbers"),
    *_GROUPS,
    *PIXELS,
)
_MAX_FRAMES = 65_536
_QUIET = threading.Lock()
"""Catching warnings is not safe for threads; parsing holds the interpreter anyway."""


def parse(data: bytes, *, pixels: bool = True) -> Dataset:
    """The allowed tags of a file, and no others. Raises ``ReaderError``, and whatever the parser raises."""
    names = ALLOWED if pixels else tuple(name for name in ALLOWED if name not in PIXELS)
    tags: list[Any] = [tag for tag in map(tag_for_keyword, names) if tag is not None]
    try:
        # Parsers warn about what is odd, and may quote it: that is text out of a file, and not for the terminal.
        with _QUIET, warnings.catch_warnings(record=True):
            return dcmread(io.BytesIO(plain_part10(data)), specific_tags=tags)
    except RecursionError as error:  # some 200 levels; standard objects have six or so
        raise ReaderError("its sequences are nested too deep; export it again") from error


def frame_count(dataset: Dataset) -> int:
    """Number of frames, at least 1."""
    count = int(dataset.get("NumberOfFrames", None) or 1)
    if not 1 <= count <= _MAX_FRAMES:
        raise ReaderError(f"its header declares {count} frames; 1…{_MAX_FRAMES} can be read")
    return count


class FrameTags:
    """The tags of frame ``index``: ``get`` looks in its own functional groups, the shared ones, the top level."""

    def __init__(self, dataset: Dataset, index: int) -> None:
        self.dataset = dataset
        own = dataset.get("PerFrameFunctionalGroupsSequence") or ()
        shared = dataset.get("SharedFunctionalGroupsSequence") or ()
        self._groups = [*([own[index]] if index < len(own) else []), *shared[:1]]

    def get(self, keyword: str) -> Any:
        """The value, or ``None`` where it is missing or empty."""
        macro = _GROUPS.get(keyword)
        places = [item for group in self._groups if macro for item in (group.get(macro) or ())[:1]]
        for place in (*places, self.dataset):
            value = place.get(keyword)
            if value is not None and value != "" and not (isinstance(value, Sequence) and len(value) == 0):
                return value
        return None

    def text(self, keyword: str) -> str:
        """The value as text, "" where there is none."""
        value = self.get(keyword)
        return "" if value is None else str(value)

    def number(self, keyword: str) -> float | None:
        """The first of one or several numbers; ``None`` where there is none."""
        found = numbers(self.get(keyword))
        return found[0] if found else None


def numbers(value: Any) -> tuple[float, ...]:
    """One number or several, as floats; none where the value is missing. Not finite is as good as missing."""
    if value is None or value == "":
        return ()
    several = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    found = tuple(float(item) for item in several if item not in (None, ""))
    return found if all(np.isfinite(found)) else ()
