"""Flips are exact and their own inverse."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.data.augmentation.flip import Flip
from medgraft.data.augmentation.transform import Draw

PIXELS = np.arange(18, dtype=np.float32).reshape(2, 3, 3)[:1] / 18


def _draw(horizontal: float = 0, vertical: float = 0, transpose: float = 0) -> Draw:
    return Draw("flip", {"horizontal": horizontal, "vertical": vertical, "transpose": transpose})


def test_identity_is_the_same_array() -> None:
    assert Flip.apply(PIXELS, _draw()) is PIXELS


@pytest.mark.parametrize("draw", [_draw(horizontal=1), _draw(vertical=1), _draw(transpose=1)])
def test_twice_is_identity_and_once_is_not(draw: Draw) -> None:
    once = Flip.apply(PIXELS, draw)
    assert (once != PIXELS).any()
    np.testing.assert_array_equal(Flip.apply(once, draw), PIXELS)


def test_directions() -> None:
    assert Flip.apply(PIXELS, _draw(horizontal=1))[0, 0, 0] == PIXELS[0, 0, 2]
    assert Flip.apply(PIXELS, _draw(vertical=1))[0, 0, 0] == PIXELS[0, 2, 0]
    assert Flip.apply(PIXELS, _draw(transpose=1))[0, 0, 2] == PIXELS[0, 2, 0]


def test_probabilities_are_kept() -> None:
    rng = np.random.default_rng(0)
    draws = [Flip(horizontal=0.25).draw(rng).values for _ in range(2000)]
    assert abs(np.mean([draw["horizontal"] for draw in draws]) - 0.25) < 0.04
    assert not any(draw["vertical"] or draw["transpose"] for draw in draws)
