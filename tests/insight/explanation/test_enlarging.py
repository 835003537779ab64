"""Enlarging keeps the sum and the place."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.insight.explanation.enlarging import enlarged


@pytest.mark.parametrize(("rows", "side"), [(4, 32), (7, 224), (8, 8), (1, 16)])
def test_the_sum_stays(rows, side):
    grid = np.random.default_rng(0).normal(size=(rows, rows)) + 1
    assert enlarged(grid, side).sum() == pytest.approx(grid.sum(), rel=1e-4)


def test_a_place_stays_in_its_place():
    grid = np.zeros((7, 7))
    grid[2, 5] = 1
    large = enlarged(grid, 70)
    assert np.unravel_index(large.argmax(), large.shape)[0] // 10 == 2
    assert np.unravel_index(large.argmax(), large.shape)[1] // 10 == 5
