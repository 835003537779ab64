"""Grey-level co-occurrence: how often two grey values stand at a distance from each other, so coarseness and order.

Matrices of 32 grey levels, symmetric, at 1, 3 and 5 pixels in four directions (a diagonal step is rounded to whole
pixels). Of each six numbers are read: contrast, dissimilarity, homogeneity, energy, correlation and angular second
moment; of each number the mean over the directions and its range (largest less smallest), which is high where a
texture has a direction: 36 numbers. Contrast and dissimilarity are of grey values in [0, 1], not of level numbers.

Source: Haralick, Shanmugam & Dinstein 1973, Textural Features for Image Classification. The matrices are
scikit-image's; the properties of all twelve are read at once, which is faster, and tested against scikit-image's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.source.handcrafted.descriptor import DESCRIPTORS, Features, Pixels
from medgraft.source.handcrafted.luminance import luminance, quantised

__all__ = ["DISTANCES", "LEVELS", "PROPERTIES", "Glcm", "properties"]

LEVELS = 32
DISTANCES = (1, 3, 5)
"""In pixels."""
PROPERTIES = ("contrast", "dissimilarity", "homogeneity", "energy", "correlation", "ASM")
"""What is read of a matrix, by the names that scikit-image gives them."""

_ANGLES = (0.0, np.pi / 4, np.pi / 2, 3 * np.pi / 4)
_FLAT = 1e-9
"""A variance of level numbers below is rounding."""
_ONE, _OTHER = (levels.astype(np.float64) for levels in np.indices((LEVELS, LEVELS)))
_APART = _ONE - _OTHER
_WEIGHTS = np.stack(
    [
        (_APART / (LEVELS - 1)) ** 2,
        np.abs(_APART) / (LEVELS - 1),
        1.0 / (1.0 + _APART**2),
        _ONE,
        _ONE**2,
        _ONE * _OTHER,
    ]
)


def properties(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Normalised symmetric matrices (levels, levels, distances, angles) → (properties, distances, angles), in the
    order of ``PROPERTIES``. The correlation of a constant picture is 1."""
    contrast, dissimilarity, homogeneity, mean, square, product = np.einsum("pij,ijda->pda", _WEIGHTS, matrices)
    moment = np.einsum("ijda,ijda->da", matrices, matrices)
    variance = square - mean**2
    flat = variance <= _FLAT
    correlation = np.where(flat, 1.0, (product - mean**2) / np.where(flat, 1.0, variance))
    return np.stack([contrast, dissimilarity, homogeneity, np.sqrt(moment), correlation, moment])


@DESCRIPTORS.register("glcm")
class Glcm:
    """Grey-level co-occurrence."""

    name = "glcm"
    version = 1

    @staticmethod
    def dimension(channels: int) -> int:
        """36: by property (in the order of ``PROPERTIES``) the means at each distance, then the ranges."""
        return 2 * len(PROPERTIES) * len(DISTANCES)

    @staticmethod
    def describe(pixels: Pixels) -> Features:
        """See the contract."""
        from skimage.feature import graycomatrix

        grey = quantised(luminance(pixels), LEVELS)
        matrices = graycomatrix(grey, DISTANCES, _ANGLES, levels=LEVELS, symmetric=True, normed=True)
        values = properties(matrices)
        return np.stack([values.mean(axis=2), np.ptp(values, axis=2)], axis=1).ravel().astype(np.float32)
