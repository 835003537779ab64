"""Histogram matching to a fixed reference (Nyúl & Udupa 1999 in spirit): for MR, whose numbers have no unit.

The reference is a bell around the middle, or quantiles that are given; it is never taken from other pictures here, so
that no test picture can shape it.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from medgraft.data.imaging.filters.filter import FILTERS, Pixels

__all__ = ["MatchHistogram"]

_POINTS = 65
_BELL = NormalDist(0.5, 0.2)


@FILTERS.register("match-histogram")
class MatchHistogram(BaseModel):
    """Every value goes to the value of the same rank in the reference."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: ClassVar[str] = "match-histogram"

    kind: Literal["match-histogram"] = "match-histogram"
    quantiles: tuple[float, ...] = Field(
        default=(),
        description="values in [0, 1] at evenly spaced ranks, rising; none: a bell of mean 0.5, deviation 0.2",
    )

    def apply(self, pixels: Pixels) -> Pixels:
        """Each channel by itself; black background (exact zeros) stays black."""
        reference = np.array(self.quantiles) if self.quantiles else _bell()
        ranks = np.linspace(0, 1, len(reference))
        found = []
        for channel in np.clip(pixels, 0.0, 1.0):
            seen = channel[channel > 0]
            if seen.size < 2 or seen.min() == seen.max():
                found.append(channel)
                continue
            own = np.quantile(seen, ranks)
            rising = np.concatenate([[True], np.diff(own) > 0])
            moved = np.interp(channel, own[rising], reference[rising])
            found.append(np.where(channel > 0, moved, 0.0))
        return np.asarray(np.clip(np.stack(found), 0.0, 1.0), dtype=np.float32)


def _bell() -> NDArray[np.float64]:
    inner = np.linspace(0, 1, _POINTS)[1:-1]
    return np.array([0.0, *(min(max(_BELL.inv_cdf(float(rank)), 0.0), 1.0) for rank in inner), 1.0])
