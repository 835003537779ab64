"""What a scanner adds when something in it is not as it should be: rings in CT, ghosts in MR."""

from __future__ import annotations

import numpy as np

from medgraft.transfer.robustness.corruptions.corruption import CORRUPTIONS, Corruption, Floats

__all__ = ["GHOSTS", "RINGS"]


def _rings(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    """An offset for each whole radius about the centre, in pixels."""
    height, width = pixels.shape[1:]
    down, right = np.arange(height) - (height - 1) / 2, np.arange(width) - (width - 1) / 2
    radius = np.rint(np.hypot(down[:, None], right)).astype(int)
    return np.asarray(pixels + level * rng.standard_normal(int(radius.max()) + 1)[radius])


def _ghosts(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    """Part of the picture moved up and down along the phase axis (rows), by as far as is drawn; it comes in again at
    the other edge, as it does in MR."""
    height = pixels.shape[1]
    shift = int(rng.integers(height // 4, max(height // 2, height // 4 + 1)))
    moved = (np.roll(pixels, shift, axis=1) + np.roll(pixels, -shift, axis=1)) / 2
    return np.asarray(pixels + level * (moved - pixels))


RINGS = Corruption(
    name="rings",
    summary="detector elements out of calibration; level: standard deviation of a ring",
    levels=(0.02, 0.04, 0.06, 0.09, 0.13),
    compute=_rings,
)
GHOSTS = Corruption(
    name="ghosts",
    summary="breathing while the phase is encoded; level: share of the ghosts",
    levels=(0.1, 0.2, 0.3, 0.4, 0.5),
    compute=_ghosts,
)
for _one in (RINGS, GHOSTS):
    CORRUPTIONS.register(_one.name)(_one)
