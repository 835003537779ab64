"""All built-in measures of detection, in the order in which they are reported: importing this registers them."""

from __future__ import annotations

from medgraft.measure.detection.average_precision import MAP50, MAP50_95
from medgraft.measure.detection.detection_metric import DETECTION, DetectionMetric
from medgraft.measure.detection.froc import FROC, SENSITIVITIES

__all__ = ["BUILT_IN", "DETECTION"]

BUILT_IN: tuple[DetectionMetric, ...] = (MAP50, MAP50_95, FROC, *SENSITIVITIES)
for _metric in BUILT_IN:
    DETECTION.register(_metric.name)(_metric)
