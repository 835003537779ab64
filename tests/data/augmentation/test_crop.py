"""Crops against numpy's slices, and how much of a picture they keep."""

from __future__ import annotations

import numpy as np

from medgraft.data.augmentation.crop import Crop
from medgraft.data.augmentation.transform import Draw

PIXELS = np.random.default_rng(0).random((3, 32, 32), dtype=np.float32)


def test_the_whole_picture_is_the_same_array() -> None:
    assert Crop.apply(PIXELS, Draw("crop", {"left": 0.0, "top": 0.0, "width": 1.0, "height": 1.0})) is PIXELS


def test_a_ramp_stays_a_ramp_of_the_part() -> None:
    ramp = np.broadcast_to((np.arange(64, dtype=np.float32) + 0.5) / 64, (1, 64, 64)).copy()
    part = Crop.apply(ramp, Draw("crop", {"left": 0.25, "top": 0.0, "width": 0.5, "height": 0.5}))
    expected = 0.25 + 0.5 * (np.arange(64) + 0.5) / 64
    np.testing.assert_allclose(part[0, 32, 2:-2], expected[2:-2], atol=1e-3)


def test_a_quarter_is_the_quarter_that_was_drawn() -> None:
    picture = np.zeros((1, 32, 32), np.float32)
    picture[:, 16:, :16] = 1.0
    part = Crop.apply(picture, Draw("crop", {"left": 0.0, "top": 0.5, "width": 0.5, "height": 0.5}))
    assert part[:, 1:, :-1].min() == 1.0  # at the seam it is mixed with what lies beyond


def test_draws_keep_the_share_and_stay_inside() -> None:
    rng, crop = np.random.default_rng(1), Crop(area=0.3, aspect=0.25)
    for _ in range(300):
        values = crop.draw(rng).values
        assert 0 <= values["left"] <= 1 - values["width"] + 1e-9
        assert 0 <= values["top"] <= 1 - values["height"] + 1e-9
        assert values["width"] * values["height"] >= 0.26  # a side that is cut at 1 costs some area
        assert abs(np.log(values["width"] / values["height"])) <= 0.25 + 1e-9
