"""First-order statistics: how grey values are distributed, in the whole picture and in each ninth of it.

Mean, standard deviation, skewness and excess kurtosis, five percentiles, entropy and energy of the histogram: eleven
numbers of ten regions. Skewness and kurtosis are given as their inverse hyperbolic sine, because one bright pixel on
black makes a kurtosis of thousands; entropy is a share of the largest possible.

Source: Haralick & Shapiro 1992, Computer and Robot Vision, chapter 9 (statistics of the grey-level histogram).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.source.handcrafted.descriptor import DESCRIPTORS, Features, Pixels
from medgraft.source.handcrafted.luminance import luminance, quantised

__all__ = ["BINS", "PERCENTILES", "STATISTICS", "FirstOrder", "statistics"]

PERCENTILES = (5, 25, 50, 75, 95)
BINS = 64
"""Of the histogram whose entropy and energy are read."""
STATISTICS = ("mean", "sd", "skewness", "kurtosis", *(f"p{number}" for number in PERCENTILES), "entropy", "energy")
"""What ``statistics`` gives, in that order."""

_GRID = 3
_FLAT = 1e-6
"""A standard deviation below is rounding: 8-bit pictures have none, or 1e-5 and more."""


def statistics(regions: NDArray[np.float32]) -> NDArray[np.float64]:
    """(r, n) values in [0, 1] of r regions → (r, 11). A constant has neither skewness nor kurtosis: both are 0."""
    count, size = regions.shape
    ordered = np.sort(regions, axis=1)
    precise = ordered.astype(np.float64)
    mean = precise.mean(axis=1)
    deviation = precise - mean[:, None]
    squares = deviation * deviation
    variance = squares.mean(axis=1)
    sd = np.sqrt(variance)
    flat = sd <= _FLAT
    unit = np.where(flat, 1.0, sd)
    skewness = np.where(flat, 0.0, (squares * deviation).mean(axis=1) / unit**3)
    kurtosis = np.where(flat, 0.0, (squares * squares).mean(axis=1) / unit**4 - 3.0)
    bins = quantised(ordered, BINS) + np.arange(count, dtype=np.int64)[:, None] * BINS
    share = np.bincount(bins.ravel(), minlength=count * BINS).reshape(count, BINS) / size
    entropy = -(share * np.log(np.where(share > 0, share, 1.0))).sum(axis=1) / np.log(BINS)
    places = np.array(PERCENTILES) / 100.0 * (size - 1)
    below = places.astype(np.int64)
    above = np.minimum(below + 1, size - 1)
    percentiles = precise[:, below] + (places - below) * (precise[:, above] - precise[:, below])
    moments = np.stack([mean, sd, np.arcsinh(skewness), np.arcsinh(kurtosis)], axis=1)
    return np.concatenate([moments, percentiles, np.stack([entropy, (share * share).sum(axis=1)], axis=1)], axis=1)


@DESCRIPTORS.register("first-order")
class FirstOrder:
    """First-order statistics of grey values."""

    name = "first-order"
    version = 1

    @staticmethod
    def dimension(channels: int) -> int:
        """110: the whole picture, then the ninths by row; what does not divide by three at the end is in none."""
        return len(STATISTICS) * (1 + _GRID**2)

    @staticmethod
    def describe(pixels: Pixels) -> Features:
        """See the contract."""
        grey = luminance(pixels)
        side = grey.shape[0] // _GRID
        cells = grey[: _GRID * side, : _GRID * side].reshape(_GRID, side, _GRID, side).swapaxes(1, 2)
        found = [statistics(grey.reshape(1, -1)), statistics(cells.reshape(_GRID**2, -1))]
        return np.concatenate(found).ravel().astype(np.float32)
