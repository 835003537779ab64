"""DICOM → ``Image``: one frame, by the standard, with modality and spacing as the tags say.

Grey becomes values with the file's own window beside them (``grey``), colour becomes RGB (``colour``). Compressed
pixels are decoded in a child that can be killed (``children``); uncompressed ones here. What is unknown stays
unknown: a missing PixelSpacing is never 1.0, and a spacing at the detector is not one in the patient.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

from medgraft.data.imaging.decoder import Encoded, member_index
from medgraft.data.imaging.dicom.children import Children
from medgraft.data.imaging.dicom.colour import colour_image, is_colour
from medgraft.data.imaging.dicom.grey import grey_image
from medgraft.data.imaging.dicom.part10 import is_dicom
from medgraft.data.imaging.dicom.series import find_series
from medgraft.data.imaging.dicom.tags import PIXELS, FrameTags, frame_count, numbers, parse
from medgraft.data.imaging.image import Image
from medgraft.data.imaging.volume_reader import WHOLE
from medgraft.errors import ReaderError
from medgraft.types import Modality

__all__ = ["DicomDecoder"]

_MODALITIES = {
    **dict.fromkeys(("CR", "DX", "DR", "RG", "MG", "IO", "PX"), Modality.RADIOGRAPH),
    **dict.fromkeys(("US", "IVUS"), Modality.ULTRASOUND),
    **dict.fromkeys(("OP", "OPT"), Modality.FUNDUS),
    **dict.fromkeys(("SM", "GM"), Modality.MICROSCOPY),
    **dict.fromkeys(("XC", "ES", "DMS"), Modality.PHOTOGRAPH),
    "CT": Modality.CT,
    "MR": Modality.MR,
    "PT": Modality.PET,
    "NM": Modality.PET,
}
_NO_PICTURE = {
    "SR": "a structured report",
    "KO": "a selection of other objects",
    "PR": "a presentation state",
    "RTSTRUCT": "a set of contours",
    "RTPLAN": "a treatment plan",
    "RWV": "a map of values for other objects",
    "REG": "a registration of other objects",
}
_FEWEST_SLICES = 3
_GREY = ("MONOCHROME1", "MONOCHROME2")


@cache
def _children() -> Children:
    """The process's decoding children; none is started before the first compressed frame."""
    return Children()


class DicomDecoder:
    """DICOM files with pixels."""

    whole = True

    def matches(self, head: bytes) -> bool:
        """``DICM`` after the preamble, or a data set without it."""
        return is_dicom(head)

    def members(self, encoded: Encoded) -> list[str]:
        """``[""]``; for several frames "0", "1", …, and ``["*"]`` where these are one stack of slices."""
        frames = frame_count(parse(encoded.data, pixels=False))
        if frames == 1:
            return [""]
        series, left = find_series([(encoded.path, encoded.data)])
        if len(series) == 1 and not left and frames == len(series[0].slices) >= _FEWEST_SLICES:
            return [WHOLE]
        return [str(index) for index in range(frames)]

    def decode(self, encoded: Encoded, member: str) -> Image:
        """One frame."""
        dataset = parse(encoded.data)
        index = member_index(member, frame_count(dataset))
        tags = FrameTags(dataset, index)
        if not any(name in dataset for name in PIXELS):
            kind = _NO_PICTURE.get(tags.text("Modality"), "an object without pixels, or it is cut off before them")
            raise ReaderError(f"it is a DICOM file of another kind ({kind}); leave it out, or copy it again")
        encoded.check_size(int(dataset.Rows), int(dataset.Columns))
        photometric = tags.text("PhotometricInterpretation")
        if photometric not in _GREY and not is_colour(photometric):
            raise ReaderError("its photometric interpretation is none of MONOCHROME1/2, RGB, YBR, PALETTE COLOR")
        pixels = _decoded(dataset, index, encoded)
        image = grey_image(pixels, tags) if photometric in _GREY else colour_image(pixels, tags)
        return _described(image, tags)


def _decoded(dataset: Dataset, index: int, encoded: Encoded) -> NDArray[Any]:
    """Samples of one frame: (rows, columns), or (rows, columns, 3) RGB."""
    syntax = UID(str(dataset.file_meta.TransferSyntaxUID))
    if not syntax.is_private and syntax.is_transfer_syntax and not syntax.is_compressed:
        photometric = dataset.get("PhotometricInterpretation")
        view = int(dataset.BitsAllocated) > 1 and photometric != "YBR_FULL_422"
        grey = photometric in _GREY  # as stored, junk bits included: which bits count is settled in ``grey``
        options: dict[str, Any] = {"raw": grey, "view_only": view, "correct_unused_bits": not grey}
        pixels, _ = get_decoder(syntax).as_array(dataset, index=index, **options)
        return np.asarray(pixels)
    size = int(dataset.Rows) * int(dataset.Columns)
    return _children().frame(encoded.path, encoded.version, index, size)


def _described(image: Image, tags: FrameTags) -> Image:
    """With modality and spacing as the tags say; unknown stays unknown."""
    steps = list(image.steps)
    spacing, at_detector = _pair(tags.get("PixelSpacing")), _pair(tags.get("ImagerPixelSpacing"))
    if spacing is None and at_detector is not None:
        # Magnification between patient and detector is unknown, so this is not a spacing in the patient.
        steps.append(f"spacing at the detector {at_detector[0]:g} × {at_detector[1]:g} mm not used")
    modality = _MODALITIES.get(tags.text("Modality"), Modality.UNKNOWN)
    return replace(image, modality=modality, spacing=spacing, steps=tuple(steps))


def _pair(value: Any) -> tuple[float, float] | None:
    """(row, column) spacing in mm if it is two positive numbers."""
    found = numbers(value)
    return (found[0], found[1]) if len(found) == 2 and min(found) > 0 else None
