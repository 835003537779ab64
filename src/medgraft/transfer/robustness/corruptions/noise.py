"""Grain of four sorts, independent from pixel to pixel and channel to channel."""

from __future__ import annotations

import numpy as np

from medgraft.transfer.robustness.corruptions.corruption import CORRUPTIONS, Corruption, Floats

__all__ = ["GAUSSIAN", "IMPULSE", "SHOT", "SPECKLE"]


def _gaussian(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    return np.asarray(pixels + level * rng.standard_normal(pixels.shape))


def _shot(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    return np.asarray(rng.poisson(pixels * level) / level)


def _speckle(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    return np.asarray(pixels * (1 + level * rng.standard_normal(pixels.shape)))


def _impulse(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    hit, value = rng.random(pixels.shape), rng.integers(0, 2, pixels.shape)
    return np.where(hit < level, value, pixels)


GAUSSIAN = Corruption(
    name="gaussian-noise",
    summary="electronic noise; level: standard deviation",
    levels=(0.04, 0.08, 0.12, 0.18, 0.26),
    compute=_gaussian,
)
SHOT = Corruption(
    name="shot-noise",
    summary="few photons, a low dose; level: photons of a white pixel",
    levels=(60, 25, 18, 10, 5),
    compute=_shot,
)
SPECKLE = Corruption(
    name="speckle-noise",
    summary="noise in proportion to the signal; level: its standard deviation",
    levels=(0.05, 0.15, 0.2, 0.35, 0.45),
    compute=_speckle,
)
IMPULSE = Corruption(
    name="impulse-noise",
    summary="dead pixels, black or white; level: their share",
    levels=(0.01, 0.03, 0.06, 0.09, 0.17),
    compute=_impulse,
)
for _one in (GAUSSIAN, SHOT, SPECKLE, IMPULSE):
    CORRUPTIONS.register(_one.name)(_one)
