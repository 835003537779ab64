"""Segmentation: which of several structures each pixel or voxel belongs to; 0 is the background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Segmentation"]


@dataclass(frozen=True)
class Segmentation:
    """``labels`` are the structures, whose ids in a label map are 1, 2, … in this order."""

    labels: tuple[str, ...]
    kind: str = "segmentation"
    positive: str | None = None
    positive_index: int | None = None

    @property
    def names(self) -> dict[int, str]:
        """The structure of each id."""
        return dict(enumerate(self.labels, start=1))

    def targets(self, table: pd.DataFrame) -> NDArray[np.int64]:
        """(n,) of -1: what is known of a case is a label map, not one label."""
        return np.full(len(table), -1, dtype=np.int64)

    def told(self, called: NDArray[np.generic]) -> list[str]:
        """Nothing can be told of a case in one word."""
        return [""] * len(called)
