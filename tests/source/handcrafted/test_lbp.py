"""Patterns by hand, by scikit-image where it does not interpolate, and what leaves them alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.feature import local_binary_pattern

from medgraft.source.handcrafted.lbp import CIRCLES, Lbp, circle, patterns


def histograms(pixels):
    """One a circle."""
    sizes = np.cumsum([neighbours + 2 for neighbours, _ in CIRCLES])[:-1]
    return np.split(Lbp.describe(pixels), sizes)


def picture(seed, size=32):
    values = np.random.default_rng(seed).integers(0, 200, (1, size, size))
    return values, (values / 255).astype(np.float32)


@pytest.mark.parametrize(("neighbours", "radius"), CIRCLES)
def test_a_circle_has_its_neighbours_once_each_in_order(neighbours, radius):
    offsets = circle(neighbours, radius)
    assert len(set(offsets)) == neighbours
    assert offsets[0] == (0, radius)
    assert offsets[neighbours // 4] == (-radius, 0)
    assert all(abs(np.hypot(*offset) - radius) < 0.75 for offset in offsets)
    angles = np.unwrap([np.arctan2(-row, column) for row, column in offsets])
    assert (np.diff(angles) > 0).all()


@pytest.mark.parametrize("radius", [1, 2, 3])
def test_equal_to_scikit_image_on_four_neighbours(radius):
    """There it needs no interpolation. Its border is padded, ours is left out."""
    grey = np.random.default_rng(radius).integers(0, 9, (40, 40)).astype(np.uint8)
    expected = local_binary_pattern(grey, 4, radius, method="uniform")[radius:-radius, radius:-radius]
    np.testing.assert_array_equal(patterns(grey, circle(4, radius)), expected)


def test_patterns_by_hand():
    offsets = circle(8, 1)
    spot = np.zeros((3, 3), np.uint8)
    spot[1, 1] = 1
    assert patterns(spot, offsets).tolist() == [[0]]  # nobody is as bright
    assert patterns(np.full((3, 3), 7, np.uint8), offsets).tolist() == [[8]]  # all are
    corner = np.array([[9, 9, 0], [9, 5, 0], [0, 0, 0]], np.uint8)
    assert patterns(corner, offsets).tolist() == [[3]]  # an arc of three
    saddle = np.array([[9, 0, 9], [0, 5, 0], [9, 0, 9]], np.uint8)
    assert patterns(saddle, offsets).tolist() == [[9]]  # four arcs: not uniform


@given(seed=st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_histograms_sum_to_one(seed):
    for found in histograms(picture(seed)[1]):
        assert found.min() >= 0
        assert found.sum() == pytest.approx(1, abs=1e-6)


@given(seed=st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_no_rising_transform_of_grey_changes_anything(seed):
    values, pixels = picture(seed)
    table = np.sort(np.random.default_rng(seed + 1).choice(256, 200, replace=False))  # any rising map of 200 values
    np.testing.assert_array_equal(Lbp.describe((table[values] / 255).astype(np.float32)), Lbp.describe(pixels))


def test_a_quarter_turn_changes_nothing():
    _, pixels = picture(3)
    np.testing.assert_allclose(Lbp.describe(np.rot90(pixels, axes=(1, 2))), Lbp.describe(pixels), atol=1e-7)
