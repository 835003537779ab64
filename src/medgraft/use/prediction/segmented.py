"""A case with its outlines, on its own grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Segmented"]


@dataclass(frozen=True)
class Segmented:
    """``labels``: (H, W) or (D, H, W) of ids, 0 the background, on the grid as stored; ``spacing``: mm in the order of
    the axes, ``affine``: (4, 4), index (slice, row, column) → mm in the patient; both ``None`` where unknown."""

    labels: NDArray[np.uint8]
    spacing: tuple[float, ...] | None
    affine: NDArray[np.float64] | None
    names: Mapping[int, str]
