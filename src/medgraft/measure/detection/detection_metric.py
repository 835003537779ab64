"""The contract of a measure of detection, and the registry of them.

A measure looks at the matches of one class under image weights and returns one number in [0, 1], higher is better; NaN
where the class has no true box among the drawn images (its false positives count nowhere then: say how many there are).
An image without boxes has no numbers of its own, but its false positives count. No randomness; where scores are equal
the order of images decides, as in COCO.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from medgraft.measure.detection.weighted import WeightedMatches
from medgraft.registry import Registry

__all__ = ["DETECTION", "DetectionMetric"]


@dataclass(frozen=True)
class DetectionMetric:
    """One measure; ``summary`` is its definition in a sentence."""

    name: str
    summary: str
    compute: Callable[[WeightedMatches], float]
    bounds: tuple[float, float] = (0.0, 1.0)

    def __call__(self, matches: WeightedMatches) -> float:
        """The number of one class."""
        return float(self.compute(matches))


DETECTION: Registry[DetectionMetric] = Registry("measure of detection")
