"""McNemar's test: does one of two sets of answers to the same cases have more right ones, by more than chance?

Only cases count on which one is right and the other wrong. Where every patient has one case: the exact test with the
mid-p value, twice the smaller tail with half the chance of what was seen. Where patients have several: Durkalski's
statistic, χ² with one degree of freedom, in which every patient counts the same:

    (Σ (b_k − c_k) / n_k)² / Σ ((b_k − c_k) / n_k)²

b_k and c_k the cases of patient k that only the first and only the second has right, n_k all its cases. Beside both the
plain χ² = (b − c)² / (b + c), without a correction for continuity.
Source: McNemar, Psychometrika 1947;12:153-157; Fagerland, Lydersen & Laake, BMC Medical Research Methodology 2013;13:91
(mid-p); Durkalski et al., Statistics in Medicine 2003;22:2417-2428 (several cases a patient).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, chdtrc

from medgraft.errors import UsageError
from medgraft.measure.patients import Patients

__all__ = ["McNemar", "mcnemar", "mid_p"]


@dataclass(frozen=True)
class McNemar:
    """``first_only`` and ``second_only``: cases that only one has right. ``p_value`` by ``method``; ``p_asymptotic``:
    of the plain χ², NaN where the two never differ."""

    first_only: int
    second_only: int
    p_value: float
    method: str
    p_asymptotic: float
    n: int
    n_patients: int | None


def mcnemar(first_right: NDArray[Any], second_right: NDArray[Any], *, groups: NDArray[Any] | None = None) -> McNemar:
    """Of two sets of answers that are right (n,) or not; ``groups`` (n,): patient numbers.

    Raises ``UsageError`` for what does not fit.
    """
    one, other = np.asarray(first_right), np.asarray(second_right)
    if one.ndim != 1 or not one.size or one.shape != other.shape or not one.dtype == other.dtype == np.bool_:
        raise UsageError(
            f"comparing answers: {one.dtype} {one.shape} and {other.dtype} {other.shape}; give right or not (bool) of "
            "the same cases, one case or more"
        )
    patients = Patients.of(groups, len(one))
    gained, lost = int((one & ~other).sum()), int((other & ~one).sum())
    if patients.single:
        p_value, method = mid_p(gained, lost), "exact McNemar, mid-p"
    else:
        balance = one.astype(np.float64) - other
        p_value, method = _durkalski(patients.sums(balance) / patients.sums(np.ones(len(one)))), "Durkalski"
    differing = gained + lost
    plain = float(chdtrc(1, (gained - lost) ** 2 / differing)) if differing else float("nan")
    count = patients.count if patients.known else None
    return McNemar(gained, lost, p_value, method, plain, len(one), count)


def mid_p(gained: int, lost: int) -> float:
    """Two-sided mid-p value of ``gained`` against ``lost`` at equal chances; 1 where they are equal, or none."""
    differing, fewer = gained + lost, min(gained, lost)
    if not differing:
        return 1.0
    up_to = float(bdtr(fewer, differing, 0.5))
    below = float(bdtr(fewer - 1, differing, 0.5)) if fewer else 0.0
    return min(1.0, up_to + below)  # twice (below + half of what was seen)


def _durkalski(balance: NDArray[np.float64]) -> float:
    """P value of the patients' mean balances (patients,)."""
    squares = float((balance**2).sum())
    return float(chdtrc(1, float(balance.sum()) ** 2 / squares)) if squares > 0 else 1.0
