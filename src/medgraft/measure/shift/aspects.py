"""Plain numbers of pictures (brightness, size, …) side by side: which of them differ, so that a shift has a name.

``chance_higher`` is the chance that a target case has a higher number than a source case, ties one half: 0.5 is no
difference, 0 and 1 are ranges that do not meet. Its interval is DeLong's over patients.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.measure.intervals.delong import auroc_influence
from medgraft.measure.patients import Patients

__all__ = ["Aspect", "compare_aspects"]

CLEAR = 0.2
"""How far from one half the chance must be for an aspect to be named: a smaller difference may be real and is no
explanation."""


@dataclass(frozen=True)
class Aspect:
    """Medians of both sides, and ``chance_higher`` with its 95 % interval. ``clear``: far from one half, and surely."""

    name: str
    source: float
    target: float
    chance_higher: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether it is worth naming."""
        apart = abs(self.chance_higher - 0.5) >= CLEAR
        return apart and (self.low > 0.5 or self.high < 0.5)


def compare_aspects(
    values: Mapping[str, NDArray[Any]], is_target: NDArray[np.bool_], patients: Patients
) -> tuple[Aspect, ...]:
    """Of ``values`` (n,) by name, NaN where unknown; the greatest difference first.

    An aspect that a side knows of fewer than two patients is left out. Raises ``UsageError`` for other shapes.
    """
    found = []
    for name, given in values.items():
        numbers = np.asarray(given, np.float64)
        if numbers.shape != is_target.shape:
            raise UsageError(f"comparing {name}: {numbers.shape} for {len(is_target)} cases; give one number a case")
        known = np.isfinite(numbers)
        sides = numbers[known & ~is_target], numbers[known & is_target]
        if not (sides[0].size and sides[1].size):
            continue
        codes = np.unique(patients.codes[known], return_inverse=True)[1].astype(np.intp)
        influence = auroc_influence(
            is_target[known], numbers[known], Patients(codes, int(codes.max()) + 1, patients.known)
        )
        if influence.pairs < 2 or math.isnan(influence.value):
            continue
        low, high = influence.interval()
        here, there = (float(np.median(side)) for side in sides)
        found.append(Aspect(name, here, there, influence.value, low, high))
    return tuple(sorted(found, key=lambda one: -abs(one.chance_higher - 0.5)))
