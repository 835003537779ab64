"""Affine changes against exact flips, shifts and an independent library."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from medgraft.data.augmentation.affine import Affine
from medgraft.data.augmentation.transform import Draw


def _draw(degrees: float = 0.0, scale: float = 1.0, right: float = 0.0, down: float = 0.0) -> Draw:
    return Draw("affine", {"degrees": degrees, "scale": scale, "right": right, "down": down})


def _smooth(side: int = 48) -> np.ndarray:
    noise = np.random.default_rng(0).random((side, side))
    smooth = ndimage.gaussian_filter(noise, 3)
    return ((smooth - smooth.min()) / np.ptp(smooth)).astype(np.float32)[None]


def test_identity_is_the_same_array() -> None:
    pixels = _smooth()
    assert Affine.apply(pixels, _draw()) is pixels
    zero = Affine(degrees=0, scale=0, shift=0).draw(np.random.default_rng(0))
    assert Affine.apply(pixels, zero) is pixels


def test_a_whole_pixel_shift_is_exact_and_repeats_the_border() -> None:
    pixels = _smooth()
    moved = Affine.apply(pixels, _draw(right=3 / 48, down=-2 / 48))
    np.testing.assert_allclose(moved[0, :-2, 3:], pixels[0, 2:, :-3], atol=1e-5)
    np.testing.assert_allclose(moved[0, :-2, 0], pixels[0, 2:, 0], atol=1e-5)


@pytest.mark.parametrize(("degrees", "turns"), [(90.0, 1), (180.0, 2), (-90.0, 3)])
def test_quarter_turns_are_counter_clockwise(degrees: float, turns: int) -> None:
    pixels = _smooth()
    np.testing.assert_allclose(Affine.apply(pixels, _draw(degrees))[0], np.rot90(pixels[0], turns), atol=1e-4)


def test_agrees_with_scipy() -> None:
    pixels = _smooth()
    draw = _draw(degrees=6.0, scale=1.07, right=0.03, down=-0.02)
    angle, middle = np.radians(6.0), 23.5
    matrix = np.asarray([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) / 1.07
    target = np.asarray([middle - 0.02 * 48, middle + 0.03 * 48])
    expected = ndimage.affine_transform(pixels[0], matrix, middle - matrix @ target, order=1, mode="nearest")
    result = Affine.apply(pixels, draw)[0]
    np.testing.assert_allclose(result, expected, atol=2e-3)


def test_scale_enlarges_about_the_centre() -> None:
    pixels = np.zeros((1, 64, 64), np.float32)
    pixels[:, 24:40, 24:40] = 1
    larger = Affine.apply(pixels, _draw(scale=1.25))
    assert np.isclose(larger.sum() / pixels.sum(), 1.25**2, rtol=0.02)


def test_a_constant_picture_stays_constant() -> None:
    pixels = np.full((3, 40, 40), 0.7, np.float32)
    result = Affine.apply(pixels, _draw(degrees=30, scale=0.7, right=0.2, down=0.2))
    np.testing.assert_allclose(result, 0.7, atol=1e-6)


def test_draws_stay_within_limits() -> None:
    transform = Affine(degrees=5, scale=0.1, shift=0.02)
    rng = np.random.default_rng(0)
    for _ in range(200):
        values = transform.draw(rng).values
        assert abs(values["degrees"]) <= 5 and 0.9 <= values["scale"] <= 1.1
        assert abs(values["right"]) <= 0.02 and abs(values["down"]) <= 0.02
