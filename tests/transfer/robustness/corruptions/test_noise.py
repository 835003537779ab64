"""Noise has the moments that it says."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.transfer.robustness.corruptions.noise import GAUSSIAN, IMPULSE, SHOT, SPECKLE

GREY = np.full((1, 200, 200), 0.5, np.float32)


@pytest.mark.parametrize(
    ("member", "severity", "deviation"),
    [(GAUSSIAN, 2, 0.08), (SPECKLE, 2, 0.15 * 0.5), (SHOT, 2, (0.5 / 25) ** 0.5)],
)
def test_mean_and_deviation(member, severity, deviation):
    found = member(GREY, severity, np.random.default_rng(0)) - 0.5
    assert abs(float(found.mean())) < 0.005
    assert float(found.std()) == pytest.approx(deviation, rel=0.03)


def test_impulses_are_black_or_white_in_their_share():
    found = IMPULSE(GREY, 5, np.random.default_rng(0))
    hit = found != 0.5
    assert hit.mean() == pytest.approx(0.17, abs=0.01)
    assert set(np.unique(found[hit])) == {0.0, 1.0}
    assert found[hit].mean() == pytest.approx(0.5, abs=0.03)


def test_no_light_gives_no_photons():
    assert SHOT(np.zeros_like(GREY), 5, np.random.default_rng(0)).max() == 0


def test_a_higher_severity_is_more_of_the_same_grain():
    low, high = (GAUSSIAN(GREY, severity, np.random.default_rng(0)) - 0.5 for severity in (1, 2))
    np.testing.assert_allclose(high, 2 * low, atol=1e-6)
