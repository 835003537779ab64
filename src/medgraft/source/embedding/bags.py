"""Rows that belong to cases: a picture is one row, a volume as many as slices of it are looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bags"]


@dataclass(frozen=True)
class Bags:
    """``rows`` (m, d): one a slice, those of a case together, in order; ``starts`` (n + 1,): case ``i`` has the rows
    ``starts[i]`` to ``starts[i + 1]``. A case that could not be read has none."""

    rows: NDArray[np.float32]
    starts: NDArray[np.int64]

    @classmethod
    def single(cls, features: NDArray[np.float32]) -> Bags:
        """One row a case."""
        return cls(features, np.arange(len(features) + 1, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Rows of each case."""
        return np.diff(self.starts)

    @property
    def are_pictures(self) -> bool:
        """Whether every case has one row."""
        return bool((self.sizes == 1).all())

    @property
    def owners(self) -> NDArray[np.int64]:
        """(m,) the case of each row."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.sizes)

    def take(self, cases: NDArray[Any]) -> Bags:
        """The bags of some cases: numbers (in that order), or a mask."""
        chosen = np.flatnonzero(cases) if cases.dtype == np.bool_ else np.asarray(cases, dtype=np.int64)
        rows = [np.arange(self.starts[case], self.starts[case + 1]) for case in chosen]
        starts = np.concatenate([[0], np.cumsum(self.sizes[chosen])]).astype(np.int64)
        return Bags(self.rows[np.concatenate(rows)] if rows else self.rows[:0], starts)

    def means(self) -> NDArray[np.float32]:
        """(n, d) the mean over each case's rows; NaN where there are none."""
        if self.are_pictures:
            return self.rows
        total = np.zeros((len(self), self.rows.shape[1]), dtype=np.float64)
        np.add.at(total, self.owners, self.rows)
        with np.errstate(invalid="ignore"):
            return (total / self.sizes[:, None]).astype(np.float32)
