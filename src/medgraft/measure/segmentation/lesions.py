"""Lesion by lesion: how many of the connected parts of the truth were found, and how many were made up.

A lesion of the truth is found where at least the share ``lesion_overlap`` of it is predicted; one predicted blob may
find several. A predicted part that touches no voxel of the truth is a false lesion.
"""

from __future__ import annotations

import math

import numpy as np

from medgraft.measure.segmentation.mask_metric import MaskMetric, OutlineRules
from medgraft.measure.segmentation.mask_pair import MaskPair, components

__all__ = ["FALSE_LESIONS", "LESION_SENSITIVITY"]


def _sensitivity(pair: MaskPair, rules: OutlineRules) -> float:
    covered = pair.covered
    return float((covered >= rules.lesion_overlap).mean()) if covered.size else math.nan


def _lesions(pair: MaskPair) -> float:
    return float(pair.covered.size)


def _false(pair: MaskPair, rules: OutlineRules) -> float:
    numbered, count = components(pair.predicted)
    touched = np.unique(numbered[pair.truth & pair.predicted])
    return float(count - touched.size)


LESION_SENSITIVITY = MaskMetric(
    name="lesion_sensitivity",
    summary="share of the truth's lesions (connected parts) that are found; a mean counts every lesion once",
    compute=_sensitivity,
    best=1.0,
    bounds=(0.0, 1.0),
    weight=_lesions,
)
FALSE_LESIONS = MaskMetric(
    name="false_lesions",
    summary="predicted lesions a case that touch nothing of the truth",
    compute=_false,
    best=0.0,
    bounds=(0.0, math.inf),
)
