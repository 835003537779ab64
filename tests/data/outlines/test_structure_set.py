"""Contours enclose the voxels whose centres lie in them; holes are holes; another series is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from medgraft.data.outlines.grid import Grid
from medgraft.data.outlines.structure_set import read_structures
from medgraft.errors import ReaderError

SHAPE = (5, 12, 16)
AFFINE = np.array([[0.0, 0.0, -0.8, 20.0], [0.0, -0.5, 0.0, 10.0], [3.0, 0.0, 0.0, -40.0], [0, 0, 0, 1.0]])


def rectangle(plane: float, rows: tuple[float, float], columns: tuple[float, float]) -> np.ndarray:
    (top, bottom), (left, right) = rows, columns
    return np.array([[plane, top, left], [plane, top, right], [plane, bottom, right], [plane, bottom, left]])


def test_squares_and_a_hole(tmp_path: Path, write_structures: Callable[..., Path]) -> None:
    drawn = [
        ("ring", rectangle(1, (1.5, 9.5), (2.5, 12.5))),
        ("ring", rectangle(1, (3.5, 6.5), (4.5, 8.5))),
        ("ring", rectangle(3, (-0.5, 0.5), (-0.5, 15.5))),
        ("dot", rectangle(4, (10.6, 11.4), (14.6, 15.4))),
    ]
    found = read_structures(write_structures(tmp_path / "a.dcm", drawn), Grid(SHAPE, AFFINE))
    ring = np.zeros(SHAPE, dtype=bool)
    ring[1, 2:10, 3:13], ring[1, 4:7, 5:9], ring[3, 0, :] = True, False, True
    assert np.array_equal(found["ring"], ring)
    assert np.argwhere(found["dot"]).tolist() == [[4, 11, 15]]


def test_axes_in_another_order_give_the_same_voxels(tmp_path: Path, write_structures: Callable[..., Path]) -> None:
    """As a NIfTI of the series has them: columns first, slices last and backwards."""
    path = write_structures(tmp_path / "a.dcm", [("x", rectangle(1, (1.5, 4.5), (2.5, 9.5)))])
    order = [2, 1, 0, 3]
    affine = AFFINE[:, order].copy()
    affine[:3, 3] += affine[:3, 2] * (SHAPE[0] - 1)
    affine[:3, 2] *= -1
    found = read_structures(path, Grid((16, 12, 5), affine))["x"]
    assert np.array_equal(np.flip(found, 2).transpose(2, 1, 0), read_structures(path, Grid(SHAPE, AFFINE))["x"])


def test_a_circle_has_its_area(tmp_path: Path, write_structures: Callable[..., Path]) -> None:
    turns = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    circle = np.stack([np.full(90, 2.0), 60 + 40 * np.cos(turns), 60 + 40 * np.sin(turns)], axis=1)
    found = read_structures(write_structures(tmp_path / "a.dcm", [("x", circle)]), Grid((5, 120, 120), AFFINE))
    assert found["x"].sum() == pytest.approx(np.pi * 40**2, rel=0.01)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (rectangle(1.5, (1, 3), (1, 3)), "beside the slices"),
        (rectangle(7, (1, 3), (1, 3)), "beyond its picture"),
        (rectangle(1, (1, 30), (1, 3)), "beyond its picture"),
        (np.array([[1.0, 1, 1], [2, 5, 1], [3, 5, 5], [1, 1, 9]]), "beside the slices"),
        (np.array([[1.0, 1, 1], [1, 5, 1]]), "fewer than three points"),
    ],
)
def test_what_does_not_lie_in_the_series_is_told(
    tmp_path: Path, write_structures: Callable[..., Path], points: np.ndarray, message: str
) -> None:
    with pytest.raises(ReaderError, match=message):
        read_structures(write_structures(tmp_path / "a.dcm", [("x", points)]), Grid(SHAPE, AFFINE))


def test_it_needs_a_place_in_the_patient(tmp_path: Path, write_structures: Callable[..., Path]) -> None:
    path = write_structures(tmp_path / "a.dcm", [("x", rectangle(1, (1, 3), (1, 3)))])
    with pytest.raises(ReaderError, match="no volume whose place"):
        read_structures(path, Grid(SHAPE))
