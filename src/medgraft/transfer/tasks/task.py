"""The contract of a task: what is asked of a case, as names and numbers.

``labels`` are in the order of the head's outputs. ``kind`` stands in ``labels.json``; a strategy says which kinds it
can do. ``positive`` is the class that a binary task is about.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Task"]


class Task(Protocol):
    """See the module."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of classes or labels."""
        ...

    @property
    def kind(self) -> str:
        """binary, multiclass, multi-label, …"""
        ...

    @property
    def positive(self) -> str | None:
        """The positive class, where one of two is."""
        ...

    @property
    def positive_index(self) -> int | None:
        """Its index."""
        ...

    def targets(self, table: pd.DataFrame) -> NDArray[np.int64]:
        """What is known of the cases of a cohort's table: (n,) indices of classes, or (n, labels) of 1 and 0; -1 is
        unknown."""
        ...

    def told(self, called: NDArray[np.generic]) -> list[str]:
        """What was called, as text a case; ``called`` has the shape of ``targets``."""
        ...
