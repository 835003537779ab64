"""Tubes (ribs, vessels, trachea) seen by parallel rays.

A tube is a curve with a radius. The chord of a straight tube at distance d from its axis, which stands at the
angle a to the ray, is ``2 sqrt(r² − d²) / sin(a)``. That is the convolution of the projected curve, carrying
1 mm of path for each mm of arc, with a flat disc of radius r: so a whole rib cage is one histogram of curve
points and one convolution, exact where the curve is straight and finite where it runs along the ray.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from medgraft.data.phantom.grid import Grid

__all__ = ["Tubes", "project_tubes"]

_OVERSAMPLING = 8


@dataclass(frozen=True)
class Tubes:
    """Curves of one radius (mm). ``points`` (n, 3) float32 in mm; ``arc`` (n,) float32: mm of curve that each

    point stands for; ``attenuation`` per mm against what the tube displaces (negative for air in soft tissue).
    """

    name: str
    radius: float
    attenuation: float
    points: NDArray[np.float32]
    arc: NDArray[np.float32]


def project_tubes(tubes: list[Tubes], grid: Grid, magnification: float = 1.0) -> NDArray[np.float32]:
    """Line integral of all tubes, ``(size, size)``, dimensionless; points are detector mm, radii patient mm."""
    widest = max(tube.radius for tube in tubes) * magnification
    margin = int(np.ceil(widest / grid.spacing)) + 2
    wide = scipy.fft.next_fast_len(grid.size + 2 * margin, real=True)
    spectrum: NDArray[np.complex64] | None = None
    for tube in tubes:
        curve = _deposit(tube, grid, margin, wide)
        disc = _disc_spectrum(round(tube.radius * magnification / grid.spacing, 4), wide)
        part = scipy.fft.rfft2(curve * np.float32(tube.attenuation)) * disc
        spectrum = part if spectrum is None else spectrum + part
    image = scipy.fft.irfft2(spectrum, s=(wide, wide))
    inner = slice(margin, margin + grid.size)
    return np.ascontiguousarray(image[inner, inner], dtype=np.float32)


def _deposit(tube: Tubes, grid: Grid, margin: int, wide: int) -> NDArray[np.float32]:
    """mm of curve in each pixel: a point's arc is shared by its four neighbouring pixels."""
    column = (tube.points[:, 0] / grid.spacing) + (grid.size - 1) / 2 + margin
    row = (tube.points[:, 2] / grid.spacing) + (grid.size - 1) / 2 + margin
    keep = (column >= 0) & (column < wide - 1) & (row >= 0) & (row < wide - 1)
    column, row, arc = column[keep], row[keep], tube.arc[keep]
    left, top = np.floor(column).astype(np.int64), np.floor(row).astype(np.int64)
    right_part, low_part = column - left, row - top
    start = top * wide + left
    cells = np.concatenate([start, start + 1, start + wide, start + wide + 1])
    shares = np.concatenate(
        [
            (1 - right_part) * (1 - low_part),
            right_part * (1 - low_part),
            (1 - right_part) * low_part,
            right_part * low_part,
        ]
    )
    mass = np.bincount(cells, weights=shares * np.tile(arc, 4), minlength=wide * wide)
    return mass.reshape(wide, wide).astype(np.float32)


@functools.lru_cache(maxsize=64)
def _disc_spectrum(radius: float, wide: int) -> NDArray[np.complex64]:
    """Transform of a disc of ``radius`` pixels and height 1, its area kept exactly, centred on pixel 0."""
    reach = int(np.ceil(radius)) + 1
    fine = (np.arange((2 * reach + 1) * _OVERSAMPLING) + 0.5) / _OVERSAMPLING - reach - 0.5
    disc = (fine[:, None] ** 2 + fine[None, :] ** 2 <= radius**2).astype(np.float32)
    side = 2 * reach + 1
    kernel = disc.reshape(side, _OVERSAMPLING, side, _OVERSAMPLING).mean(axis=(1, 3))
    kernel *= np.pi * radius**2 / kernel.sum()
    full = np.zeros((wide, wide), np.float32)
    full[:side, :side] = kernel
    spectrum: NDArray[np.complex64] = scipy.fft.rfft2(np.roll(full, (-reach, -reach), (0, 1)))
    return spectrum
