"""Outlines as a DICOM segmentation (PS3.3 A.51) of the series that they were drawn on, through highdicom.

The only module of this room that imports highdicom. Each structure is a binary segment, so that structures may overlap.
Unless the user names codes, a segment is coded as what is known of it: a tissue, an anatomical structure. UIDs follow
from the content: the same outlines of the same series are the same object.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import io
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError, UsageError
from medgraft.use.clinical.dicom_source import SourceSeries, content_uid

__all__ = ["GENERIC_CODES", "Code", "dicom_seg"]

Code = tuple[str, str, str]
"""Value, coding scheme, meaning."""

GENERIC_CODES: dict[str, Code] = {
    "category": ("85756007", "SCT", "Tissue"),
    "type": ("91723000", "SCT", "Anatomical Structure"),
}
"""What is said of a structure without codes of its own (a category of CID 7150, the root of its types)."""

_LEARNT: Code = ("123110", "DCM", "Artificial Intelligence")
"""CID 7162."""
_LONGEST = 64


def dicom_seg(
    masks: Mapping[str, NDArray[np.bool_]],
    source: SourceSeries,
    *,
    affine: NDArray[np.float64] | None = None,
    codes: Mapping[str, Mapping[str, Code]] | None = None,
) -> bytes:
    """A Part 10 file. ``masks``: (D, H, W) by name, on a grid with ``affine`` (index → mm RAS; ``None``: that of the
    series). An empty structure keeps its segment, without frames. ``codes``: ``{name: {"category": …, "type": …}}``.

    Raises ``UsageError`` where highdicom is not installed or a code does not fit, ``DataError`` where all structures
    are empty, lie on another grid, or the series cannot be referred to.
    """
    highdicom = _highdicom()
    known = _codes(list(masks), codes or {})
    placed = source.aligned(masks, affine)
    if not any(bool(mask.any()) for mask in placed.values()):
        raise DataError("writing a DICOM SEG: there is no voxel in any structure; an empty segmentation says nothing")
    buffer = io.BytesIO()
    with warnings.catch_warnings(record=True):  # they may quote what stands in the series
        try:
            segments = _segments(highdicom, known)
            _object(highdicom, placed, source, segments).save_as(buffer, enforce_file_format=True)
        except (AttributeError, TypeError, ValueError) as error:
            raise DataError(
                f"writing a DICOM SEG: highdicom cannot refer to the series ({_reason(error, source)}); export the "
                "series again, or ask for RTSTRUCT or NIfTI"
            ) from error
    return buffer.getvalue()


def _highdicom() -> Any:
    try:
        return importlib.import_module("highdicom")
    except ImportError as error:
        raise UsageError(
            "writing a DICOM SEG: it needs highdicom, which is not installed: pip install highdicom"
        ) from error


def _codes(names: list[str], given: Mapping[str, Mapping[str, Code]]) -> dict[str, dict[str, Code]]:
    """Codes of every structure. Raises ``UsageError`` for what is no structure and what is no code."""
    foreign = sorted(set(given) - set(names))
    if foreign:
        raise UsageError(f"writing a DICOM SEG: codes are given for {foreign[0]!r}; structures are {', '.join(names)}")
    for name, entry in given.items():
        bad = set(entry) - set(GENERIC_CODES) or {
            key
            for key, code in entry.items()
            if len(code) != 3 or not all(isinstance(part, str) and part for part in code)
        }
        if bad:
            raise UsageError(
                f"writing a DICOM SEG: the codes of {name!r} do not fit ({', '.join(sorted(bad))}); give category and "
                'type as [value, scheme, meaning], as ["10200004", "SCT", "Liver"]'
            )
    return {name: {**GENERIC_CODES, **given.get(name, {})} for name in names}


def _concept(highdicom: Any, code: Code) -> Any:
    return highdicom.sr.CodedConcept(value=code[0], scheme_designator=code[1], meaning=code[2])


def _segments(highdicom: Any, known: Mapping[str, Mapping[str, Code]]) -> list[Any]:
    """One description a structure, numbered from 1."""
    version = importlib.metadata.version("medgraft")
    algorithm = highdicom.AlgorithmIdentificationSequence("medgraft", _concept(highdicom, _LEARNT), version)
    return [
        highdicom.seg.SegmentDescription(
            segment_number=number,
            segment_label=name[:_LONGEST],
            segmented_property_category=_concept(highdicom, entry["category"]),
            segmented_property_type=_concept(highdicom, entry["type"]),
            algorithm_type="AUTOMATIC",
            algorithm_identification=algorithm,
        )
        for number, (name, entry) in enumerate(known.items(), start=1)
    ]


def _object(highdicom: Any, placed: Mapping[str, NDArray[np.bool_]], source: SourceSeries, segments: list[Any]) -> Any:
    """The whole object: frames of each structure where it has voxels."""
    return highdicom.seg.Segmentation(
        source_images=list(source.headers),
        pixel_array=np.stack(list(placed.values()), axis=-1).astype(np.uint8),
        segmentation_type="BINARY",
        segment_descriptions=segments,
        series_instance_uid=content_uid(source, placed, "segmentation series"),
        series_number=900,
        sop_instance_uid=content_uid(source, placed, "segmentation"),
        instance_number=1,
        manufacturer="medgraft",
        manufacturer_model_name="medgraft",
        software_versions=importlib.metadata.version("medgraft"),
        device_serial_number="0",
        content_label="RESEARCH",
        content_description="medgraft, research use only",
        series_description="medgraft, research use only",
    )


def _reason(error: Exception, source: SourceSeries) -> str:
    """What the library says, unless it quotes the patient."""
    said, header = str(error)[:200], source.headers[0]
    private = [str(header.get(name, "")) for name in ("PatientName", "PatientID", "PatientBirthDate")]
    return type(error).__name__ if any(text and text in said for text in private) else said
