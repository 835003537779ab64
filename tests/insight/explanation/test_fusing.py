"""Which stages serve, and that none drowns the others."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.insight.explanation.fusing import fused, well_placed


@pytest.mark.parametrize(
    ("sides", "chosen"),
    [
        ([112, 56, 28, 14, 7], [1, 2, 3]),
        ([64, 32, 16, 8, 4], [0, 1, 2]),
        ([14] * 4, [0, 1, 2, 3]),
        ([7, 7], [0, 1]),
        ([112, 7, 4], [1]),
        ([112, 224], [0]),
        ([16], [0]),
    ],
)
def test_which_serve(sides, chosen):
    assert well_placed(sides) == chosen


def test_each_stage_counts_alike():
    one, two = np.zeros((32, 32)), np.zeros((16, 16))
    one[4, 4], two[12, 12] = 1.0, 1000.0
    heat = fused([one, two], 64)
    assert heat[:20, :20].sum() == pytest.approx(heat[40:, 40:].sum(), rel=0.05)
    assert np.abs(heat).sum() == pytest.approx(1, rel=1e-3)


def test_a_scale_changes_nothing_and_a_sign_turns_it():
    grids = list(np.random.default_rng(0).normal(size=(3, 16, 16)))
    np.testing.assert_allclose(fused([7 * grid for grid in grids], 32), fused(grids, 32), atol=1e-6)
    np.testing.assert_allclose(fused([-grid for grid in grids], 32), -fused(grids, 32), atol=1e-6)


def test_a_stage_that_says_nothing_adds_nothing():
    grid = np.random.default_rng(1).normal(size=(16, 16))
    np.testing.assert_allclose(2 * fused([grid, np.zeros((16, 16))], 32), fused([grid], 32), atol=1e-6)
