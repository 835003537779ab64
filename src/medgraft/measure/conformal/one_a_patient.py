"""One number a patient out of those of its cases, because patients are exchangeable and cases of one are not.

- ``one``: that of one case, drawn at random. A bound from these holds for a random case of a new patient with the
  chance that was asked for: drawn cases of different patients are exchangeable, however alike a patient's cases are.
- ``worst``: the highest. A bound holds for *all* cases of a new patient at once with that chance, so that a single
  case is inside more often.

A draw depends on the seed and on the order of the cases.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.measure.patients import Patients

__all__ = ["PatientRule", "one_a_patient"]

PatientRule = Literal["one", "worst"]


def one_a_patient(
    scores: NDArray[Any], patients: Patients, member: NDArray[np.bool_], *, rule: PatientRule = "one", seed: int = 0
) -> NDArray[np.float64]:
    """(patients with a case in ``member``,) of ``scores`` (n,). Raises ``UsageError`` for what does not fit."""
    values = np.asarray(scores, dtype=np.float64)
    if rule not in ("one", "worst") or values.shape != member.shape or values.shape != patients.codes.shape:
        raise UsageError(
            f"one score a patient: rule {rule!r}, scores {values.shape} of {len(patients.codes)} cases; the rule is "
            "one or worst, and every case has a score"
        )
    if rule == "worst":
        highest = np.full(patients.count, -np.inf)
        np.maximum.at(highest, patients.codes[member], values[member])
        return highest[np.unique(patients.codes[member])]
    lot = np.random.default_rng(seed).permutation(len(values))
    drawn = lot[member[lot]]
    return values[drawn[np.unique(patients.codes[drawn], return_index=True)[1]]]
