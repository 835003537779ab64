"""Pixels as inputs: seeded augmentation in training only, and only finite values."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import DataError, UsageError
from medgraft.transfer.training.pixel_feed import PixelFeed, augmentation

IMAGES = np.random.default_rng(0).random((6, 1, 3, 3), dtype=np.float32)


def pixels(rows):
    return IMAGES[rows]


def test_augmentation_gets_epoch_and_case_index_and_only_with_an_epoch() -> None:
    seen: list[tuple[int, int]] = []

    def augment(one, epoch, index):
        seen.append((epoch, index))
        return 1 - one

    feed = PixelFeed(pixels, augment)
    (plain,) = feed(np.array([0]), np.array([100]), None)
    np.testing.assert_array_equal(plain, IMAGES[[0]])
    assert seen == []
    (changed,) = feed(np.array([0, 4]), np.array([100, 104]), 3)
    np.testing.assert_array_equal(changed, 1 - IMAGES[[0, 4]])
    assert seen == [(3, 100), (3, 104)]
    (same,) = PixelFeed(pixels)(np.array([1]), np.array([101]), 3)
    np.testing.assert_array_equal(same, IMAGES[[1]])


def test_pixels_that_are_not_finite_name_the_case() -> None:
    broken = IMAGES.copy()
    broken[2, 0, 1, 1] = np.nan
    with pytest.raises(DataError, match=r"case\(s\) 102 "):
        PixelFeed(lambda rows: broken[rows])(np.array([4, 0, 2]), np.array([104, 100, 102]), None)


def test_augmentation_is_drawn_from_seed_epoch_and_case() -> None:
    image = np.random.default_rng(0).random((3, 8, 8), dtype=np.float32)

    def one(seed: int, epoch: int, index: int) -> bytes:
        return augmentation("radiograph", seed)(image, epoch, index).tobytes()

    assert one(0, 1, 2) == one(0, 1, 2)
    assert len({one(0, 1, 2), one(1, 1, 2), one(0, 2, 2), one(0, 1, 3)}) == 4
    with pytest.raises(UsageError, match="modality"):
        augmentation("x-ray vision", 0)
