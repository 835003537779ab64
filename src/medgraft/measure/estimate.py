"""One number with what belongs to it: interval, cases, patients, threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

__all__ = ["FEW_EVENTS", "Estimate"]

FEW_EVENTS = 10
"""With fewer events than this an interval is not known to hold the truth in 95 of 100 samples (bench/coverage.py)."""


@dataclass(frozen=True)
class Estimate:
    """A metric's value with its 95 % interval.

    ``n`` is the number of cases that the number rests on: for sensitivity the cases of the class, for
    specificity the others, for precision those that were called so, else all. ``n_patients`` is the number of
    patients behind them, ``None`` where unknown. ``threshold`` and ``threshold_from`` are set only for a
    number that depends on one. A value that is not defined is NaN (``None`` in ``to_dict``). ``events``: how many
    cases of the rarest kind the number rests on (see ``metrics/events``), ``None`` where that is not counted; fewer
    than ``FEW_EVENTS`` are marked wherever it is shown.
    """

    value: float
    low: float
    high: float
    n: int
    n_patients: int | None = None
    threshold: float | None = None
    threshold_from: str | None = None
    events: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The entry in ``metrics.json``; NaN is ``None``; threshold and events only where there are such."""
        entry: dict[str, Any] = {
            "value": _number(self.value),
            "low": _number(self.low),
            "high": _number(self.high),
            "n": self.n,
            "n_patients": self.n_patients,
        }
        if self.threshold is not None:
            entry |= {"threshold": float(self.threshold), "threshold_from": self.threshold_from}
        if self.events is not None:
            entry["events"] = self.events
        return entry


def _number(value: float) -> float | None:
    """A plain float, or ``None`` for what JSON cannot carry."""
    return float(value) if math.isfinite(value) else None
