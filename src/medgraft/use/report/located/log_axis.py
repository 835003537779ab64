"""Ticks of a logarithmic axis that a reader can use: a few round numbers, also where it spans less than a decade."""

from __future__ import annotations

import math

__all__ = ["log_ticks"]

_STEPS = (
    (1.0,),
    (1.0, 2.0, 5.0),
    (1.0, 1.5, 2.0, 3.0, 5.0, 7.0),
    (1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0),
)
_FEWEST = 4


def log_ticks(low: float, high: float) -> list[float]:
    """The coarsest round numbers of which at least four lie in [``low``, ``high``], both above 0; all of the finest
    where that many do not exist."""
    found: list[float] = []
    for steps in _STEPS:
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        found = [tick for power in powers for step in steps if low <= (tick := float(f"{step}e{power}")) <= high]
        if len(found) >= _FEWEST:
            break
    return found
