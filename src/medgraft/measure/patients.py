"""Which cases belong to one patient: the unit that intervals are drawn over.

Cases of one patient resemble each other, so the patient, not the case, is the independent unit. Where the
patient of a case is not known the case counts as a patient of its own, and the number of patients is not
reported (``known`` is False).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError

__all__ = ["Patients"]


@dataclass(frozen=True)
class Patients:
    """``codes`` (n,) int in ``[0, count)``: the patient of each case; ``known``: every patient is known."""

    codes: NDArray[np.intp]
    count: int
    known: bool

    @classmethod
    def of(cls, groups: NDArray[Any] | None, cases: int) -> Patients:
        """From patient numbers (n,), where a negative number means unknown; ``None``: all are unknown.

        Raises ``UsageError`` when the numbers are not whole or do not fit the cases.
        """
        if groups is None:
            return cls(np.arange(cases, dtype=np.intp), cases, False)
        numbers = np.asarray(groups)
        if numbers.shape != (cases,) or not np.issubdtype(numbers.dtype, np.integer):
            raise UsageError(
                f"grouping {cases} cases by patient: got {numbers.dtype} of shape {numbers.shape}; "
                "give one whole number a case, or None where patients are unknown"
            )
        wide = numbers.astype(np.int64)
        unknown = wide < 0
        # An unknown patient gets a negative number of its own, so that np.unique keeps the cases apart.
        wide = np.where(unknown, -1 - np.cumsum(unknown), wide)
        found, codes = np.unique(wide, return_inverse=True)
        return cls(codes.astype(np.intp), len(found), not bool(unknown.any()))

    @property
    def single(self) -> bool:
        """Every patient has one case."""
        return self.count == len(self.codes)

    def sums(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """(count,) sum of ``values`` (n,) over each patient's cases."""
        summed = np.bincount(self.codes, weights=values.astype(np.float64), minlength=self.count)
        return summed.astype(np.float64)

    def divided(self, parts: NDArray[np.integer[Any]]) -> bool:
        """Whether some patient has cases in two of ``parts`` (n,), such as folds."""
        pairs = np.unique(np.stack([self.codes, parts]), axis=1)
        return bool(pairs.shape[1] > self.count)

    def number(self, member: NDArray[np.bool_]) -> int | None:
        """How many patients the cases in ``member`` (n,) come from; ``None`` where that is unknown."""
        return int(np.unique(self.codes[member]).size) if self.known else None
