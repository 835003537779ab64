"""Deletion and insertion: how fast the answer falls when the places that a map names first are blurred away, and how
fast it rises when they are given back to a blurred picture.

A map that names what the network goes by has a small area under deletion and a large one under insertion. Both ask the
network about pictures of no kind that it has seen, so they tell of the network's view, not of the truth.

Source: Petsiuk, Das & Saenko 2018, RISE: Randomized Input Sampling for Explanation of Black-box Models.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.special import expit

from medgraft.insight.explanation.explainer import Explained

__all__ = ["Perturbed", "perturbation_curves"]

_BLUR = 0.08


@dataclass(frozen=True)
class Perturbed:
    """``share`` (k,) of the places that were changed, from 0 to 1; the probability of the target (k,) as they are
    deleted, and as they are inserted; the mean of each curve over the shares (area)."""

    share: NDArray[np.float64]
    deletion: NDArray[np.float64]
    insertion: NDArray[np.float64]

    @property
    def deletion_area(self) -> float:
        """Smaller is better."""
        return float(np.trapezoid(self.deletion, self.share))

    @property
    def insertion_area(self) -> float:
        """Larger is better."""
        return float(np.trapezoid(self.insertion, self.share))


def perturbation_curves(
    network: Explained, pixels: NDArray[np.float32], heat: NDArray[np.float32], target: int, *, steps: int = 16
) -> Perturbed:
    """Of one picture (1, C, S, S) and its map (S, S); ``steps`` + 1 points each. Of equal places the upper left ones
    come first."""
    width = _BLUR * pixels.shape[-1]
    blurred = gaussian_filter(pixels, (0, 0, width, width))
    rank = np.empty(heat.size, np.int64)
    rank[np.argsort(-heat.ravel(), kind="stable")] = np.arange(heat.size)
    share = np.linspace(0.0, 1.0, steps + 1)
    named = rank.reshape(heat.shape)[None] < np.rint(share * heat.size)[:, None, None]
    deleted = np.where(named[:, None], blurred, pixels).astype(np.float32)
    inserted = np.where(named[:, None], pixels, blurred).astype(np.float32)
    return Perturbed(share, expit(network.evidence(deleted, target)), expit(network.evidence(inserted, target)))
