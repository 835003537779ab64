"""Masks of known shape, and random ones with holes and islands."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest


def make_ball(
    shape: tuple[int, ...], centre: tuple[float, ...], radius: float, spacing: tuple[float, ...]
) -> np.ndarray:
    """Voxels whose centre lies within ``radius`` mm of ``centre`` (an index)."""
    grid = np.indices(shape, dtype=float)
    square = sum(((axis - middle) * side) ** 2 for axis, middle, side in zip(grid, centre, spacing, strict=True))
    return np.asarray(square <= radius**2)


def make_masks(seed: int, shape: tuple[int, ...], fill: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    """Two random masks that resemble each other; either may be empty."""
    random = np.random.default_rng(seed)
    truth = random.random(shape) < fill * random.random()
    return truth, truth ^ (random.random(shape) < 0.2 * random.random())


@pytest.fixture
def ball() -> Callable[..., np.ndarray]:
    return make_ball


@pytest.fixture
def masks() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    return make_masks
