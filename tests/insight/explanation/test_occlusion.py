"""Occlusion covers every pixel, asks as often as it says, and is what hiding does."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.insight.explanation.occlusion import Occlusion, corners


@pytest.mark.parametrize(("side", "square"), [(32, 4), (33, 4), (50, 7), (16, 8), (9, 3)])
def test_every_pixel_is_hidden(side, square):
    hidden = np.zeros((side, side), bool)
    for top, left in corners(side, square):
        assert 0 <= top <= side - square
        hidden[top : top + square, left : left + square] = True
    assert hidden.all()


def test_how_often_it_asks(spot):
    network, pixels, _ = spot
    Occlusion()(network, pixels, 1)
    assert network.asked == 1 + 15**2


def test_a_flat_picture_loses_nothing(spot):
    network, pixels, _ = spot
    flat = np.full_like(pixels, 0.4)
    np.testing.assert_allclose(Occlusion()(network, flat, 1), 0, atol=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.6, -1.0])
def test_a_square_that_cannot_be(share):
    with pytest.raises(UsageError, match=r"at most 0\.5"):
        Occlusion(share)
