"""What one model answers for both cohorts: on source cases that it has not learnt from, with their labels, and on
target cases without. Checked once, for every estimate that is made without target labels.

The class that is called is the most probable one. Where a cut decides in its place, tilt the probabilities first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError, UsageError
from medgraft.measure.intervals.bootstrap import case_weights
from medgraft.measure.patients import Patients
from medgraft.measure.probabilities import unit_rows

__all__ = ["Answers"]

Floats = NDArray[np.float64]
_DOING = "estimating without target labels"


@dataclass(frozen=True)
class Answers:
    """``source`` (n, k) and ``target`` (m, k) probabilities, rows that sum to 1; ``labels`` (n,) class indices."""

    source: Floats
    labels: NDArray[np.intp]
    target: Floats
    source_patients: Patients
    target_patients: Patients

    @classmethod
    def of(
        cls,
        source: NDArray[Any],
        labels: NDArray[Any],
        target: NDArray[Any],
        *,
        source_groups: NDArray[Any] | None = None,
        target_groups: NDArray[Any] | None = None,
    ) -> Answers:
        """Groups (n,) and (m,) are patient numbers, negative is unknown.

        Raises ``UsageError`` for shapes that do not fit, ``DataError`` for what are no probabilities or where the
        source's labels are of one class.
        """
        first, truth, second = np.asarray(source, np.float64), np.asarray(labels), np.asarray(target, np.float64)
        fits = first.ndim == second.ndim == 2 and first.shape[1:] == second.shape[1:] and truth.shape == first.shape[:1]
        if not fits or not first.size or not second.size or not np.issubdtype(truth.dtype, np.integer):
            raise UsageError(
                f"{_DOING}: probabilities {first.shape} and {second.shape}, labels {truth.dtype} {truth.shape}; give "
                "(n, k) and (m, k) of the same classes and class indices (n,)"
            )
        if truth.min() < 0 or truth.max() >= first.shape[1]:
            raise UsageError(
                f"{_DOING}: labels from {truth.min()} to {truth.max()} for {first.shape[1]} classes; give indices of "
                "the columns"
            )
        if len(np.unique(truth)) < 2:
            raise DataError(f"{_DOING}: all {len(truth)} source cases are of one class; two classes or more are needed")
        return cls(
            source=_probabilities(first, "source"),
            labels=truth.astype(np.intp),
            target=_probabilities(second, "target"),
            source_patients=Patients.of(source_groups, len(first)),
            target_patients=Patients.of(target_groups, len(second)),
        )

    @property
    def classes(self) -> int:
        """How many columns there are."""
        return int(self.source.shape[1])

    @property
    def correct(self) -> NDArray[np.bool_]:
        """(n,) whether the most probable class of a source case is its label."""
        return np.asarray(self.source.argmax(axis=1) == self.labels)

    def resampled(self, replicates: int, seed: int) -> tuple[Floats, Floats]:
        """Case weights (n, b) and (m, b) of a bootstrap over the patients of both sides; b = ``replicates``."""
        first = np.concatenate(list(case_weights(self.source_patients, replicates, seed)), axis=1)
        second = np.concatenate(list(case_weights(self.target_patients, replicates, seed + 1)), axis=1)
        return first, second


def _probabilities(values: Floats, side: str) -> Floats:
    """Rows that sum to exactly 1, where they nearly did."""
    if not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).any(axis=1).sum())
        raise DataError(f"{_DOING}: {bad} of {len(values)} {side} cases have no finite answer; leave these cases out")
    rows = unit_rows(values)
    if rows is None:
        sums = values.sum(axis=1)
        raise DataError(
            f"{_DOING}: {side} values of {values.min():.3g} to {values.max():.3g} with sums of {sums.min():.3g} to "
            f"{sums.max():.3g}; probabilities of the classes are needed, rows that sum to 1"
        )
    return rows
