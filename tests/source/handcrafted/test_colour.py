"""Three channels have colour, one has none."""

from __future__ import annotations

import numpy as np

from medgraft.source.handcrafted.colour import Colour
from medgraft.source.handcrafted.first_order import STATISTICS, statistics


def test_the_statistics_of_each_channel_in_order():
    pixels = np.random.default_rng(0).random((3, 20, 20)).astype(np.float32)
    found = Colour.describe(pixels).reshape(3, len(STATISTICS))
    for channel in range(3):
        np.testing.assert_allclose(found[channel], statistics(pixels[channel].reshape(1, -1))[0], rtol=1e-6)


def test_grey_has_none():
    assert Colour.describe(np.ones((1, 16, 16), np.float32)).shape == (0,)
    assert (Colour.dimension(1), Colour.dimension(3)) == (0, 33)
