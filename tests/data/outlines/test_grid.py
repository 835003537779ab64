"""A mask is brought onto its picture's grid by exchanging and turning axes only; any other place is told."""

from __future__ import annotations

import itertools

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nibabel.orientations import apply_orientation, inv_ornt_aff

from medgraft.data.imaging.image import Image
from medgraft.data.imaging.volume import Volume
from medgraft.data.outlines.grid import Grid
from medgraft.errors import ReaderError

AFFINE = np.array([[0.0, 0.1, -0.7, 12.0], [0.2, -0.9, 0.1, -30.0], [2.5, 0.1, 0.0, 44.0], [0, 0, 0, 1]])
SHAPE = (4, 5, 6)
VALUES = np.arange(120, dtype=np.int16).reshape(SHAPE)


def test_of_a_picture_and_of_a_volume() -> None:
    assert Grid.of(Image(np.zeros((3, 5, 6), np.uint8), 0, 255)).shape == (5, 6)
    grid = Grid.of(Volume(np.zeros((1, *SHAPE), np.float32), AFFINE, 0, 1))
    assert grid.shape == SHAPE
    assert grid.affine is AFFINE


@settings(deadline=None)
@given(st.sampled_from(list(itertools.permutations(range(3)))), st.tuples(*[st.sampled_from((1, -1))] * 3))
def test_every_order_and_direction_of_axes_comes_back(order: tuple[int, ...], turns: tuple[int, ...]) -> None:
    """Against nibabel, which turns the mask away first."""
    orientation = np.array(list(zip(order, turns, strict=True)))
    turned = apply_orientation(VALUES, orientation)
    affine = AFFINE @ inv_ornt_aff(orientation, SHAPE)
    assert np.array_equal(nibabel.affines.apply_affine(affine, [0, 0, 0]), (affine @ [0, 0, 0, 1])[:3])
    assert np.array_equal(Grid(SHAPE, AFFINE).aligned(turned, affine), VALUES)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (np.diag([1.0, 1.0, 1.1, 1.0]), r"lies elsewhere.* mm and .* mm, first voxels 0 mm apart"),
        (np.array([[1, 0, 0, 0.3], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]]), "lies elsewhere"),
        (
            np.array([[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]]),
            "shifted against its picture by 1, 0, 0",
        ),
    ],
)
def test_another_place_is_told(change: np.ndarray, message: str) -> None:
    with pytest.raises(ReaderError, match=message):
        Grid(SHAPE, AFFINE).aligned(VALUES, AFFINE @ change)


def test_rounding_of_a_header_is_no_other_place() -> None:
    grid = Grid(SHAPE, AFFINE)
    assert np.array_equal(grid.aligned(VALUES, AFFINE.astype(np.float32).astype(np.float64)), VALUES)
    shifted = AFFINE.copy()
    shifted[0, 3] += 2e-3
    with pytest.raises(ReaderError, match="lies elsewhere"):
        grid.aligned(VALUES, shifted)


@pytest.mark.parametrize("place", [None, AFFINE])
def test_another_size_is_told(place: np.ndarray | None) -> None:
    with pytest.raises(ReaderError, match="3 × 5 × 6 voxels and its picture 4 × 5 × 6"):
        Grid(SHAPE, AFFINE).aligned(VALUES[:3], place)
    with pytest.raises(ReaderError, match="2 × 2 pixels and its picture 3 × 4"):
        Grid((3, 4)).aligned(np.zeros((2, 2)))


def test_slices_may_be_left_out_where_that_is_allowed() -> None:
    inner = AFFINE.copy()
    inner[:3, 3] += AFFINE[:3, 0] * 2
    placed = Grid(SHAPE, AFFINE).aligned(VALUES[2:3], inner, whole=False)
    assert np.array_equal(placed[2], VALUES[2])
    assert not placed[[0, 1, 3]].any()
    inner[:3, 3] += AFFINE[:3, 0] * 2
    with pytest.raises(ReaderError, match="beyond its picture"):
        Grid(SHAPE, AFFINE).aligned(VALUES[2:3], inner, whole=False)
    with pytest.raises(ReaderError, match="4 × 5 × 5 voxels"):
        Grid(SHAPE, AFFINE).aligned(VALUES[..., :5], AFFINE, whole=False)


def test_one_slice_and_a_picture_are_the_same() -> None:
    assert Grid((1, 5, 6), AFFINE).aligned(VALUES[0]).shape == (1, 5, 6)
    assert Grid((5, 6)).aligned(VALUES[:1], AFFINE).shape == (5, 6)
