"""Where an adapted model reads the cases: what a method did to features, for those who want to see it.

Features are the signed root of pooled ones, as the probe and the tests of shift read them. A method that only changes
the head moves nothing. One that folds its map into the head has the moved features nowhere but here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

__all__ = ["Moved", "Side"]

Side = Literal["source", "target", "both", "own space"]


@dataclass(frozen=True)
class Moved:
    """``side``: which cases are moved. ``source`` (n, d) and ``target`` (m, d) as the adapted model reads them,
    ``None`` for a side that stays as it is; in the method's ``own space`` both are there, of a width of their own."""

    side: Side
    source: NDArray[Any] | None
    target: NDArray[Any] | None
