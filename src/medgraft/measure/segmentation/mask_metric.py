"""The contract of a measure of outlines, and the registry of them.

A measure looks at one case and one class, a ``MaskPair``, and returns a ``Score``: its value, and how much the case
counts in a mean (1, or the number of lesions; 0 where the value is not defined, which is NaN). What an empty mask means
is part of each definition, and how often there was one is counted beside the numbers (``evaluation``):

    measure                both empty   truth empty    prediction empty   spacing unknown
    dice, iou              1            0              0                  defined
    nsd                    1            0              0                  not defined
    hd95                   0            the picture's diagonal (mm)       not defined
    volume_error, _bias    0            by volume      by volume          not defined (nor in 2-D)
    volume_error_percent   0            not defined    100                defined
    lesion_sensitivity     not defined  not defined    0                  defined
    false_lesions          0            all of them    0                  defined

No randomness; the same masks on a larger grid have the same values, but for the diagonal.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from medgraft.errors import UsageError
from medgraft.measure.segmentation.mask_pair import MaskPair
from medgraft.registry import Registry

__all__ = ["SEGMENTATION", "MaskMetric", "OutlineRules", "Score"]


class Score(NamedTuple):
    """A value and its weight in a mean; a value that is not defined is NaN and weighs 0."""

    value: float
    weight: float


@dataclass(frozen=True)
class OutlineRules:
    """What the measures take for equal and for found; to be told beside the numbers.

    ``tolerance``: mm by which two surfaces may differ (nsd). ``lesion_overlap``: the share of a lesion that must be
    predicted for it to be found, above 0 and at most 1.
    """

    tolerance: float = 1.0
    lesion_overlap: float = 0.1

    def __post_init__(self) -> None:
        if not (math.isfinite(self.tolerance) and self.tolerance >= 0):
            raise UsageError(f"measuring outlines: the tolerance is {self.tolerance} mm; give 0 mm or more")
        if not 0 < self.lesion_overlap <= 1:
            raise UsageError(
                f"measuring outlines: the overlap of a found lesion is {self.lesion_overlap}; give a share above 0, at "
                "most 1"
            )


@dataclass(frozen=True)
class MaskMetric:
    """One measure; ``summary`` is its definition in a sentence, ``best`` the value of a perfect outline.

    ``weight`` says how much a case with a defined value counts in a mean; ``None``: all count equally.
    """

    name: str
    summary: str
    compute: Callable[[MaskPair, OutlineRules], float]
    best: float
    bounds: tuple[float, float]
    unit: str = ""
    weight: Callable[[MaskPair], float] | None = None

    def __call__(self, pair: MaskPair, rules: OutlineRules) -> Score:
        """The score of one case and class."""
        value = float(self.compute(pair, rules))
        if math.isnan(value):
            return Score(math.nan, 0.0)
        return Score(value, 1.0 if self.weight is None else float(self.weight(pair)))


SEGMENTATION: Registry[MaskMetric] = Registry("measure of outlines")
