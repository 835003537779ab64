"""Segmentations come back as they were drawn, in their places, whatever slices the file leaves out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pydicom import dcmread

from medgraft.data.imaging.reader import ImageReader
from medgraft.data.imaging.volume_reader import read_volume
from medgraft.data.outlines import dicom_masks
from medgraft.data.outlines.dicom_masks import read_segments
from medgraft.data.outlines.grid import Grid
from medgraft.errors import ReaderError

pytest.importorskip("highdicom")
SHAPE = (5, 12, 16)


def grid_of(folder: Path) -> Grid:
    return Grid.of(read_volume(folder, ImageReader().read))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrays.arrays(np.uint8, SHAPE, elements=st.sampled_from([0, 0, 1, 2])), st.sets(st.integers(0, 4), max_size=4))
def test_any_label_map_goes_round(
    tmp_path: Path,
    series: tuple[Path, list[object]],
    write_segments: Callable[..., Path],
    labels: np.ndarray,
    empty: set[int],
) -> None:
    """Slices without a segment are left out of the file, at its ends and between."""
    labels[sorted(empty)] = 0
    if not (labels == 1).any():
        labels[2, 3, 4] = 1
    drawn = {"a": (labels == 1).astype(np.uint8), "b": (labels == 2).astype(np.uint8)}
    path = write_segments(tmp_path / "any.dcm", drawn)
    found = read_segments(path, grid_of(series[0]))
    assert {name: part.tolist() for name, part in found.items()} == {
        name: part.astype(bool).tolist() for name, part in drawn.items()
    }


def test_segments_of_one_label_are_one_class(
    tmp_path: Path, series: tuple[Path, list[object]], write_segments: Callable[..., Path]
) -> None:
    one, two = np.zeros((2, *SHAPE), dtype=np.uint8)
    one[1, 2, 3], two[3, 4, 5] = 1, 1
    path = write_segments(tmp_path / "a.dcm", {"lesion": one, "lesion ": two})
    assert read_segments(path, grid_of(series[0]))["lesion"].sum() == 2


def test_probabilities_are_refused(
    tmp_path: Path, series: tuple[Path, list[object]], write_segments: Callable[..., Path]
) -> None:
    path = write_segments(tmp_path / "a.dcm", {"lesion": np.full(SHAPE, 0.4, dtype=np.float32)}, kind="FRACTIONAL")
    with pytest.raises(ReaderError, match="probabilistic"):
        read_segments(path, grid_of(series[0]))


def test_another_series_is_told(
    tmp_path: Path, series: tuple[Path, list[object]], write_segments: Callable[..., Path]
) -> None:
    path = write_segments(tmp_path / "a.dcm", {"lesion": np.ones(SHAPE, dtype=np.uint8)})
    grid = grid_of(series[0])
    assert grid.affine is not None
    coarser = grid.affine @ np.diag([1.0, 1.0, 1.25, 1.0])
    with pytest.raises(ReaderError, match="lies elsewhere than its picture"):
        read_segments(path, Grid(grid.shape, coarser))
    with pytest.raises(ReaderError, match="beyond its picture"):
        read_segments(path, Grid((4, *grid.shape[1:]), grid.affine))
    with pytest.raises(ReaderError, match="several frames a segment"):
        read_segments(path, Grid(grid.shape[1:]))


def test_a_picture_without_a_place_takes_one_frame_a_segment(
    tmp_path: Path, write_segments: Callable[..., Path]
) -> None:
    one, two = np.zeros((2, *SHAPE), dtype=np.uint8)
    one[2, 3:5, 4], two[1, 8, 9:] = 1, 1
    found = read_segments(write_segments(tmp_path / "a.dcm", {"x": one, "y": two}), Grid(SHAPE[1:]))
    assert np.array_equal(found["x"], one[2] > 0)
    assert np.array_equal(found["y"], two[1] > 0)


def test_real_segmentations(test_data: Path) -> None:
    """Frames of the file, as pydicom decodes them, are the truth; they lie in the order of the slices."""
    folder = test_data / "dicom" / "dcmqi" / "segmentations"
    found = read_segments(folder / "liver.dcm", grid_of(folder / "ct-3slice"))
    raw = dcmread(folder / "liver.dcm").pixel_array
    assert np.array_equal(found["Liver"], raw > 0)
    with pytest.raises(ReaderError, match="3 × 38 × 23 voxels and its picture 3 × 38 × 24"):
        read_segments(folder / "23x38x3" / "seg" / "label.seg.dcm", grid_of(folder / "24x38x3" / "image"))


def test_without_highdicom_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(dicom_masks.importlib, "import_module", absent)
    with pytest.raises(ReaderError, match="pip install highdicom"):
        read_segments(tmp_path / "a.dcm", Grid(SHAPE))
