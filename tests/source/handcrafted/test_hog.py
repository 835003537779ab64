"""Edges fall into the bins of their direction and the cells of their place."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.source.handcrafted.hog import CELLS, ORIENTATIONS, Hog

BLOCKS = CELLS - 1


def bins(pixels):
    """(block row, block column, cell row, cell column, orientation)."""
    return Hog.describe(pixels[None].astype(np.float32)).reshape(BLOCKS, BLOCKS, 2, 2, ORIENTATIONS)


def edge(degrees):
    """A smooth edge whose gradient points in that direction (0: to the right, 90: down)."""
    rows, columns = np.mgrid[0:64, 0:64] - 31.5
    turn = np.deg2rad(degrees)
    return 1 / (1 + np.exp(-(columns * np.cos(turn) + rows * np.sin(turn)) / 3))


def test_a_vertical_edge_is_in_the_first_bin_of_the_middle_cells():
    picture = np.zeros((64, 64))
    picture[:, 32:] = 1.0
    found = bins(picture)
    assert found[..., 1:].max() == 0
    assert found[:, 1, :, :, 0].min() > 0.3  # the middle block: both of its columns of cells touch the edge
    assert found[:, 0, :, 0, 0].max() == 0  # the leftmost cells do not


@pytest.mark.parametrize("degrees", [10, 30, 50, 70, 90, 110, 130, 150, 170])
def test_the_peak_is_in_the_bin_of_the_direction(degrees):
    # skimage's angles rise against the rows, and lie in [0, 180)
    expected = {int((sign * degrees) % 180 // 20) for sign in (1, -1)}
    assert int(bins(edge(degrees)).sum(axis=(0, 1, 2, 3)).argmax()) in expected


def test_a_flat_picture_has_no_edge():
    assert not bins(np.full((64, 64), 0.7)).any()


def test_blocks_are_of_length_one_at_most_and_contrast_does_not_count():
    picture = np.random.default_rng(0).random((64, 64))
    lengths = np.linalg.norm(bins(picture).reshape(BLOCKS**2, -1), axis=1)
    np.testing.assert_allclose(lengths, 1, atol=1e-3)
    np.testing.assert_allclose(bins(0.2 + 0.5 * picture), bins(picture), atol=1e-3)


@pytest.mark.parametrize("size", [16, 17, 23, 30, 129])
def test_any_size_has_four_by_four_cells(size):
    assert Hog.describe(np.zeros((1, size, size), np.float32)).shape == (324,)
