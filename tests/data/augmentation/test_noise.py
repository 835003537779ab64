"""Noise has the drawn sigma and follows from the draw's seed."""

from __future__ import annotations

import numpy as np

from medgraft.data.augmentation.noise import Noise
from medgraft.data.augmentation.transform import Draw

PIXELS = np.full((1, 128, 128), 0.5, np.float32)


def test_no_sigma_is_the_same_array() -> None:
    assert Noise.apply(PIXELS, Draw("noise", {"sigma": 0.0, "seed": 1.0})) is PIXELS
    assert Noise(probability=0).draw(np.random.default_rng(0)).values["sigma"] == 0


def test_sigma_is_the_standard_deviation() -> None:
    result = Noise.apply(PIXELS, Draw("noise", {"sigma": 0.05, "seed": 7.0}))
    assert np.isclose(result.std(), 0.05, rtol=0.03) and np.isclose(result.mean(), 0.5, atol=0.002)


def test_the_seed_decides() -> None:
    one, again, other = (Noise.apply(PIXELS, Draw("noise", {"sigma": 0.05, "seed": s})) for s in (1.0, 1.0, 2.0))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_probability_and_limit() -> None:
    rng = np.random.default_rng(0)
    sigmas = np.asarray([Noise(sigma=0.1, probability=0.3).draw(rng).values["sigma"] for _ in range(2000)])
    assert abs((sigmas > 0).mean() - 0.3) < 0.04 and sigmas.max() <= 0.1
