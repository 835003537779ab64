"""One map from those of several stages.

Coarse stages know what, fine ones know where. Of a network's stages those serve that have 14 to 64 cells a side
(``FINE``): what counts is how large a finding is in cells, and that does not hang on the side of the input in pixels.
Coarser stages cannot place a small finding, and finer ones draw edges. Each is scaled to the same total strength, so
that none drowns the others, and their mean is taken. Measured in docs/benchmarks.md (Explanations).

Source: Jiang et al. 2021, LayerCAM: Exploring Hierarchical Class Activation Maps for Localization (several stages).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medgraft.insight.explanation.enlarging import enlarged

__all__ = ["FINE", "fused", "well_placed"]

FINE = (14, 64)
"""Cells a side of a grid: the fewest and the most."""


def well_placed(sides: Sequence[int]) -> list[int]:
    """Which of the grids (cells a side) serve, by number: those within ``FINE``; else the finest of the coarser ones,
    else the coarsest of all."""
    fewest, most = FINE
    within = [place for place, cells in enumerate(sides) if fewest <= cells <= most]
    coarser = [cells for cells in sides if cells < fewest]
    best = max(coarser) if coarser else min(sides)
    return within or [place for place, cells in enumerate(sides) if cells == best]


def fused(grids: Sequence[NDArray[np.float64]], side: int) -> NDArray[np.float32]:
    """(side, side), signed, from maps (h, w) of at least one stage; a stage that says nothing adds nothing."""
    chosen = [grids[place] for place in well_placed([len(grid) for grid in grids])]
    strengths = [float(np.abs(grid).sum()) for grid in chosen]
    total = np.zeros((side, side))
    for grid, strength in zip(chosen, strengths, strict=True):
        if strength > 0:
            total += enlarged(grid, side) / strength
    return (total / len(chosen)).astype(np.float32)
