"""Features of two cohorts side by side, checked once: the source's cases first, then the target's.

Whoever tests for a difference works on the cases of both together and on who is whose patient. A patient belongs to
one side: the numbers of the two sides are kept apart, even where they are equal. Everything here is blind to the side
(the standardisation, the Gram matrix), so that sides may be exchanged in a permutation test.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError, UsageError
from medgraft.measure.patients import Patients

__all__ = ["FEWEST", "Sides"]

Floats = NDArray[np.float64]
FEWEST = 8
"""Patients (cases, where patients are unknown) of a side below which no test says anything: 8 against 8 can be
exchanged in 12,870 ways, 4 against 4 in 70."""
_DOING = "comparing two cohorts"


@dataclass(frozen=True)
class Sides:
    """``features`` (n + m, d) float64; ``is_target`` (n + m,) bool; ``patients`` of all cases, each on one side."""

    features: Floats
    is_target: NDArray[np.bool_]
    patients: Patients

    @classmethod
    def of(
        cls,
        source: NDArray[Any],
        target: NDArray[Any],
        *,
        source_groups: NDArray[Any] | None = None,
        target_groups: NDArray[Any] | None = None,
    ) -> Sides:
        """Of ``source`` (n, d) and ``target`` (m, d); groups (n,) and (m,) are patient numbers, negative is unknown.

        Raises ``UsageError`` for shapes that do not fit, ``DataError`` for values that are not finite and for fewer
        than eight patients of a side.
        """
        first, second = np.asarray(source, np.float64), np.asarray(target, np.float64)
        if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1] or not first.shape[1]:
            raise UsageError(
                f"{_DOING}: features of shape {first.shape} and {second.shape}; give (n, d) and (m, d) of the same "
                "backbone and preprocessing"
            )
        for name, rows in (("source", first), ("target", second)):
            bad = int((~np.isfinite(rows)).any(axis=1).sum())
            if bad:
                raise DataError(
                    f"{_DOING}: {bad} of {len(rows)} {name} cases have features that are not finite; leave these out"
                )
        here, there = Patients.of(source_groups, len(first)), Patients.of(target_groups, len(second))
        _require_enough(here, there)
        codes = np.concatenate([here.codes, there.codes + here.count])
        return cls(
            features=np.concatenate([first, second]),
            is_target=np.arange(len(codes)) >= len(first),
            patients=Patients(codes, here.count + there.count, here.known and there.known),
        )

    @cached_property
    def patient_is_target(self) -> NDArray[np.bool_]:
        """(patients,) the side of each."""
        side = np.zeros(self.patients.count, dtype=np.bool_)
        side[self.patients.codes[self.is_target]] = True
        return side

    @cached_property
    def standard(self) -> tuple[Floats, Floats]:
        """Mean and deviation (d,) of each feature over both sides together; infinite for a constant one."""
        mean, scale = self.features.mean(axis=0), self.features.std(axis=0)
        return mean, np.where(scale > 1e-12 * np.maximum(1.0, np.abs(mean)), scale, np.inf)

    @cached_property
    def standardised(self) -> Floats:
        """(n + m, d): each feature with mean 0 and variance 1 over both sides together; a constant one is 0."""
        mean, scale = self.standard
        return np.asarray((self.features - mean) / scale)

    @cached_property
    def gram(self) -> Floats:
        """(n + m, n + m): inner products of the standardised features."""
        return np.asarray(self.standardised @ self.standardised.T)

    def drawn(self, most: int, random: np.random.Generator) -> NDArray[np.intp]:
        """Rows of at most ``most`` cases of each side: whole patients in random order, each that still fits."""
        sizes = np.bincount(self.patients.codes, minlength=self.patients.count)
        kept = np.zeros(self.patients.count, dtype=np.bool_)
        for side in (False, True):
            room = most
            for patient in random.permutation(np.flatnonzero(self.patient_is_target == side)).tolist():
                if sizes[patient] <= room:
                    kept[patient] = True
                    room -= int(sizes[patient])
        return np.flatnonzero(kept[self.patients.codes])

    def take(self, rows: NDArray[np.intp]) -> Sides:
        """The same of some cases, in rising order. Raises ``DataError`` where too few patients are left."""
        ordered = np.sort(rows)
        taken = self.is_target[ordered]
        found, codes = np.unique(self.patients.codes[ordered], return_inverse=True)
        sides = self.patient_is_target[found]
        _require_counts(int((~sides).sum()), int(sides.sum()), self.patients.known)
        return Sides(self.features[ordered], taken, Patients(codes.astype(np.intp), len(found), self.patients.known))


def _require_enough(source: Patients, target: Patients) -> None:
    _require_counts(source.count, target.count, source.known and target.known)


def _require_counts(source: int, target: int, known: bool) -> None:
    if min(source, target) < FEWEST:
        unit = "patients" if known else "cases"
        raise DataError(
            f"{_DOING}: {source} {unit} of the source and {target} of the target; at least {FEWEST} of each are needed "
            "to tell a difference from chance: add cases"
        )
