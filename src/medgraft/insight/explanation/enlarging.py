"""A coarse grid as large as the picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

__all__ = ["enlarged"]


def enlarged(grid: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """(h, w) → (side, side), bilinear. The sum stays (to the last digits where ``side`` is a multiple of both), so that
    grids of different stages can be added."""
    rows, columns = grid.shape
    picture = PillowImage.fromarray(grid.astype(np.float32))
    large = np.asarray(picture.resize((side, side), PillowImage.Resampling.BILINEAR), np.float64)
    return np.asarray(large * (rows * columns / side**2))
