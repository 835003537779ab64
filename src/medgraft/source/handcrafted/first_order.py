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


def statistics(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """(11,) of values in [0, 1], any shape. A constant has neither skewness nor kurtosis: both are 0."""
    ordered = np.sort(values, axis=None)
    precise = ordered.astype(np.float64)
    mean = precise.mean()
    deviation = precise - mean
    squares = deviation * deviation
    variance = squares.mean()
    sd, skewness, kurtosis = np.sqrt(variance), 0.0, 0.0
    if sd > _FLAT:
        skewness = (squares * deviation).mean() / sd**3
        kurtosis = (squares * squares).mean() / variance**2 - 3.0
    share = np.bincount(quantised(ordered, BINS), minlength=BINS) / values.size
    seen = share[share > 0]
    entropy = -(seen * np.log(seen)).sum() / np.log(BINS)
    places = np.array(PERCENTILES) / 100.0 * (values.size - 1)
    percentiles = np.interp(places, np.arange(values.size), precise)
    return np.array(
        [mean, sd, np.arcsinh(skewness), np.arcsinh(kurtosis), *percentiles, entropy, (share * share).sum()]
    )


@DESCRIPTORS.register("first-order")
class FirstOrder:
    """First-order statistics of grey values."""

    name = "first-order"
    version = 1

    @staticmethod
    def dimension(channels: int) -> int:
        """110: the whole picture, then the ninths by row."""
        return len(STATISTICS) * (1 + _GRID**2)

    @staticmethod
    def describe(pixels: Pixels) -> Features:
        """See the contract."""
        grey = luminance(pixels)
        cells = [cell for row in np.array_split(grey, _GRID, 0) for cell in np.array_split(row, _GRID, 1)]
        return np.concatenate([statistics(region) for region in [grey, *cells]]).astype(np.float32)
