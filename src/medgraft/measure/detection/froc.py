"""FROC: the sensitivity that is reached with so many false positives an image.

The curve is a staircase: what is told is a point that a threshold reaches, nothing in between. ``froc`` is the mean
over 1/8, 1/4, 1/2, 1, 2, 4 and 8 false positives an image.
Source: Bunch et al., Proc SPIE 1977;127:124-135; Setio et al., Med Image Anal 2017;42:1-13 (the seven points).
"""

from __future__ import annotations

from functools import partial

from medgraft.measure.detection.detection_metric import DetectionMetric
from medgraft.measure.detection.weighted import FALSE_POSITIVES, WeightedMatches

__all__ = ["FROC", "SENSITIVITIES"]


def _froc(matches: WeightedMatches) -> float:
    return float(matches.sensitivities.mean())


def _point(matches: WeightedMatches, place: int) -> float:
    return float(matches.sensitivities[place])


FROC = DetectionMetric(
    name="froc",
    summary="mean of the sensitivities at 1/8, 1/4, 1/2, 1, 2, 4 and 8 false positives an image",
    compute=_froc,
)
SENSITIVITIES: tuple[DetectionMetric, ...] = tuple(
    DetectionMetric(
        name=f"sensitivity_at_{limit:g}".replace(".", "_"),
        summary=f"share of the true boxes that are hit with at most {limit:g} false positives an image",
        compute=partial(_point, place=place),
    )
    for place, limit in enumerate(FALSE_POSITIVES)
)
"""One for each of ``FALSE_POSITIVES``: ``sensitivity_at_0_125`` … ``sensitivity_at_8``."""
