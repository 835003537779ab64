"""Shift and scale: a bias a class and one slope on the log-probabilities, held back towards no change.

    p' = softmax(b log p + a)

Of two classes this is Platt's line in the log-odds; of more it is bias-corrected temperature scaling. ``fit`` minimises

    Σ log loss + Σ a² / (2 · 1.0²) + (b − 1)² / (2 · 0.5²)

so that a handful of cases moves the map a little and many cases move it as far as they say. The spreads are those of
a normal belief: between sites the odds of a class change by a factor of 4 or less in two of three, and the slope by a
half. The slope stays within [1/20, 20]: a map that turns the ranking round is no calibration.
Source: Platt, Advances in Large Margin Classifiers 1999; Alexandari, Kundaje & Shrikumar, ICML 2020; shrinkage for a
new setting: Steyerberg et al., Statistics in Medicine 2004;23:2567-2586.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from medgraft.errors import UsageError
from medgraft.measure.calibrating.calibrator import CALIBRATORS, log_probability
from medgraft.measure.probabilities import checked_probability

__all__ = ["ShiftScale"]

Floats = NDArray[np.float64]
SHIFT_SPREAD, SLOPE_SPREAD = 1.0, 0.5
LIMIT = 20.0


@CALIBRATORS.register("shift-scale")
@dataclass(frozen=True)
class ShiftScale:
    """``shifts`` (k,) a, natural logarithms that sum to zero, and ``slope`` b in [1/20, 20]."""

    kind: ClassVar[str] = "shift-scale"
    summary: ClassVar[str] = "a bias a class and one slope on the log-probabilities, shrunk towards no change"

    slope: float
    shifts: tuple[float, ...]

    def __post_init__(self) -> None:
        if not 0 < self.slope < np.inf or len(self.shifts) < 2 or not np.isfinite(self.shifts).all():
            raise ValueError(f"a slope of {self.slope} and shifts of {self.shifts}; above 0, and finite ones")

    @classmethod
    def fit(cls, truth: NDArray[np.intp], probability: Floats, weights: Floats | None = None) -> Self:
        """See the contract. ``weights`` (n,): how much a case counts against the shrinkage; 1 each without them."""
        logits = log_probability(probability)
        cases, classes = logits.shape
        counts = np.ones(cases) if weights is None else weights
        hot = np.eye(classes)[truth]

        def loss(at: Floats) -> tuple[float, Floats]:
            slope, shifts = at[0], at[1:]
            said = log_softmax(slope * logits + shifts, axis=1)
            wrong = counts[:, None] * (np.exp(said) - hot)
            value = -float(counts @ said[np.arange(cases), truth])
            value += float((shifts**2).sum()) / (2 * SHIFT_SPREAD**2) + (slope - 1) ** 2 / (2 * SLOPE_SPREAD**2)
            steps = wrong.sum(axis=0) + shifts / SHIFT_SPREAD**2
            turn = float((wrong * logits).sum()) + (slope - 1) / SLOPE_SPREAD**2
            return value, np.concatenate(([turn], steps))

        start = np.concatenate(([1.0], np.zeros(classes)))
        bounds = [(1 / LIMIT, LIMIT), *[(None, None)] * classes]
        options = {"maxiter": 1000, "ftol": 1e-14, "gtol": 1e-8}
        found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
        shifts = found[1:] - found[1:].mean()
        return cls(float(found[0]), tuple(shifts.tolist()))

    def __call__(self, probability: NDArray[Any]) -> Floats:
        """See the contract."""
        chances = checked_probability(probability, "calibrating")
        if chances.shape[1] != len(self.shifts):
            raise UsageError(f"calibrating: {chances.shape[1]} classes, and the shifts are of {len(self.shifts)}")
        return np.asarray(softmax(self.slope * log_probability(chances) + np.array(self.shifts), axis=1))

    def parameters(self) -> dict[str, Any]:
        """See the contract."""
        return {"slope": self.slope, "shifts": list(self.shifts)}

    @classmethod
    def restore(cls, parameters: Mapping[str, Any]) -> Self:
        """See the contract."""
        return cls(float(parameters["slope"]), tuple(float(shift) for shift in parameters["shifts"]))
