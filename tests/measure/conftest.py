"""Random predictions with ties and absent classes, for every test of measure."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

Cases = tuple[NDArray[np.intp], NDArray[np.float64]]


@pytest.fixture
def draw_cases() -> Callable[..., Cases]:
    """``(seed, n, k, coarse, skill)`` → labels (n,) and probabilities (n, k); coarse ones have many ties."""

    def draw(seed: int, n: int = 60, k: int = 2, coarse: bool = False, skill: float = 1.0) -> Cases:
        random = np.random.default_rng(seed)
        truth = random.integers(0, k, n)
        logits = random.normal(size=(n, k))
        logits[np.arange(n), truth] += skill
        if coarse:
            logits = np.round(logits)
        chances = np.exp(logits)
        return truth.astype(np.intp), chances / chances.sum(axis=1, keepdims=True)

    return draw
