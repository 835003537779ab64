"""Histograms of oriented gradients: where edges run in which direction, so what is shaped how.

Nine orientations without sign over 4 x 4 cells, in overlapping blocks of 2 x 2 cells (L2-Hys): 324 numbers. The cells
are coarse on purpose: a few hundred cases bear a few hundred numbers.

Source: Dalal & Triggs 2005, Histograms of Oriented Gradients for Human Detection. By scikit-image.
"""

from __future__ import annotations

import numpy as np

from medgraft.source.handcrafted.descriptor import DESCRIPTORS, Features, Pixels
from medgraft.source.handcrafted.luminance import luminance

__all__ = ["CELLS", "ORIENTATIONS", "Hog"]

CELLS = 4
"""Cells a side."""
ORIENTATIONS = 9
"""Bins over 180 degrees: bin ``b`` holds gradients from 20 b to 20 (b + 1) degrees; 0 is across a vertical edge."""
_BLOCK = 2


@DESCRIPTORS.register("hog")
class Hog:
    """Histograms of oriented gradients."""

    name = "hog"
    version = 1

    @staticmethod
    def dimension(channels: int) -> int:
        """324: block row, block column, cell row, cell column, orientation."""
        return (CELLS - _BLOCK + 1) ** 2 * _BLOCK**2 * ORIENTATIONS

    @staticmethod
    def describe(pixels: Pixels) -> Features:
        """See the contract."""
        from skimage.feature import hog

        cell = pixels.shape[1] // CELLS
        found = hog(
            luminance(pixels),
            orientations=ORIENTATIONS,
            pixels_per_cell=(cell, cell),
            cells_per_block=(_BLOCK, _BLOCK),
            block_norm="L2-Hys",
        )
        return np.asarray(found, dtype=np.float32)
