"""Probabilities of classes, and labels with them, checked before they are used; and how certain they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError, UsageError

__all__ = ["checked_cases", "checked_probability", "entropies", "unit_rows"]

Floats = NDArray[np.float64]
SUM_TOLERANCE = 1e-3
"""How far a row of probabilities may be from 1: a softmax in half precision is."""


def unit_rows(values: Floats) -> Floats | None:
    """Finite ``values`` (n, k) with rows that sum to exactly one; ``None`` where they are no probabilities: one is
    below 0, or the sum of a row farther from one than rounding explains."""
    sums = values.sum(axis=1)
    if values.size and (values.min() < 0 or np.abs(sums - 1).max() > SUM_TOLERANCE):
        return None
    return np.asarray(values / sums[:, None])


def entropies(probability: Floats) -> Floats:
    """(...) in nats of (..., k); 0 log 0 is 0."""
    logs = np.log(np.where(probability > 0, probability, 1.0))
    return np.asarray(-(probability * logs).sum(axis=-1))


def checked_probability(probability: NDArray[Any], doing: str) -> Floats:
    """(n, k) float64, rows that sum to exactly one; k is at least 2.

    Raises ``UsageError`` for a wrong shape or rows that are no probabilities, ``DataError`` for what is not finite.
    """
    chances = np.asarray(probability, dtype=np.float64)
    if chances.ndim != 2 or chances.shape[1] < 2:
        raise UsageError(f"{doing}: got probabilities of shape {chances.shape}; need (n, k) of two classes or more")
    if not np.isfinite(chances).all():
        bad = int((~np.isfinite(chances)).any(axis=1).sum())
        raise DataError(f"{doing}: {bad} of {len(chances)} cases have no finite probabilities; leave these cases out")
    rows = unit_rows(chances)
    if rows is None:
        raise UsageError(f"{doing}: rows are no probabilities; each value is at least 0 and each row sums to one")
    return rows


def checked_cases(y_true: NDArray[Any], probability: NDArray[Any], doing: str) -> tuple[NDArray[np.intp], Floats]:
    """Class indices (n,) in [0, k) and probabilities (n, k) of one case or more; errors as above."""
    chances, given = checked_probability(probability, doing), np.asarray(y_true)
    whole = np.issubdtype(given.dtype, np.integer) or given.dtype == np.bool_
    if given.shape != chances.shape[:1] or not whole:
        raise UsageError(
            f"{doing}: got labels {given.dtype} of shape {given.shape} for probabilities {chances.shape}; "
            "give one class index a case"
        )
    if not len(given):
        raise DataError(f"{doing}: there is no case; labelled cases that the model has not learnt from are needed")
    truth = given.astype(np.intp)
    if truth.min() < 0 or truth.max() >= chances.shape[1]:
        raise UsageError(
            f"{doing}: labels from {truth.min()} to {truth.max()} for {chances.shape[1]} classes; "
            "give indices of the columns, and leave out cases whose label is unknown"
        )
    return truth, chances
