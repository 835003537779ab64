"""How much of a map's strength lies in what was outlined.

Source: Wang et al. 2020, Score-CAM (the energy-based pointing game).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.localisation.pointing import check_pair

__all__ = ["energy_inside"]


def energy_inside(heat: NDArray[np.floating], outline: NDArray[np.bool_]) -> float:
    """Share of the positive part of ``heat`` (H, W) that lies in ``outline`` (H, W); NaN where nothing is outlined. A
    map without a positive place says nothing: 0."""
    check_pair(heat, outline)
    if not outline.any():
        return float("nan")
    positive = np.maximum(heat.astype(np.float64), 0.0)
    total = float(positive.sum())
    return float(positive[outline].sum()) / total if total > 0 else 0.0
