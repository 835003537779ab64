"""What a DICOM object outlines, by its header: a segmentation's segments, or a structure set's structures, by name.

Parts of PS3.3: C.8.20 (segmentation), C.8.8.5 and C.8.8.6 (structure set, contours). Only those tags are parsed; no
name, date or number of a patient is taken out of a file.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from pydicom import dcmread

from medgraft.errors import ReaderError

__all__ = ["CONTOURS", "is_structure_set", "outlining_tags", "segment_names", "structure_names"]

_SEGMENTATIONS = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
_STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
_TAGS = ("SOPClassUID", "SegmentSequence", "StructureSetROISequence", "ROIContourSequence")

CONTOURS = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
"""Kinds of contours that enclose an area (C.8.8.6.3)."""


def outlining_tags(path: Path) -> Any:
    """The data set with the tags that say what is outlined. Raises whatever the parser raises."""
    with warnings.catch_warnings(record=True):  # they may quote what stands in the file
        return dcmread(path, specific_tags=list(_TAGS))


def is_structure_set(path: Path) -> bool:
    """Whether contours (true) or segments. Raises ``ReaderError`` for a DICOM object that outlines nothing."""
    kind = str(outlining_tags(path).get("SOPClassUID", ""))
    if kind == _STRUCTURE_SET:
        return True
    if kind in _SEGMENTATIONS:
        return False
    raise ReaderError("it is a DICOM object that outlines nothing; a segmentation (SEG) or RTSTRUCT is needed")


def segment_names(path: Path) -> list[str]:
    """The labels of the segments, each once. Raises ``ReaderError`` for one without."""
    names = [
        str(item.get("SegmentLabel", "") or "").strip() for item in outlining_tags(path).get("SegmentSequence", ())
    ]
    if not all(names):
        raise ReaderError("one of its segments has no label, so that its class is not known; name it")
    return list(dict.fromkeys(names))


def structure_names(path: Path) -> list[str]:
    """The names of the structures that have a closed contour, each once."""
    dataset = outlining_tags(path)
    names = {
        int(item.ROINumber): str(item.get("ROIName", "") or "").strip() for item in dataset.StructureSetROISequence
    }
    drawn = [
        int(item.ReferencedROINumber)
        for item in dataset.get("ROIContourSequence", ())
        if any(str(one.ContourGeometricType) in CONTOURS for one in item.get("ContourSequence", ()))
    ]
    if not all(names.get(number) for number in drawn):
        raise ReaderError("one of its structures has no name, so that its class is not known; name it")
    return list(dict.fromkeys(names[number] for number in drawn))
