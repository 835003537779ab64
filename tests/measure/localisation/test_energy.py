"""Energy inside an outline against hand counts."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.measure.localisation.energy import energy_inside

OUTLINE = np.array([[True, False], [False, True]])


@pytest.mark.parametrize(
    ("heat", "share"),
    [([[3, 1], [0, 0]], 0.75), ([[1, 1], [1, 1]], 0.5), ([[-5, 1], [0, 1]], 0.5), ([[-1, -1], [0, -2]], 0.0)],
)
def test_by_hand(heat, share):
    assert energy_inside(np.array(heat, float), OUTLINE) == pytest.approx(share)


def test_nothing_outlined_is_no_number():
    assert np.isnan(energy_inside(np.ones((2, 2)), np.zeros((2, 2), bool)))
