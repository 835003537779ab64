"""Sites: how a picture is taken. Each synthetic site has its own exposure, scatter, blur, noise and photometry.

line integral p ─▶ quanta N₀·exp(−p) ─▶ + scatter ─▶ Poisson ─▶ blur ─▶ + read noise ─▶ −ln(N / N₀)
                ─▶ detail against surroundings ─▶ window, gamma ─▶ 12 bits (0 direct exposure, 4095 dense)
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medgraft.data.phantom.grid import Grid

__all__ = ["WHITE", "Site", "expose", "sites_for"]

WHITE = 4095
"""The largest value of the 12-bit detector."""

_SCATTER_MM = 22.0
_SURROUNDINGS_MM = 26.0
_COARSE = 8


@dataclass(frozen=True, slots=True)
class Site:
    """One synthetic hospital.

    ``quanta`` that reach a mm² of the detector with nobody before it; ``blur`` sigma in mm; ``scatter`` to
    primary ratio; ``read_noise`` in quanta a pixel. The unit's processing shows a line integral's difference from
    its surroundings ``detail`` times and the surroundings themselves ``tone`` times; ``window`` is what is then
    black and white; ``gamma`` the display curve; ``photometric`` how its DICOM files store a picture.
    """

    name: str
    quanta: float
    blur: float
    scatter: float
    read_noise: float
    detail: float
    tone: float
    window: tuple[float, float]
    gamma: float
    photometric: Literal["MONOCHROME1", "MONOCHROME2"]


_SITES = (
    Site("synthetic-a", 30_000.0, 0.75, 0.25, 3.0, 1.7, 0.75, (0.4, 3.5), 0.95, "MONOCHROME2"),
    Site("synthetic-b", 4_000.0, 1.35, 0.6, 8.0, 1.3, 0.8, (0.25, 3.1), 0.8, "MONOCHROME1"),
)


def sites_for(count: int) -> tuple[Site, ...]:
    """The first ``count`` sites; those after the two fixed ones lie between and beyond them, always the same."""
    sites = list(_SITES[:count])
    for index in range(len(sites), count):
        rng = np.random.default_rng((20, index))
        base = _SITES[index % 2]
        sites.append(
            replace(
                base,
                name=f"synthetic-{chr(ord('a') + index)}" if index < 26 else f"synthetic-{index + 1}",
                quanta=float(base.quanta * rng.uniform(0.5, 1.6)),
                blur=float(rng.uniform(0.7, 1.6)),
                scatter=float(rng.uniform(0.2, 0.7)),
                gamma=float(rng.uniform(0.75, 1.15)),
            )
        )
    return tuple(sites)


def expose(exponent: NDArray[np.float32], site: Site, grid: Grid, rng: np.random.Generator) -> NDArray[np.uint16]:
    """What the site's detector makes of a line integral: ``(size, size)`` uint16, 0…4095, dense is white."""
    incident = site.quanta * grid.spacing**2 * float(rng.uniform(0.9, 1.1))
    primary = np.exp(-exponent) * np.float32(incident)
    scattered = np.float32(site.scatter) * _spread(primary, grid, _SCATTER_MM)
    quanta = rng.poisson(primary + scattered).astype(np.float32)
    signal = ndimage.gaussian_filter(quanta, site.blur / grid.spacing, mode="nearest", truncate=3.0)
    signal += np.float32(site.read_noise) * rng.standard_normal(signal.shape, dtype=np.float32)
    # The automatic exposure of the unit is known to it, so its own variation does not show.
    measured = -np.log(np.maximum(signal, np.float32(1)) / np.float32(incident))
    around = _spread(measured, grid, _SURROUNDINGS_MM)
    processed = np.float32(site.tone) * around + np.float32(site.detail) * (measured - around)
    low, high = site.window
    shown = np.clip((processed - np.float32(low)) / np.float32(high - low), 0, 1) ** np.float32(site.gamma)
    pixels: NDArray[np.uint16] = np.rint(shown * np.float32(WHITE)).astype(np.uint16)
    return pixels


def _spread(image: NDArray[np.float32], grid: Grid, sigma: float) -> NDArray[np.float32]:
    """A wide Gaussian (sigma in mm): computed on coarse pixels, because the result has no fine structure."""
    blocks = grid.size // _COARSE
    coarse = image.reshape(blocks, _COARSE, blocks, _COARSE).mean(axis=(1, 3))
    wide = ndimage.gaussian_filter(coarse, sigma / (grid.spacing * _COARSE), mode="nearest")
    weights = _interpolation(grid.size, blocks)
    fine: NDArray[np.float32] = weights @ wide @ weights.T
    return fine


@functools.lru_cache(maxsize=8)
def _interpolation(size: int, blocks: int) -> NDArray[np.float32]:
    """Linear interpolation from block centres to pixels as a matrix ``(size, blocks)``."""
    places = (np.arange(size, dtype=np.float32) - (_COARSE - 1) / 2) / _COARSE
    left = np.clip(np.floor(places).astype(np.int64), 0, blocks - 2)
    share = np.clip(places - left, 0, 1).astype(np.float32)
    weights = np.zeros((size, blocks), np.float32)
    weights[np.arange(size), left] = 1 - share
    weights[np.arange(size), left + 1] += share
    return weights
