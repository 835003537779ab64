"""Rings are round, ghosts are the picture elsewhere."""

from __future__ import annotations

import numpy as np

from medgraft.transfer.robustness.corruptions.artefact import GHOSTS, RINGS


def test_rings_hang_on_the_radius_alone():
    grey = np.full((1, 41, 41), 0.5, np.float32)
    added = RINGS(grey, 3, np.random.default_rng(0))[0] - 0.5
    radius = np.rint(np.hypot(*(np.indices((41, 41)) - 20))).astype(int)
    for one in range(25):
        assert np.ptp(added[radius == one]) < 1e-6
    assert added.std() > 0.02


def test_ghosts_are_copies_up_and_down_and_the_sum_stays():
    point = np.zeros((1, 40, 20), np.float32)
    point[0, 20, 7] = 1
    found = GHOSTS(point, 2, np.random.default_rng(0))
    rows, columns = np.nonzero(found[0] > 1e-6)
    assert set(columns) == {7} and len(rows) == 3
    assert rows[1] - rows[0] == rows[2] - rows[1] >= 10
    np.testing.assert_allclose(found[0, rows, 7], [0.1, 0.8, 0.1], atol=1e-6)
