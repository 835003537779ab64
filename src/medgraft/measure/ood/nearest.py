"""Distance to the k-th nearest of a bank of training features, all standardised and brought to length one.

The bank holds averages of five patients that are alike, not rows of single patients, so that it may stand in a bundle;
``bank_of(…, together=1)`` has the cases themselves, as in the paper. Distances lie in [0, 2].
Source: Sun et al., Out-of-distribution detection with deep nearest neighbors, ICML 2022.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.ood.alike_groups import alike_groups
from medgraft.measure.ood.detector import DETECTORS, checked_features, standardisation
from medgraft.measure.patients import Patients

__all__ = ["Nearest"]

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
TOGETHER = 5
"""Patients in an average of the bank: what statistics offices ask of a published cell."""
CASES_NEAR = 10
"""k of a bank of single cases; of averages it is as many cases' worth."""
BLOCK = 1024


@DETECTORS.register("knn")
@dataclass(frozen=True)
class Nearest:
    """``bank`` (m, d) rows of length one; ``mean`` and ``scale`` (d,) of raw features; ``k`` in [1, m]; ``together``:
    patients behind each row."""

    kind: ClassVar[str] = "knn"
    summary: ClassVar[str] = "distance to the k-th nearest average of five training patients, all of length one"

    mean: Singles
    scale: Singles
    bank: Singles
    k: int
    together: int

    def __post_init__(self) -> None:
        if self.bank.ndim != 2 or not self.mean.shape == self.scale.shape == self.bank.shape[1:]:
            raise ValueError(f"a bank of {self.bank.shape} for {self.mean.shape} features")
        if not 1 <= self.k <= len(self.bank):
            raise ValueError(f"k = {self.k} of a bank of {len(self.bank)}")

    @property
    def gallery(self) -> bool:
        """See the contract."""
        return self.together < TOGETHER

    @classmethod
    def fit(cls, features: Floats, codes: NDArray[np.intp], patients: Patients) -> Self:
        """See the contract."""
        return cls.bank_of(features, patients, together=TOGETHER)

    @classmethod
    def bank_of(cls, features: Floats, patients: Patients, *, together: int) -> Self:
        """A bank of averages of ``together`` patients or more (1: of the cases themselves)."""
        mean, scale = standardisation(features)
        rows = _unit((features - mean) / scale)
        if together > 1:
            persons = _averages(rows, patients.codes, patients.count)
            groups = alike_groups(persons, together)
            rows = _unit(_averages(persons, groups, int(groups.max()) + 1))
        k = min(len(rows), max(1, CASES_NEAR // together))
        return cls(mean, scale, rows.astype(np.float32), k, together)

    def __call__(self, features: NDArray[Any]) -> Floats:
        """See the contract."""
        rows = checked_features(features, "measuring strangeness", self.mean.size)
        unit, bank = _unit((rows - self.mean) / self.scale), self.bank.astype(np.float64)
        found = np.empty(len(unit))
        for start in range(0, len(unit), BLOCK):
            likeness = unit[start : start + BLOCK] @ bank.T
            place = len(bank) - self.k
            kth = np.partition(likeness, place, axis=1)[:, place]
            found[start : start + BLOCK] = np.sqrt(np.maximum(2 - 2 * kth, 0.0))
        return found

    def tensors(self) -> dict[str, NDArray[Any]]:
        """See the contract."""
        return {"mean": self.mean, "scale": self.scale, "bank": self.bank}

    def facts(self) -> dict[str, Any]:
        """See the contract."""
        return {"k": self.k, "together": self.together}

    @classmethod
    def restore(cls, tensors: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> Self:
        """See the contract."""
        mean, scale, bank = (np.asarray(tensors[name], dtype=np.float32) for name in ("mean", "scale", "bank"))
        return cls(mean, scale, bank, int(facts["k"]), int(facts["together"]))


def _unit(rows: Floats) -> Floats:
    """Rows of length one; zero stays zero."""
    lengths = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    return np.asarray(rows / np.maximum(lengths, 1e-12))


def _averages(rows: Floats, codes: NDArray[np.intp], count: int) -> Floats:
    """(count, d): the mean row of each code."""
    order, sizes = np.argsort(codes, kind="stable"), np.bincount(codes, minlength=count)
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    return np.asarray(np.add.reduceat(rows[order], starts, axis=0) / sizes[:, None])
