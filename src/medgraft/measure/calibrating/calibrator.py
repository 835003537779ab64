"""The contract of a calibrator, and the registry of them: from said probabilities to mended ones.

    fit(truth, probability) -> calibrator        on cases that the model has not learnt from
    calibrator(probability) -> probability       (n, k), rows that sum to one

A calibrator is plain data: ``parameters()`` is all of it, ``restore`` makes it again, and equal parameters give equal
answers. The same cases in any order give the same map, up to rounding. Of several labels a case each label is a
task of its own, k = 2: no and yes. What is mended on the cases that it was fitted on looks better than it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError, UsageError
from medgraft.registry import Registry

__all__ = ["CALIBRATORS", "Calibrator", "checked_cases", "checked_probability", "log_probability"]

Floats = NDArray[np.float64]
SUM_TOLERANCE = 1e-3
"""How far a row of probabilities may be from 1: a softmax in half precision is."""
SMALLEST = 1e-12
"""A probability of 0 is taken for this where its logarithm is asked for."""


class Calibrator(Protocol):
    """One map; ``kind`` is its name in ``calibration.json``, ``summary`` what it does in a sentence."""

    kind: ClassVar[str]
    summary: ClassVar[str]

    @classmethod
    def fit(cls, truth: NDArray[np.intp], probability: Floats) -> Self:
        """Of class indices (n,) and probabilities (n, k) that were checked (``checked_cases``)."""
        ...

    def __call__(self, probability: NDArray[Any]) -> Floats:
        """Mended probabilities (n, k). Raises ``UsageError`` for another number of classes."""
        ...

    def parameters(self) -> dict[str, Any]:
        """All of it as plain data, without the kind."""
        ...

    @classmethod
    def restore(cls, parameters: Mapping[str, Any]) -> Self:
        """The calibrator that gave these; ``KeyError``, ``TypeError`` or ``ValueError`` for what does not fit."""
        ...


CALIBRATORS: Registry[type[Calibrator]] = Registry("calibrator")


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
    sums = chances.sum(axis=1)
    if chances.size and (chances.min() < 0 or np.abs(sums - 1).max() > SUM_TOLERANCE):
        raise UsageError(f"{doing}: rows are no probabilities; each value is at least 0 and each row sums to one")
    return np.asarray(chances / sums[:, None])


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


def log_probability(probability: Floats) -> Floats:
    """Natural logarithm, finite also for a probability of 0."""
    return np.asarray(np.log(np.maximum(probability, SMALLEST)))
