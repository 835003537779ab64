"""Blur against scipy's Gaussian."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from medgraft.data.augmentation.blur import Blur
from medgraft.data.augmentation.transform import Draw

PIXELS = np.random.default_rng(0).random((3, 40, 40), dtype=np.float32)


def test_no_sigma_is_the_same_array() -> None:
    assert Blur.apply(PIXELS, Draw("blur", {"sigma": 0.0})) is PIXELS


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0])
def test_agrees_with_scipy(sigma: float) -> None:
    expected = [
        ndimage.gaussian_filter(plane, sigma, mode="nearest", radius=int(np.ceil(3 * sigma))) for plane in PIXELS
    ]
    np.testing.assert_allclose(Blur.apply(PIXELS, Draw("blur", {"sigma": sigma})), expected, atol=1e-5)


def test_a_tiny_sigma_changes_hardly_anything() -> None:
    np.testing.assert_allclose(Blur.apply(PIXELS, Draw("blur", {"sigma": 1e-3})), PIXELS, atol=1e-6)
