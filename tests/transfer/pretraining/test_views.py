"""Feeds of pretraining: which views, of which policy, in how many channels."""

from __future__ import annotations

import numpy as np

from medgraft.data.augmentation.policy import policy_for, views_for
from medgraft.transfer.pretraining.views import ThreeChannels, TwoViews, gentle, strong
from medgraft.transfer.training.pixel_feed import PixelFeed

IMAGES = np.random.default_rng(0).random((6, 1, 16, 16), dtype=np.float32)
ROWS = np.array([4, 1])


def pixels(rows):
    return IMAGES[rows]


def numbered(picture, epoch, index):
    return np.full_like(picture, epoch + index / 100)


def test_an_epoch_has_two_views_of_its_own_and_validation_has_those_of_none():
    feed = TwoViews(pixels, numbered)
    for epoch, views in ((None, (0, 1)), (1, (2, 3)), (2, (4, 5))):
        for view, number in zip(feed(ROWS, ROWS, epoch), views, strict=True):
            np.testing.assert_allclose(view[:, 0, 0, 0], number + ROWS / 100, rtol=1e-6)


def test_the_policy_is_that_of_the_picture():
    modality = ["unknown", "fundus", "unknown", "unknown", "ct", "unknown"]
    for make, policies in ((gentle, policy_for), (strong, views_for)):
        augment = make(modality, seed=7)
        for index in (1, 4):
            expected, _ = policies(modality[index]).augment(IMAGES[index], seed=7, epoch=3, index=index)
            np.testing.assert_array_equal(augment(IMAGES[index], 3, index), expected)


def test_grey_is_repeated_and_colour_left_alone():
    (grey,) = ThreeChannels(PixelFeed(pixels))(ROWS, ROWS, None)
    assert grey.shape == (2, 3, 16, 16)
    np.testing.assert_array_equal(grey[:, 2], IMAGES[ROWS, 0])
    colour = np.random.default_rng(1).random((2, 3, 16, 16), dtype=np.float32)
    (same,) = ThreeChannels(PixelFeed(lambda rows: colour))(ROWS, ROWS, None)
    np.testing.assert_array_equal(same, colour)
