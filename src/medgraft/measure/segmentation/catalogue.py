"""All built-in measures of outlines, in the order in which they are reported: importing this registers them."""

from __future__ import annotations

from medgraft.measure.segmentation.lesions import FALSE_LESIONS, LESION_SENSITIVITY
from medgraft.measure.segmentation.mask_metric import SEGMENTATION, MaskMetric
from medgraft.measure.segmentation.overlap import DICE, IOU
from medgraft.measure.segmentation.surface import HD95, NSD
from medgraft.measure.segmentation.volume import VOLUME_BIAS, VOLUME_ERROR, VOLUME_ERROR_PERCENT

__all__ = ["BUILT_IN", "SEGMENTATION"]

BUILT_IN: tuple[MaskMetric, ...] = (
    DICE,
    IOU,
    HD95,
    NSD,
    VOLUME_ERROR,
    VOLUME_BIAS,
    VOLUME_ERROR_PERCENT,
    LESION_SENSITIVITY,
    FALSE_LESIONS,
)
for _metric in BUILT_IN:
    SEGMENTATION.register(_metric.name)(_metric)
