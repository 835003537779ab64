"""Headers say what is outlined, and by what name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from medgraft.data.outlines.dicom_kind import is_structure_set, segment_names, structure_names
from medgraft.errors import ReaderError

SQUARE = np.array([[2.0, 2, 2], [2, 2, 8], [2, 8, 8], [2, 8, 2]])


def test_segments(tmp_path: Path, write_segments: Callable[..., Path]) -> None:
    masks = np.zeros((2, 5, 12, 16), dtype=np.uint8)
    masks[0, 1, :3], masks[1, 3, 4:] = 1, 1
    path = write_segments(tmp_path / "a.dcm", {"left": masks[0], "right ": masks[1]})
    assert not is_structure_set(path)
    assert segment_names(path) == ["left", "right"]


def test_structures_are_those_with_a_closed_contour(tmp_path: Path, write_structures: Callable[..., Path]) -> None:
    path = write_structures(tmp_path / "a.dcm", [("heart", SQUARE), ("lung", SQUARE), ("heart", SQUARE)])
    assert is_structure_set(path)
    assert structure_names(path) == ["heart", "lung"]
    points = write_structures(tmp_path / "b.dcm", [("marker", SQUARE)], kind="POINT")
    assert structure_names(points) == []


def test_a_picture_outlines_nothing(series: tuple[Path, list[object]]) -> None:
    with pytest.raises(ReaderError, match="outlines nothing"):
        is_structure_set(next(series[0].iterdir()))


def test_no_name_is_no_class(tmp_path: Path, write_structures: Callable[..., Path]) -> None:
    with pytest.raises(ReaderError, match="has no name"):
        structure_names(write_structures(tmp_path / "a.dcm", [(" ", SQUARE)]))


def test_real_segmentations(test_data: Path) -> None:
    folder = test_data / "dicom" / "dcmqi" / "segmentations"
    assert segment_names(folder / "liver.dcm") == ["Liver"]
    assert len(segment_names(folder / "partial_overlaps.dcm")) == 5
