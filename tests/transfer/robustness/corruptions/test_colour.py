"""Colours that shift, and what stays."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.color import hed_from_rgb

from medgraft.transfer.robustness.corruptions.colour import CAST, SATURATION, STAIN

PIXELS = np.random.default_rng(0).uniform(0.3, 0.8, (3, 12, 12)).astype(np.float32)


@pytest.mark.parametrize("seed", range(4))
def test_stains_change_by_one_factor_each_and_the_third_stays(seed):
    """In the space of an independent library: its amounts of haematoxylin, eosin and DAB, before and after."""

    def amounts(pixels):
        return -np.log(np.moveaxis(pixels.astype(np.float64), 0, 2)) @ hed_from_rgb

    found = STAIN(PIXELS, 1, np.random.default_rng(seed))
    assert found.max() < 1
    change = (amounts(found) / amounts(PIXELS)).reshape(-1, 3)
    steady = np.abs(amounts(PIXELS)).reshape(-1, 3) > 0.05
    factors = [np.median(change[steady[:, stain], stain]) for stain in range(3)]
    for stain in range(3):
        np.testing.assert_allclose(change[steady[:, stain], stain], factors[stain], atol=0.02)
    assert factors[2] == pytest.approx(1, abs=0.01)
    assert np.hypot(factors[0] - 1, factors[1] - 1) == pytest.approx(0.1, abs=0.01)


def test_a_cast_is_one_factor_a_channel_and_white_balance_only():
    found = CAST(PIXELS, 2, np.random.default_rng(1)) / PIXELS
    np.testing.assert_allclose(found, found[:, :1, :1] * np.ones_like(found), rtol=1e-4)
    factors = found[:, 0, 0]
    assert factors.mean() == pytest.approx(1, abs=1e-4)
    assert np.abs(factors - 1).max() == pytest.approx(0.1, abs=1e-4)


def test_saturation_leaves_grey_and_the_mean_of_the_channels():
    grey = np.repeat(PIXELS[:1], 3, axis=0)
    np.testing.assert_allclose(SATURATION(grey, 5, np.random.default_rng(0)), grey, atol=1e-6)
    found = SATURATION(PIXELS, 1, np.random.default_rng(0))
    np.testing.assert_allclose(found.mean(axis=0), PIXELS.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(found.std(axis=0), 1.2 * PIXELS.std(axis=0), atol=1e-6)
