"""Batches: the right rows, seeded augmentation, and pixels that are finite."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from medgraft.errors import DataError
from medgraft.transfer.training.examples import Examples

IMAGES = np.random.default_rng(0).random((6, 1, 3, 3), dtype=np.float32)


def examples() -> Examples:
    rows = np.array([4, 0, 2])
    return Examples(rows, np.array([0, 1, 0]), np.ones(3), rows + 100, lambda chosen: IMAGES[chosen])


def test_positions_are_turned_into_rows() -> None:
    np.testing.assert_array_equal(examples().batch(np.array([2, 0])), IMAGES[[2, 4]])
    assert len(examples()) == 3


def test_augmentation_gets_epoch_and_case_index_and_only_with_an_epoch() -> None:
    seen: list[tuple[int, int]] = []

    def augment(pixels: NDArray[np.float32], epoch: int, index: int) -> NDArray[np.float32]:
        seen.append((epoch, index))
        return 1 - pixels

    augmented = replace(examples(), augment=augment)
    np.testing.assert_array_equal(augmented.batch(np.array([1])), IMAGES[[0]])
    assert seen == []
    np.testing.assert_array_equal(augmented.batch(np.array([1, 0]), epoch=3), 1 - IMAGES[[0, 4]])
    assert seen == [(3, 100), (3, 104)]


def test_pixels_that_are_not_finite_name_the_case() -> None:
    broken = IMAGES.copy()
    broken[2, 0, 1, 1] = np.nan
    with pytest.raises(DataError, match=r"case\(s\) 102 "):
        replace(examples(), pixels=lambda rows: broken[rows]).batch(np.array([0, 1, 2]))
