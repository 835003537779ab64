"""Leaks of a split that comes with the data: who stands on both sides, and the mending.

Whatever also stands in a later part (train < val < test), as the same patient or as a duplicate, is taken out
of the earlier one. The test set is never changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.types import SPLITS

__all__ = ["Dropped", "find_leaks"]


@dataclass(frozen=True, slots=True)
class Dropped:
    """A case taken out of an earlier part: which, from where, why."""

    case: str
    part: str
    reason: str


def find_leaks(table: pd.DataFrame, groups: NDArray[np.int64]) -> list[Dropped]:
    """What would have to leave an earlier part, in the order of the cohort.

    ``table`` has ``case_id``, ``patient_id`` and a known ``split`` in every row; ``groups`` is ``(n,)``.
    """
    rank = table["split"].map({name: index for index, name in enumerate(SPLITS)}).to_numpy().astype(np.int64)
    patients = pd.factorize(table["patient_id"])[0].astype(np.int64)
    last_of_group = _latest(groups, rank)
    last_of_patient = _latest(patients, rank)
    leaks = []
    for row in np.flatnonzero(last_of_group > rank):
        later = SPLITS[last_of_group[row]]
        same_patient = patients[row] >= 0 and last_of_patient[row] == last_of_group[row]
        reason = f"patient is in {later}" if same_patient else f"duplicate of a {later} case"
        leaks.append(Dropped(str(table["case_id"].iloc[row]), SPLITS[rank[row]], reason))
    return leaks


def _latest(groups: NDArray[np.int64], rank: NDArray[np.int64]) -> NDArray[np.int64]:
    """For every row the latest part in which its group stands."""
    _, inverse = np.unique(groups, return_inverse=True)
    latest = np.full(int(inverse.max()) + 1, -1, dtype=np.int64)
    np.maximum.at(latest, inverse, rank)
    return latest[inverse]
