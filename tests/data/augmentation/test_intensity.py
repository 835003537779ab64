"""Intensity against its formula."""

from __future__ import annotations

import numpy as np

from medgraft.data.augmentation.intensity import Intensity
from medgraft.data.augmentation.transform import Draw

PIXELS = np.linspace(0, 1, 3 * 16, dtype=np.float32).reshape(3, 4, 4)


def _draw(brightness: float = 0.0, contrast: float = 1.0, gamma: float = 1.0) -> Draw:
    return Draw("intensity", {"brightness": brightness, "contrast": contrast, "gamma": gamma})


def test_identity_is_the_same_array() -> None:
    assert Intensity.apply(PIXELS, _draw()) is PIXELS
    zero = Intensity(brightness=0, contrast=0, gamma=0).draw(np.random.default_rng(0))
    assert Intensity.apply(PIXELS, zero) is PIXELS


def test_the_formula() -> None:
    result = Intensity.apply(PIXELS, _draw(0.05, 1.2, 0.8))
    expected = np.clip((PIXELS.astype(float) ** 0.8 - 0.5) * 1.2 + 0.55, 0, 1)
    np.testing.assert_allclose(result, expected, atol=1e-6)


def test_grey_stays_grey() -> None:
    grey = np.repeat(PIXELS[:1], 3, axis=0)
    result = Intensity.apply(grey, _draw(0.05, 1.2, 0.8))
    np.testing.assert_array_equal(result[0], result[1])
    np.testing.assert_array_equal(result[0], result[2])


def test_draws_stay_within_limits() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        values = Intensity(brightness=0.1, contrast=0.2, gamma=0.3).draw(rng).values
        assert abs(values["brightness"]) <= 0.1
        assert abs(np.log(values["contrast"])) <= 0.2 + 1e-9 and abs(np.log(values["gamma"])) <= 0.3 + 1e-9
