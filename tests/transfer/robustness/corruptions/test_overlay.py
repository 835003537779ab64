"""What lies on a picture covers it and changes nothing else."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from medgraft.transfer.robustness.corruptions.overlay import BLACK_CORNER, CHARACTERS

GREY = np.full((1, 100, 100), 0.5, np.float32)


def test_outside_of_the_circle_it_is_black_and_inside_as_it_was():
    found = BLACK_CORNER(GREY, 4, np.random.default_rng(0))
    assert set(np.unique(found)) == {0.0, 0.5}
    assert (found == 0.5).mean() == pytest.approx(math.pi / 4, abs=0.01)
    assert found[0, 50, 50] == 0.5 and found[0, 0, 0] == 0


def test_more_characters_stand_beside_the_fewer():
    written = [CHARACTERS(GREY, severity, np.random.default_rng(3)) for severity in (1, 2, 3, 4, 5)]
    for fewer, more in itertools.pairwise(written):
        assert (more >= fewer).all() and (more > fewer).any()
    assert written[0].max() == 1 and written[0].min() == 0.5
    share = (written[0] > 0.5).mean()
    assert 0.001 < share < 0.14 * 0.14
    rows, columns = np.nonzero(written[0][0] > 0.5)
    assert np.ptp(rows) < 20 and np.ptp(columns) < 20
