"""First-order statistics of each channel, for pictures of three: stains, skin, fundus.

Source: Stricker & Orengo 1995, Similarity of Color Images (moments of each channel).
"""

from __future__ import annotations

import numpy as np

from medgraft.source.handcrafted.descriptor import DESCRIPTORS, Features, Pixels
from medgraft.source.handcrafted.first_order import STATISTICS, statistics

__all__ = ["Colour"]


@DESCRIPTORS.register("colour")
class Colour:
    """First-order statistics of the channels."""

    name = "colour"
    version = 1

    @staticmethod
    def dimension(channels: int) -> int:
        """33 of three channels; a grey picture has no colour: 0."""
        return channels * len(STATISTICS) if channels == 3 else 0

    @staticmethod
    def describe(pixels: Pixels) -> Features:
        """See the contract."""
        if len(pixels) != 3:
            return np.zeros(0, np.float32)
        return statistics(pixels.reshape(3, -1)).ravel().astype(np.float32)
