"""The matches of one class under image weights: precision at fixed recalls, and sensitivity at fixed false positives.

A weight says how often an image was drawn; all ones is the sample itself. Predictions are counted from the best score
down. Where the class has no true box among the drawn images, recall and sensitivity are NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.detection.matching import Matches

__all__ = ["FALSE_POSITIVES", "RECALLS", "WeightedMatches"]

Floats = NDArray[np.float64]
RECALLS = np.linspace(0.0, 1.0, 101)
FALSE_POSITIVES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""An image."""
_ROUNDING = 1e-9


@dataclass(frozen=True)
class WeightedMatches:
    """``matches`` whose last threshold is that of FROC, those before it COCO's; ``weights`` (n,) of the images."""

    matches: Matches
    weights: Floats

    @cached_property
    def truths(self) -> float:
        """How many true boxes there are."""
        return float(self.matches.truths @ self.weights)

    @cached_property
    def _hit(self) -> Floats:
        """(t, p) hits up to each prediction."""
        return np.cumsum(self.matches.hits * self._each, axis=1)

    @cached_property
    def _each(self) -> Floats:
        """(p,) the weight of each prediction."""
        return np.asarray(self.weights[self.matches.images])

    @cached_property
    def precisions(self) -> Floats:
        """(t, 101) the highest precision at a recall of at least 0, 0.01, … 1, at each of COCO's thresholds; 0 where
        that recall is not reached."""
        hit = self._hit[:-1]
        found = np.zeros((len(hit), len(RECALLS)))
        if not self.truths:
            return np.full_like(found, np.nan)
        called = np.cumsum(self._each)
        precision = np.divide(hit, called, out=np.zeros_like(hit), where=called > 0)
        highest = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        for row, recall in enumerate(hit / self.truths):
            places = np.searchsorted(recall, RECALLS, side="left")
            reached = places < len(recall)
            found[row, reached] = highest[row, places[reached]]
        return found

    @cached_property
    def sensitivities(self) -> Floats:
        """(7,) the highest sensitivity with at most 1/8, 1/4, 1/2, 1, 2, 4, 8 false positives an image."""
        return self.sensitivity_at(FALSE_POSITIVES)

    def sensitivity_at(self, limits: Sequence[float]) -> Floats:
        """(m,) the highest sensitivity with at most ``limits`` false positives an image; predictions of one score stand
        or fall together."""
        if not self.truths:
            return np.full(len(limits), np.nan)
        cuts = self.matches.last_of_score
        hit = self._hit[-1][cuts]
        false = (np.cumsum(self._each)[cuts] - hit) / self.weights.sum()
        allowed = np.searchsorted(false, np.asarray(limits, dtype=np.float64) + _ROUNDING, side="right")
        return np.concatenate([[0.0], hit])[allowed] / self.truths
