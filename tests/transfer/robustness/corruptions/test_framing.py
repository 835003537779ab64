"""Closer shows the middle, wider shows all of it and more."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.transfer.robustness.corruptions.framing import CLOSER, WIDER

SIDE = 100


def disc(radius):
    """A white disc about the centre, as a share of half the side."""
    place = (np.arange(SIDE) + 0.5) / SIDE * 2 - 1
    return (np.hypot(place[:, None], place) < radius).astype(np.float32)[None]


@pytest.mark.parametrize("severity", [1, 3, 5])
def test_the_middle_grows_and_shrinks_by_the_level(severity):
    share = CLOSER.levels[severity - 1]
    rng = np.random.default_rng(0)
    area = disc(0.5).sum()
    assert CLOSER(disc(0.5), severity, rng).sum() == pytest.approx(area / share**2, rel=0.02)
    assert WIDER(disc(0.5), severity, rng).sum() == pytest.approx(area * WIDER.levels[severity - 1] ** 2, rel=0.03)


def test_one_undoes_the_other():
    smooth = (0.5 + 0.4 * np.sin(np.arange(SIDE) / 9)[:, None] * np.cos(np.arange(SIDE) / 13)).astype(np.float32)[None]
    rng = np.random.default_rng(0)
    again = CLOSER(WIDER(smooth, 3, rng), 3, rng)
    assert np.abs(again - smooth).mean() < 0.02
