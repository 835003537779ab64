"""Prepared cases by row, kept in memory while they fit."""

from __future__ import annotations

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.transfer.segmentation.plan import Plan
from medgraft.transfer.segmentation.prepared import Prepared, Studies, prepare

__all__ = ["DEFAULT_BYTES", "Shelf"]

DEFAULT_BYTES = 4 * 2**30


class Shelf:
    """Called with a row it gives the prepared case, read at the first call; beyond ``limit`` bytes cases are prepared
    each time."""

    def __init__(
        self, studies: Studies, plan: Plan, preprocessing: Preprocessing, *, limit: int = DEFAULT_BYTES
    ) -> None:
        self._studies, self._plan, self._preprocessing = studies, plan, preprocessing
        self._left = limit
        self._kept: dict[int, Prepared] = {}

    def __call__(self, row: int) -> Prepared:
        """The case of ``row``; errors as of ``prepare``."""
        found = self._kept.get(row)
        if found is not None:
            return found
        found = prepare(self._studies(row), self._plan, self._preprocessing)
        size = found.pixels.nbytes + (0 if found.labels is None else found.labels.nbytes)
        if size <= self._left:
            self._left -= size
            self._kept[row] = found
        return found

    def shape(self, row: int) -> tuple[int, int, int]:
        """On the planned grid."""
        depth, rows, columns = self(row).pixels.shape[1:]
        return depth, rows, columns
