"""Pixels, mm and poses are each other's inverse."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.data.phantom.grid import FIELD_MM, MAGNIFICATIONS, Grid, Pose, draw_pose


def test_pixel_centres_and_their_way_back() -> None:
    grid = Grid(64)
    x, z = grid.coordinates()
    assert x.shape == (1, 64) and z.shape == (64, 1)
    assert np.isclose(grid.spacing * 64, FIELD_MM)
    column, row = grid.to_pixels(float(x[0, 5]), float(z[9, 0]))
    assert np.isclose(column, 5, atol=1e-4) and np.isclose(row, 9, atol=1e-4)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.floats(-150, 150), st.floats(-150, 150))
def test_detector_and_back_is_the_same_place(seed: int, x: float, z: float) -> None:
    pose = draw_pose(np.random.default_rng(seed))
    assert pose.magnification in MAGNIFICATIONS
    seen = pose.to_detector(np.asarray([[x, 0.0, z]], np.float32))
    back = pose.to_patient(seen[:, 0], seen[:, 2])
    np.testing.assert_allclose([back[0][0], back[1][0]], [x, z], atol=1e-3)


def test_a_turn_moves_front_and_back_apart() -> None:
    seen = Pose(turn=5).to_detector(np.asarray([[0, -80, 0], [0, 80, 0]], np.float32))
    assert seen[0, 0] < 0 < seen[1, 0]
    np.testing.assert_array_equal(Pose().to_detector(seen), seen)
