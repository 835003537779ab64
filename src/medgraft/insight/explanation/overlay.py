"""A map laid over its picture: colour where a place speaks for the answer, the bare picture where none does.

The colours are those of *inferno* without its dark end, whose lightness rises evenly with the value: unlike a rainbow
it draws no edge where the map has none. How strong the colour is rises with the value too, so that the picture stays
readable. The scale is each map's own: maps of two pictures are not to be compared by their colours.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from medgraft.insight.explanation.explainer import speaking_for

__all__ = ["encoded", "overlaid", "strength"]

_COLOURS = np.array(
    [(87, 16, 110), (136, 34, 106), (186, 54, 85), (227, 89, 51), (249, 140, 10), (249, 201, 50), (252, 255, 164)],
    dtype=np.float64,
)
"""Matplotlib's inferno (CC0) at 0.25, 0.375, … 1."""

_ALPHA, _TOP = 0.65, 99.5


def strength(heat: NDArray[np.float32]) -> NDArray[np.float64]:
    """(S, S) from 0 to 1: the positive part of a map, 1 at its 99.5th percentile of positive places; zero where there
    are none."""
    positive = speaking_for(heat).astype(np.float64)
    top = float(np.percentile(positive[positive > 0], _TOP)) if (positive > 0).any() else 0.0
    return np.clip(positive / top, 0.0, 1.0) if top > 0 else np.zeros(heat.shape)


def overlaid(pixels: NDArray[np.float32], heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(S, 2 S, 3): the picture (1 or 3, S, S) in [0, 1], and beside it the picture with its map (S, S)."""
    picture = np.moveaxis(np.broadcast_to(pixels, (3, *pixels.shape[1:])), 0, 2).astype(np.float64) * 255
    strong = strength(heat)
    place = strong * (len(_COLOURS) - 1)
    colours = np.stack([np.interp(place, np.arange(len(_COLOURS)), _COLOURS[:, each]) for each in range(3)], axis=2)
    alpha = (_ALPHA * np.sqrt(strong))[:, :, None]
    mixed = (1 - alpha) * picture + alpha * colours
    both = np.clip(np.concatenate([picture, mixed], axis=1), 0, 255)
    return np.asarray(np.rint(both).astype(np.uint8))


def encoded(picture: NDArray[np.uint8], kind: str = "PNG") -> bytes:
    """(H, W, 3) as PNG or JPEG, without metadata."""
    buffer = io.BytesIO()
    options = {"quality": 85} if kind == "JPEG" else {}
    PillowImage.fromarray(picture).save(buffer, kind, **options)
    return buffer.getvalue()
