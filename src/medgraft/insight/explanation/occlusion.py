"""Occlusion: what the evidence loses when a part of the picture is hidden. The one method that needs no gradient.

A square is moved over the picture in steps of half its side; what it hides is blurred away, which a network takes more
kindly than a grey patch with four new edges. A place gets the mean loss of the squares that hid it.

Source: Zeiler & Fergus 2014, Visualizing and Understanding Convolutional Networks; Fong & Vedaldi 2017 (blur).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from medgraft.errors import UsageError
from medgraft.insight.explanation.explainer import EXPLAINERS, Explained

__all__ = ["Occlusion", "corners"]

_AT_ONCE = 32


@EXPLAINERS.register("occlusion")
@dataclass(frozen=True)
class Occlusion:
    """See the contract. ``share`` of the picture's side that the square takes: smaller is finer and takes longer
    (1/8: 225 answers a picture)."""

    name: ClassVar[str] = "occlusion"
    summary: ClassVar[str] = "what the answer loses when a part is hidden; works for every head, takes longest"
    needs_gradient: ClassVar[bool] = False

    share: float = 0.125

    def __post_init__(self) -> None:
        if not 0 < self.share <= 0.5:
            raise UsageError(f"occlusion: a square of {self.share:g} of the picture's side; more than 0, at most 0.5")

    def __call__(self, network: Explained, pixels: NDArray[np.float32], target: int) -> NDArray[np.float32]:
        """(S, S), signed: see the contract."""
        side = pixels.shape[-1]
        square = max(2, round(self.share * side))
        places = corners(side, square)
        blurred = gaussian_filter(pixels[0], (0, square, square))
        whole = float(network.evidence(pixels, target)[0])
        lost, seen = np.zeros((side, side)), np.zeros((side, side))
        for start in range(0, len(places), _AT_ONCE):
            some = places[start : start + _AT_ONCE]
            hidden = np.repeat(pixels, len(some), axis=0)
            for picture, (top, left) in zip(hidden, some, strict=True):
                place = np.s_[:, top : top + square, left : left + square]
                picture[place] = blurred[place]
            for (top, left), left_over in zip(some, network.evidence(hidden, target), strict=True):
                lost[top : top + square, left : left + square] += whole - left_over
                seen[top : top + square, left : left + square] += 1
        return (lost / seen).astype(np.float32)


def corners(side: int, square: int) -> list[tuple[int, int]]:
    """Upper left corners, half a square apart, the last at the edge: every pixel is hidden at least once."""
    starts = sorted({*range(0, side - square, max(1, square // 2)), side - square})
    return [(top, left) for top in starts for left in starts]
