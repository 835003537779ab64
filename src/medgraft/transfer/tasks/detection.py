"""Detection: which things are where; a picture has any number of labelled boxes, or none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Detection"]


@dataclass(frozen=True)
class Detection:
    """``labels`` of boxes, in the order of the network's classes; there is no positive class."""

    labels: tuple[str, ...]
    kind: str = "detection"
    positive: str | None = None
    positive_index: int | None = None

    def targets(self, table: pd.DataFrame) -> NDArray[np.int64]:
        """(n, labels), all unknown: what a case has is told by its boxes, which stand in no cohort's table."""
        return np.full((len(table), len(self.labels)), -1, dtype=np.int64)

    def told(self, called: NDArray[np.generic]) -> list[str]:
        """Of each row (labels,) of counts what was found, as text: ``3 cell, 1 platelet``, or nothing."""
        return [
            ", ".join(f"{int(count)} {label}" for count, label in zip(row, self.labels, strict=True) if count)
            for row in np.asarray(called)
        ]
