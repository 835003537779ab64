"""Permutation tests over patients: if the sides are alike, any exchange of patients between them is as likely.

A test gives its statistic for several allocations at once: ``targets`` (patients, 1 + draws) says in each column which
patients are called target, and the first column is what was observed. A high statistic speaks for a difference. The
p-value is the share of columns, the observed one among them, that are as high as the observed one, so that it never
is 0 and is exact for any number of draws (Phipson & Smyth, Stat Appl Genet Mol Biol 2010;9:39).

Several tests on the same columns are joined by their smallest p-value, which is itself compared with the smallest
p-value of every other column (Westfall & Young 1993): exact, and less strict than Bonferroni where tests agree.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError

__all__ = ["allocations", "joint_p_value", "p_value", "tail_shares"]

Floats = NDArray[np.float64]
_EXCHANGING = 1
"""Name of the stream of random numbers: another than that of the folds and of the drawn cases."""
_ROUNDING = 1e-9
"""Part of the range of a statistic below which two values count as equal: sums in another order differ so much."""


def allocations(patient_is_target: NDArray[np.bool_], draws: int, seed: int) -> Floats:
    """(patients, 1 + draws) of 1 (target) and 0: as observed, then exchanged at random with the same numbers."""
    if draws < 1:
        raise UsageError(f"permutation test: {draws} draws; at least 1 is needed, and 999 serve well")
    observed = patient_is_target.astype(np.float64)[:, None]
    exchanged = np.random.default_rng((_EXCHANGING, seed)).permuted(np.repeat(observed, draws, axis=1), axis=0)
    return np.hstack([observed, exchanged])


def tail_shares(statistic: Floats) -> Floats:
    """(1 + draws,) for each column the share of columns that are as high or higher."""
    ranked = np.sort(statistic)
    slack = _ROUNDING * max(float(ranked[-1] - ranked[0]), np.finfo(np.float64).tiny)
    below = np.searchsorted(ranked, statistic - slack, "left")
    return np.asarray(1.0 - below / len(ranked))


def p_value(statistic: Floats) -> float:
    """Of one test's statistics (1 + draws,), the observed one first."""
    return float(tail_shares(statistic)[0])


def joint_p_value(*statistics: Floats) -> float:
    """Of several tests on the same columns."""
    smallest = np.min([tail_shares(statistic) for statistic in statistics], axis=0)
    return float(np.mean(smallest <= smallest[0] + _ROUNDING))
