"""Local binary patterns: which of the neighbours on a circle are as bright as the pixel, so the grain of a texture.

The rotation-invariant uniform patterns on circles of radius 1, 2 and 4 pixels, each as a histogram over the picture
that sums to one: 10 + 18 + 18 numbers. Neighbours are the pixels nearest to the circle, not interpolated between: then
only the order of grey values counts, and no rising transform of them (gain, brightness, gamma of a device) changes
anything. Grey values are those of 8 bits; finer differences are noise of arithmetic.

Source: Ojala, Pietikäinen & Mäenpää 2002, Multiresolution Gray-Scale and Rotation Invariant Texture Classification
with Local Binary Patterns. In numpy, because scikit-image interpolates and takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medgraft.source.handcrafted.descriptor import DESCRIPTORS, Features, Pixels
from medgraft.source.handcrafted.luminance import luminance, quantised

__all__ = ["CIRCLES", "Lbp", "circle", "patterns"]

CIRCLES = ((8, 1), (16, 2), (16, 4))
"""Neighbours and radius in pixels. With P neighbours a pattern is one of P + 2, see ``patterns``."""


def circle(neighbours: int, radius: int) -> list[tuple[int, int]]:
    """Row and column offsets of the pixels nearest to a circle, in its order."""
    turn = 2.0 * np.pi * np.arange(neighbours) / neighbours
    rows, columns = np.rint(-radius * np.sin(turn)), np.rint(radius * np.cos(turn))
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True)]


def patterns(grey: NDArray[np.uint8], offsets: Sequence[tuple[int, int]]) -> NDArray[np.uint8]:
    """The pattern of each pixel that has all its neighbours: how many of them are as bright as it or brighter, where
    these form one arc (``uniform``: at most two changes around the circle), else their number plus one."""
    reach = max(abs(step) for offset in offsets for step in offset)
    height, width = (side - 2 * reach for side in grey.shape)
    centre = grey[reach : reach + height, reach : reach + width]
    brighter = [grey[reach + row :, reach + column :][:height, :width] >= centre for row, column in offsets]
    found, changes = np.zeros((2, height, width), np.uint8)
    for place, here in enumerate(brighter):
        found += here
        changes += here ^ brighter[place - 1]
    found[changes > 2] = len(offsets) + 1
    return np.asarray(found)


_OFFSETS = tuple(circle(neighbours, radius) for neighbours, radius in CIRCLES)


@DESCRIPTORS.register("lbp")
class Lbp:
    """Local binary patterns."""

    name = "lbp"
    version = 1

    @staticmethod
    def dimension(channels: int) -> int:
        """46: the histograms in the order of ``CIRCLES``."""
        return sum(neighbours + 2 for neighbours, _ in CIRCLES)

    @staticmethod
    def describe(pixels: Pixels) -> Features:
        """See the contract."""
        grey = quantised(luminance(pixels), 256)
        histograms = []
        for offsets in _OFFSETS:
            codes = patterns(grey, offsets)
            histograms.append(np.bincount(codes.ravel(), minlength=len(offsets) + 2) / codes.size)
        return np.concatenate(histograms).astype(np.float32)
