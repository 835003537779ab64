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

from medgraft.registry import Registry

__all__ = ["CALIBRATORS", "Calibrator", "log_probability"]

Floats = NDArray[np.float64]
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


def log_probability(probability: Floats) -> Floats:
    """Natural logarithm, finite also for a probability of 0."""
    return np.asarray(np.log(np.maximum(probability, SMALLEST)))
