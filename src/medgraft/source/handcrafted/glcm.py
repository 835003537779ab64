"""Grey-level co-occurrence: how often two grey values stand at a distance from each other, so coarseness and order.

Matrices of 32 grey levels, symmetric, at 1, 3 and 5 pixels in four directions (a
diagonal step is rounded to whole pixels). Of each six numbers are read: contrast,
dissimilarity, homogeneity, energy, correlation and angular second moment; of each number the mean over the directions
and its range (largest less smallest), which is high where a texture has a direction: 36 numbers. Contrast and
dissimilarity are of grey values in [0, 1], not of level numbers.

Source: Haralick, Shanmugam & Dinstein 1973, Textural Features for Image Classification. By scikit-image.
"""

from __future__ import annotations

import numpy as np

from medgraft.source.handcrafted.descriptor import DESCRIPTORS, Features, Pixels
from medgraft.source.handcrafted.luminance import luminance, quantised

__all__ = ["DISTANCES", "LEVELS", "PROPERTIES", "Glcm"]

LEVELS = 32
DISTANCES = (1, 3, 5)
"""In pixels."""
PROPERTIES = {
    "contrast": (LEVELS - 1) ** 2,
    "dissimilarity": LEVELS - 1,
    "homogeneity": 1,
    "energy": 1,
    "correlation": 1,
    "ASM": 1,
}
"""What is read of a matrix, and what it is divided by to be of grey values in [0, 1]."""
_ANGLES = (0.0, np.pi / 4, np.pi / 2, 3 * np.pi / 4)


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
        """See the contract. The correlation of a constant picture is 1."""
        from skimage.feature import graycomatrix, graycoprops

        grey = quantised(luminance(pixels), LEVELS)
        matrices = graycomatrix(grey, DISTANCES, _ANGLES, levels=LEVELS, symmetric=True, normed=True)
        found = []
        for name, unit in PROPERTIES.items():
            values = graycoprops(matrices, name) / unit
            found += [values.mean(axis=1), np.ptp(values, axis=1)]
        return np.concatenate(found).astype(np.float32)
