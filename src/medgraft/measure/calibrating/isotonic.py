"""Isotonic calibration: the rising curve that fits best, one class against the rest; rows are brought to sum to one.

Of two classes the curve is that of the second, and the first has the rest. Between its points the curve is a straight
line, beyond them it is level. ``n`` cases cannot tell a chance of 0 or 1, so that values stay within
[1 / (n + 2), 1 − 1 / (n + 2)] (Laplace's rule of succession): else one case would make the log loss infinite.
A curve needs many cases: with less than a few hundred, one number (``temperature``) is mostly better.
Source: Zadrozny & Elkan, Transforming classifier scores into accurate multiclass probability estimates, KDD 2002.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from medgraft.errors import UsageError
from medgraft.measure.calibrating.calibrator import CALIBRATORS
from medgraft.measure.probabilities import checked_probability

__all__ = ["Isotonic", "RisingCurve", "rising_curve"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RisingCurve:
    """``so`` (m,) against ``said`` (m,), both rising; only the points where the curve bends."""

    said: tuple[float, ...]
    so: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.said or len(self.said) != len(self.so) or np.any(np.diff(self.said) <= 0):
            raise ValueError(f"a curve of {len(self.said)} rising points with {len(self.so)} values")

    def __call__(self, values: Floats) -> Floats:
        """Of ``values`` of any shape."""
        return np.asarray(np.interp(values, self.said, self.so))


def rising_curve(truth: NDArray[np.bool_], score: Floats) -> RisingCurve:
    """The best rising fit (least squares) of ``truth`` (n,) by ``score`` (n,), equal scores together."""
    said, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    shares = np.bincount(place, weights=truth) / counts
    so = np.asarray(isotonic_regression(shares, weights=counts.astype(np.float64)).x, dtype=np.float64)
    least = 1 / (len(score) + 2)
    so = np.clip(so, least, 1 - least)
    # Inside a level stretch the points say nothing that its ends do not.
    bends = np.ones(len(so), dtype=np.bool_)
    bends[1:-1] = (so[1:-1] != so[:-2]) | (so[1:-1] != so[2:])
    return RisingCurve(tuple(said[bends].tolist()), tuple(so[bends].tolist()))


@CALIBRATORS.register("isotonic")
@dataclass(frozen=True)
class Isotonic:
    """``curves``: one of the second of two classes, or one a class."""

    kind: ClassVar[str] = "isotonic"
    summary: ClassVar[str] = "the best rising curve a class (one against the rest), rows brought to sum to one"

    curves: tuple[RisingCurve, ...]

    def __post_init__(self) -> None:
        if len(self.curves) in (0, 2):
            raise ValueError(f"{len(self.curves)} curves; one for two classes, else one a class")

    @classmethod
    def fit(cls, truth: NDArray[np.intp], probability: Floats) -> Self:
        """See the contract."""
        classes = range(probability.shape[1]) if probability.shape[1] > 2 else (1,)
        return cls(tuple(rising_curve(truth == one, probability[:, one]) for one in classes))

    def __call__(self, probability: NDArray[Any]) -> Floats:
        """See the contract."""
        chances = checked_probability(probability, "calibrating")
        wanted = 2 if len(self.curves) == 1 else len(self.curves)
        if chances.shape[1] != wanted:
            raise UsageError(f"calibrating: {chances.shape[1]} classes, and the curves are of {wanted}")
        if len(self.curves) == 1:
            second = self.curves[0](chances[:, 1])
            return np.stack([1 - second, second], axis=1)
        mended = np.stack([curve(chances[:, column]) for column, curve in enumerate(self.curves)], axis=1)
        return np.asarray(mended / mended.sum(axis=1, keepdims=True))

    def parameters(self) -> dict[str, Any]:
        """See the contract."""
        return {"curves": [{"said": list(curve.said), "so": list(curve.so)} for curve in self.curves]}

    @classmethod
    def restore(cls, parameters: Mapping[str, Any]) -> Self:
        """See the contract."""
        return cls(
            tuple(
                RisingCurve(tuple(float(x) for x in curve["said"]), tuple(float(y) for y in curve["so"]))
                for curve in parameters["curves"]
            )
        )
