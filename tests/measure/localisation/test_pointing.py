"""The pointing game against hand counts."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.measure.localisation.pointing import check_pair, pointing_score

OUTLINE = np.array([[True, False], [False, False]])


@pytest.mark.parametrize(
    ("heat", "score"),
    [([[3, 1], [0, 2]], 1.0), ([[1, 3], [0, 2]], 0.0), ([[1, 1], [1, 1]], 0.25), ([[5, 5], [0, 0]], 0.5)],
)
def test_by_hand(heat, score):
    assert pointing_score(np.array(heat, float), OUTLINE) == score


def test_nothing_outlined_is_no_number():
    assert np.isnan(pointing_score(np.ones((2, 2)), np.zeros((2, 2), bool)))


@pytest.mark.parametrize(
    ("heat", "outline"),
    [(np.ones((2, 3)), OUTLINE), (np.full((2, 2), np.nan), OUTLINE), (np.ones((2, 2)), OUTLINE.astype(int))],
)
def test_what_does_not_fit_is_refused(heat, outline):
    with pytest.raises(UsageError, match="a finite map and an outline"):
        check_pair(heat, outline)
