"""Overlays: where there is colour, and where the picture stays as it is."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from medgraft.insight.explanation.overlay import encoded, overlaid, strength

SIDE = 40


@pytest.fixture
def heat():
    found = np.full((SIDE, SIDE), -1.0, np.float32)
    found[10:14, 20:24] = np.linspace(0.1, 3, 16).reshape(4, 4)
    return found


def test_strength_is_the_positive_part_on_its_own_scale(heat):
    strong = strength(heat)
    assert (strong[heat < 0] == 0).all()
    assert strong.max() == 1
    np.testing.assert_allclose(strength(10 * heat), strong, atol=1e-6)


@pytest.mark.parametrize("flat", [0.0, -2.0])
def test_nothing_that_speaks_for_it_no_colour(flat):
    picture = overlaid(np.full((1, SIDE, SIDE), 0.5, np.float32), np.full((SIDE, SIDE), flat, np.float32))
    assert (picture == 128).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_colour_where_it_is_and_the_picture_elsewhere(heat, channels):
    pixels = np.random.default_rng(0).random((channels, SIDE, SIDE), dtype=np.float32)
    picture = overlaid(pixels, heat).astype(int)
    assert picture.shape == (SIDE, 2 * SIDE, 3)
    plain, mixed = picture[:, :SIDE], picture[:, SIDE:]
    np.testing.assert_array_equal(plain[heat < 0], mixed[heat < 0])
    expected = np.rint(np.moveaxis(np.broadcast_to(pixels, (3, SIDE, SIDE)), 0, 2) * 255)
    np.testing.assert_array_equal(plain, expected)
    grey = overlaid(np.full((channels, SIDE, SIDE), 0.5, np.float32), heat).astype(int)[:, SIDE:][heat > 1]
    assert (grey[:, 0] > grey[:, 2]).all()


def test_more_is_lighter():
    """On black, the colour of a stronger place is lighter: no rainbow."""
    heat = np.linspace(0.01, 1, SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE)
    mixed = overlaid(np.zeros((1, SIDE, SIDE), np.float32), heat)[:, SIDE:].reshape(-1, 3) @ [0.299, 0.587, 0.114]
    assert (np.diff(mixed[::40]) > -1).all()
    assert mixed[-1] > mixed[0] + 50


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_files(heat, kind):
    picture = overlaid(np.full((1, SIDE, SIDE), 0.5, np.float32), heat)
    with Image.open(io.BytesIO(encoded(picture, kind))) as image:
        assert (image.format, image.size) == (kind, (2 * SIDE, SIDE))
        assert np.abs(np.asarray(image).astype(int) - picture).mean() < 3
