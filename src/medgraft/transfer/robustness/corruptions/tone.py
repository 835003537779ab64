"""Exposure and display: brighter, darker, harder, softer, and bent; the same for all channels."""

from __future__ import annotations

import numpy as np

from medgraft.transfer.robustness.corruptions.corruption import CORRUPTIONS, Corruption, Floats

__all__ = ["BUILT_IN"]


def _brightness(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    return np.asarray(level * pixels)


def _contrast(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    middle = pixels.mean()
    return np.asarray(middle + level * (pixels - middle))


def _gamma(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    return np.asarray(pixels**level)


BUILT_IN = (
    Corruption("brightness-up", "over-exposed; level: factor", (1.1, 1.2, 1.3, 1.4, 1.5), _brightness),
    Corruption("brightness-down", "under-exposed; level: factor", (0.9, 0.8, 0.7, 0.6, 0.5), _brightness),
    Corruption("contrast-up", "hard; level: factor about the mean", (1.1, 1.2, 1.3, 1.4, 1.6), _contrast),
    Corruption("contrast-down", "soft; level: factor about the mean", (0.9, 0.8, 0.7, 0.6, 0.4), _contrast),
    Corruption("gamma-up", "darker in the middle; level: exponent", (1.1, 1.2, 1.3, 1.4, 1.6), _gamma),
    Corruption("gamma-down", "lighter in the middle; level: exponent", (0.9, 0.8, 0.7, 0.6, 0.4), _gamma),
)
for _one in BUILT_IN:
    CORRUPTIONS.register(_one.name)(_one)
