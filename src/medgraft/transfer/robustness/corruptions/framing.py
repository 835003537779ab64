"""Framing: how much of the patient is on the picture, about its centre."""

from __future__ import annotations

import numpy as np
from PIL import Image

from medgraft.transfer.robustness.corruptions.corruption import CORRUPTIONS, Corruption, Floats

__all__ = ["CLOSER", "WIDER"]


def _closer(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    height, width = pixels.shape[1:]
    down, right = (1 - level) * height / 2, (1 - level) * width / 2
    return _resized(pixels, (right, down, width - right, height - down), (width, height))


def _wider(pixels: Floats, level: float, rng: np.random.Generator) -> Floats:
    """The border repeated about it."""
    height, width = pixels.shape[1:]
    rows, columns = max(1, round(level * height)), max(1, round(level * width))
    small = _resized(pixels, (0, 0, width, height), (columns, rows))
    top, left = (height - rows) // 2, (width - columns) // 2
    around = ((0, 0), (top, height - rows - top), (left, width - columns - left))
    return np.pad(small, around, mode="edge")


def _resized(pixels: Floats, box: tuple[float, float, float, float], size: tuple[int, int]) -> Floats:
    channels = [Image.fromarray(one).resize(size, Image.Resampling.BILINEAR, box) for one in pixels.astype(np.float32)]
    return np.stack([np.asarray(one, np.float64) for one in channels])


CLOSER = Corruption(
    name="closer-view",
    summary="collimated or cropped closer; level: share of the side that is shown",
    levels=(0.92, 0.84, 0.76, 0.68, 0.6),
    compute=_closer,
)
WIDER = Corruption(
    name="wider-view",
    summary="taken from farther, the border repeated; level: share of the side that the picture fills",
    levels=(0.92, 0.84, 0.76, 0.68, 0.6),
    compute=_wider,
)
for _one in (CLOSER, WIDER):
    CORRUPTIONS.register(_one.name)(_one)
