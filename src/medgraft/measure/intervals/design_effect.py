"""How much less a case tells when its patient has others: the design effect of a proportion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.patients import Patients

__all__ = ["design_effect"]


def design_effect(hit: NDArray[np.bool_], member: NDArray[np.bool_], patients: Patients) -> float:
    """Variance of the proportion of ``hit`` (n,) among ``member`` (n,) over that of as many lone cases.

    Patients are drawn as wholes (ratio estimator, between-patient variance). At least 1, so that clustering
    never narrows an interval; exactly 1 where every patient has one member. Where the variance cannot be
    seen (all or none are hits, or there is one patient) the cases of a patient are taken to be wholly alike:
    sum of squared cluster sizes over cases. NaN without a member.
    Source: Cochran, Sampling Techniques, 3rd ed., ch. 9A; Kish, Survey Sampling, 1965.
    """
    sizes = patients.sums(member)
    successes = patients.sums(hit & member)[sizes > 0]
    sizes = sizes[sizes > 0]
    cases, clusters = float(sizes.sum()), len(sizes)
    if not clusters:
        return float("nan")
    if clusters == cases:
        return 1.0
    alike = float((sizes**2).sum() / cases)
    share = float(successes.sum() / cases)
    if clusters == 1 or share in (0.0, 1.0):
        return alike
    between = clusters / (clusters - 1) * float(((successes - share * sizes) ** 2).sum()) / cases**2
    alone = share * (1 - share) / (cases - 1)
    return max(1.0, between / alone)
