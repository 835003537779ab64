"""Dice and IoU: how much of two outlines is common.

Source: Dice, Ecology 1945;26:297-302; Jaccard, New Phytologist 1912;11:37-50.
"""

from __future__ import annotations

from medgraft.measure.segmentation.mask_metric import MaskMetric, OutlineRules
from medgraft.measure.segmentation.mask_pair import MaskPair

__all__ = ["DICE", "IOU"]


def _dice(pair: MaskPair, rules: OutlineRules) -> float:
    true, called, both = pair.counts
    return 2 * both / (true + called) if true + called else 1.0


def _iou(pair: MaskPair, rules: OutlineRules) -> float:
    true, called, both = pair.counts
    return both / (true + called - both) if true + called else 1.0


DICE = MaskMetric(
    name="dice",
    summary="twice the common voxels over the voxels of both outlines; 1 where both are empty",
    compute=_dice,
    best=1.0,
    bounds=(0.0, 1.0),
)
IOU = MaskMetric(
    name="iou",
    summary="common voxels over the voxels of either outline; 1 where both are empty",
    compute=_iou,
    best=1.0,
    bounds=(0.0, 1.0),
)
