"""Temperature scaling: one number that makes all probabilities bolder or more timid, and changes no ranking.

    p' = softmax(log p / T),   T > 1 more timid, T < 1 bolder

T minimises the log loss, which is convex in 1/T, so that its root is found by bisection. It stays within [1/20, 20],
where it ends up if the cases are told apart without an error, or not at all.
Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import softmax

from medgraft.measure.calibrating.calibrator import CALIBRATORS, log_probability
from medgraft.measure.probabilities import checked_probability

__all__ = ["Temperature"]

Floats = NDArray[np.float64]
LIMIT = 20.0


@CALIBRATORS.register("temperature")
@dataclass(frozen=True)
class Temperature:
    """``temperature`` T in [1/20, 20]."""

    kind: ClassVar[str] = "temperature"
    summary: ClassVar[str] = "all log-probabilities divided by one number; the order of cases stays"

    temperature: float

    def __post_init__(self) -> None:
        if not 0 < self.temperature < np.inf:
            raise ValueError(f"a temperature of {self.temperature}; it is above 0")

    @classmethod
    def fit(cls, truth: NDArray[np.intp], probability: Floats) -> Self:
        """See the contract."""
        logits = log_probability(probability)
        said = float(logits[np.arange(len(truth)), truth].mean())

        def slope(inverse: float) -> float:
            """Of the log loss at 1/T, rising: what the model expects of its own log-probabilities less what came."""
            return float((softmax(inverse * logits, axis=1) * logits).sum(axis=1).mean()) - said

        if slope(1 / LIMIT) >= 0:
            return cls(LIMIT)
        if slope(LIMIT) <= 0:
            return cls(1 / LIMIT)
        return cls(1 / float(brentq(slope, 1 / LIMIT, LIMIT, xtol=1e-10)))

    def __call__(self, probability: NDArray[Any]) -> Floats:
        """See the contract."""
        logits = log_probability(checked_probability(probability, "calibrating"))
        return np.asarray(softmax(logits / self.temperature, axis=1))

    def parameters(self) -> dict[str, Any]:
        """See the contract."""
        return {"temperature": self.temperature}

    @classmethod
    def restore(cls, parameters: Mapping[str, Any]) -> Self:
        """See the contract."""
        return cls(float(parameters["temperature"]))
