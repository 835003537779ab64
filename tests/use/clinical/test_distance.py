"""Distances with a closed form, and against all pairs of boxes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from medgraft.errors import DataError, UsageError
from medgraft.use.clinical.distance import smallest_distance

SPACING = (2.0, 0.8, 0.5)
SHAPE = (20, 60, 120)


@pytest.mark.parametrize("moved", [(0.0, 0.0, 34.0), (0.0, 24.0, 20.0), (16.0, 18.0, 17.0)])
def test_two_balls(ball, oblique, moved):
    one = np.array([10.0, 12.0, 14.0])
    other = one + moved
    masks = [ball(SHAPE, SPACING, centre, radius) for centre, radius in ((one, 7.0), (other, 9.0))]
    expected = float(np.linalg.norm(moved)) - 16.0
    affine = oblique(SPACING)
    found = smallest_distance(*masks, SPACING, affine)
    assert found.mm == pytest.approx(expected, abs=float(np.linalg.norm(SPACING)))
    assert np.linalg.norm(np.subtract(found.start, found.end)) == pytest.approx(found.mm, abs=1e-3)
    middle = affine[:3, :3] @ (one / SPACING) + affine[:3, 3]
    assert np.linalg.norm(np.array(found.start) - middle) == pytest.approx(7.0, abs=2.0)
    back = smallest_distance(*masks[::-1], SPACING, affine)
    assert back.mm == pytest.approx(found.mm)


def test_boxes_have_their_exact_distance():
    one, other = np.zeros((2, 10, 10, 10), bool)
    one[0:2, 0:2, 0:2], other[4:6, 5:8, 1:4] = True, True
    found = smallest_distance(one, other, (3.0, 2.0, 1.0))
    assert found.mm == pytest.approx(np.hypot(2 * 3.0, 3 * 2.0))
    assert found.start[:2] == (4.5, 3.0)
    assert found.end[:2] == (10.5, 9.0)


def test_what_touches_is_not_apart():
    one, other = np.zeros((2, 6, 6), bool)
    one[1:3, 1:3], other[3:5, 3:5] = True, True
    assert smallest_distance(one, other, (1.0, 1.0)).mm == 0.0
    assert smallest_distance(one, other, (1.0, 1.0)).overlap_voxels == 0


def test_overlap_is_told():
    one, other = np.zeros((2, 6, 6), bool)
    one[1:4, 1:4], other[3:5, 2:5] = True, True
    found = smallest_distance(one, other, (2.0, 1.0))
    assert (found.mm, found.overlap_voxels) == (0.0, 2)
    assert found.start == found.end == (6.0, 2.0)
    assert found.to_json()["mm"] == 0.0


filled = arrays.arrays(bool, (3, 4, 5), elements=st.booleans()).filter(np.any)


@settings(max_examples=60, deadline=None)
@given(filled, filled, st.sampled_from([(1.0, 1.0, 1.0), (3.0, 0.7, 1.1)]))
def test_against_all_pairs_of_boxes(one, other, spacing):
    gaps = np.abs(np.argwhere(one)[:, None] - np.argwhere(other)[None])
    apart = np.linalg.norm(np.maximum(gaps - 1, 0) * spacing, axis=2).min()
    assert smallest_distance(one, other, spacing).mm == pytest.approx(apart)


def test_what_does_not_fit_is_refused():
    one = np.ones((3, 4), bool)
    with pytest.raises(DataError, match="not there"):
        smallest_distance(one, np.zeros((3, 4), bool), (1.0, 1.0))
    with pytest.raises(UsageError, match="one shape"):
        smallest_distance(one, np.ones((3, 5), bool), (1.0, 1.0))
    with pytest.raises(UsageError, match="spacing"):
        smallest_distance(one, one, (1.0, 1.0, 1.0))
