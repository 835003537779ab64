"""Several labels a case: each is a question of its own, with yes, no or unknown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.data.cohort.targets import PREFIX, told

__all__ = ["MultiLabel"]


@dataclass(frozen=True)
class MultiLabel:
    """``labels`` in the order of the head's outputs; there is no positive class, each label is one."""

    labels: tuple[str, ...]
    kind: str = "multi-label"
    positive: str | None = None
    positive_index: int | None = None

    def targets(self, table: pd.DataFrame) -> NDArray[np.int64]:
        """(n, labels) of 1, 0 and -1; a label that the table does not have is unknown."""
        missing = pd.Series(np.nan, index=table.index)
        columns = [table.get(PREFIX + name, missing).to_numpy(dtype=np.float64) for name in self.labels]
        return np.asarray(np.nan_to_num(np.stack(columns, axis=1), nan=-1.0).astype(np.int64))

    def told(self, called: NDArray[np.generic]) -> list[str]:
        """The labels that were called, or none."""
        return [told(tuple(bool(cell) for cell in row), self.labels) or "" for row in called]
