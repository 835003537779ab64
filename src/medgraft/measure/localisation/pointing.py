"""The pointing game: does the strongest place of a map lie in what was outlined?

Source: Zhang et al. 2018, Top-down Neural Attention by Excitation Backprop.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError

__all__ = ["check_pair", "pointing_score"]


def pointing_score(heat: NDArray[np.floating], outline: NDArray[np.bool_]) -> float:
    """1 where the strongest place of ``heat`` (H, W) lies in ``outline`` (H, W), else 0; of several equally strong
    places the share in it, so that a flat map gets what blind guessing gets. NaN where nothing is outlined."""
    check_pair(heat, outline)
    if not outline.any():
        return float("nan")
    return float(outline[heat == heat.max()].mean())


def check_pair(heat: NDArray[np.floating], outline: NDArray[np.bool_]) -> None:
    """Raise ``UsageError`` unless both are of one shape (H, W), the map finite and the outline yes or no."""
    if heat.shape != outline.shape or heat.ndim != 2 or outline.dtype != np.bool_ or not np.isfinite(heat).all():
        raise UsageError(
            f"scoring a map {heat.shape} by an outline {outline.shape} of {outline.dtype}: a finite map and an outline "
            "of yes and no of the same rows and columns are needed"
        )
