"""No mending: probabilities stay as the model says them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.calibrating.calibrator import CALIBRATORS
from medgraft.measure.probabilities import checked_probability

__all__ = ["Uncalibrated"]

Floats = NDArray[np.float64]


@CALIBRATORS.register("none")
@dataclass(frozen=True)
class Uncalibrated:
    """See the module."""

    kind: ClassVar[str] = "none"
    summary: ClassVar[str] = "the probabilities of the model as they are"

    @classmethod
    def fit(cls, truth: NDArray[np.intp], probability: Floats) -> Self:
        """There is nothing to fit."""
        return cls()

    def __call__(self, probability: NDArray[Any]) -> Floats:
        """The same."""
        return checked_probability(probability, "calibrating")

    def parameters(self) -> dict[str, Any]:
        """There are none."""
        return {}

    @classmethod
    def restore(cls, parameters: Mapping[str, Any]) -> Self:
        """See the contract."""
        return cls()
