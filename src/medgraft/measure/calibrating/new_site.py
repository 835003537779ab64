"""Probabilities for another site: from some of its labelled cases, or from its prevalence alone.

Both give a map to put behind the one that the model has (``CalibrationChain.then``). A threshold belongs to the
probabilities that it was chosen on: choose it again afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.measure.calibrating.shift_scale import ShiftScale
from medgraft.measure.patients import Patients
from medgraft.measure.probabilities import checked_cases

__all__ = ["prior_corrected", "recalibrated"]


def recalibrated(y_true: NDArray[Any], probability: NDArray[Any], *, groups: NDArray[Any] | None = None) -> ShiftScale:
    """From labelled cases of the site: ``y_true`` (n,) indices, ``probability`` (n, k) as the model says them.

    Shrunk towards no change, so that ten cases cannot spoil what many have taught; a class without a case among them
    becomes rarer only as far as their number says. The cases of one patient count as one. Raises ``UsageError`` and
    ``DataError`` for what does not fit.
    """
    truth, chances = checked_cases(y_true, probability, "recalibrating for a new site")
    patients = Patients.of(groups, len(truth))
    share = 1 / patients.sums(np.ones(len(truth)))
    return ShiftScale.fit(truth, chances, share[patients.codes])


def prior_corrected(before: Sequence[float], after: Sequence[float]) -> ShiftScale:
    """From shares of the classes: ``before`` where the model learnt, ``after`` where it will be used; any scale.

    Right where only the shares differ and each class looks the same at both places (label shift); p' ∝ p · after /
    before. Raises ``UsageError`` unless all shares are above 0.
    Source: Saerens, Latinne & Decaestecker, Neural Computation 2002;14:21-41.
    """
    old, new = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    fits = old.ndim == 1 and old.shape == new.shape and len(old) > 1
    if not fits or not np.isfinite([old, new]).all() or min(old.min(), new.min()) <= 0:
        raise UsageError(
            f"correcting for another prevalence: shares {list(before)} before and {list(after)} after; give one number "
            "above 0 a class for both, in the same order"
        )
    moved = np.log(new / new.sum()) - np.log(old / old.sum())
    return ShiftScale(1.0, tuple((moved - moved.mean()).tolist()))
