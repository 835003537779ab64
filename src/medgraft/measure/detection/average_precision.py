"""Average precision: the mean of the precision over 101 recalls, at an IoU of 0.5, and over 0.5, 0.55, … 0.95.

Source: Lin et al., ECCV 2014:740-755 (COCO).
"""

from __future__ import annotations

from medgraft.measure.detection.detection_metric import DetectionMetric
from medgraft.measure.detection.weighted import WeightedMatches

__all__ = ["MAP50", "MAP50_95"]


def _map50(matches: WeightedMatches) -> float:
    return float(matches.precisions[0].mean())


def _map50_95(matches: WeightedMatches) -> float:
    return float(matches.precisions.mean())


MAP50 = DetectionMetric(
    name="map50",
    summary="average precision at an IoU of 0.5, by 101 recalls; over classes their mean",
    compute=_map50,
)
MAP50_95 = DetectionMetric(
    name="map50_95",
    summary="average precision, mean over the IoU thresholds 0.5, 0.55, … 0.95; over classes their mean",
    compute=_map50_95,
)
