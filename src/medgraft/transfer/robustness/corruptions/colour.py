"""Colour that is not as it was: another stain, another light, another camera. Three channels only."""

from __future__ import annotations

import math

import numpy as np

from medgraft.transfer.robustness.corruptions.corruption import CORRUPTIONS, Corruption, Floats

__all__ = ["CAST", "SATURATION", "STAIN"]

_STAINS = np.array([[0.65, 0.704, 0.286], [0.072, 0.99, 0.105], [0.268, 0.57, 0.776]])
"""Optical density in R, G, B of haematoxylin, eosin and DAB (Ruifrok & Johnston 2001)."""
_DARKEST = 1 / 255


def _stain(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    """More of one stain and less of another, in a proportion that is drawn (after Tellez et al. 2018)."""
    density = -np.log(np.maximum(np.moveaxis(pixels, 0, 2), _DARKEST))
    amounts = density @ np.linalg.inv(_STAINS)
    angle = rng.uniform(0, 2 * math.pi)
    change = amounts[..., :1] * math.cos(angle) * _STAINS[0] + amounts[..., 1:2] * math.sin(angle) * _STAINS[1]
    return np.asarray(pixels * np.moveaxis(np.exp(-level * change), 2, 0))


def _cast(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    """Channels brighter or darker, in a direction that is drawn; the mean of the factors is 1."""
    tint = rng.standard_normal(3)
    tint -= tint.mean()
    return np.asarray(pixels * (1 + level * tint / np.abs(tint).max())[:, None, None])


def _saturation(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    grey = pixels.mean(axis=0, keepdims=True)
    return np.asarray(grey + level * (pixels - grey))


STAIN = Corruption(
    name="stain-shift",
    summary="another batch of haematoxylin and eosin; level: share of the stain",
    levels=(0.1, 0.2, 0.3, 0.4, 0.5),
    compute=_stain,
    colour=True,
)
CAST = Corruption(
    name="colour-cast",
    summary="another light or white balance; level: largest change of a channel",
    levels=(0.05, 0.1, 0.15, 0.2, 0.25),
    compute=_cast,
    colour=True,
)
SATURATION = Corruption(
    name="saturation",
    summary="stronger colours; level: factor about grey",
    levels=(1.2, 1.4, 1.6, 1.8, 2.1),
    compute=_saturation,
    colour=True,
)
for _one in (STAIN, CAST, SATURATION):
    CORRUPTIONS.register(_one.name)(_one)
