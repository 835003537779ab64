"""Vessels stay in their lungs and get thinner."""

from __future__ import annotations

import numpy as np

from medgraft.data.phantom.ellipsoid import Ellipsoid
from medgraft.data.phantom.vessels import draw_vessels


def test_vessels_lie_in_the_lungs_and_get_thinner() -> None:
    lungs = (Ellipsoid((-70, 0, 40), (60, 90, 170)), Ellipsoid((70, 0, 40), (60, 90, 170)))
    levels = draw_vessels(lungs, ((-30.0, 8.0, 2.0), (30.0, 8.0, 2.0)), np.random.default_rng(0))
    radii = [level.radius for level in levels]
    assert radii == sorted(radii, reverse=True)
    for level in levels:
        assert level.points.shape == (len(level.arc), 3) and len(level.arc) > 50
        assert np.minimum(*(lung.radius_at(level.points) for lung in lungs)).max() < 1
        assert level.attenuation > 0
