"""Volumes in mL, and by how much a predicted one is off: in mL without and with its sign, and in percent of the truth.

A volume is the number of voxels times the voxel's volume. In 2-D, and where spacing is unknown, there is none; percent
are defined there all the same, of the area or of the number of voxels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.segmentation.mask_metric import MaskMetric, OutlineRules
from medgraft.measure.segmentation.mask_pair import MaskPair

__all__ = ["VOLUME_BIAS", "VOLUME_ERROR", "VOLUME_ERROR_PERCENT", "volume_ml"]


def volume_ml(mask: NDArray[Any], spacing: Sequence[float] | None) -> float:
    """Of a boolean mask (D, H, W) with ``spacing`` in mm; NaN in 2-D and where spacing is unknown."""
    if spacing is None or mask.ndim != 3:
        return math.nan
    return float(np.count_nonzero(mask)) * math.prod(float(side) for side in spacing) / 1000


def _bias(pair: MaskPair, rules: OutlineRules) -> float:
    true, called, _ = pair.counts
    return (called - true) * pair.voxel_ml


def _error(pair: MaskPair, rules: OutlineRules) -> float:
    return abs(_bias(pair, rules))


def _percent(pair: MaskPair, rules: OutlineRules) -> float:
    true, called, _ = pair.counts
    if not true:
        return math.nan if called else 0.0
    return 100 * abs(called - true) / true


VOLUME_ERROR = MaskMetric(
    name="volume_error",
    summary="how much the predicted volume is off, without its sign",
    compute=_error,
    best=0.0,
    bounds=(0.0, math.inf),
    unit="mL",
)
VOLUME_BIAS = MaskMetric(
    name="volume_bias",
    summary="predicted volume minus true volume",
    compute=_bias,
    best=0.0,
    bounds=(-math.inf, math.inf),
    unit="mL",
)
VOLUME_ERROR_PERCENT = MaskMetric(
    name="volume_error_percent",
    summary="how much the predicted volume is off in percent of the truth; not defined where only the truth is empty",
    compute=_percent,
    best=0.0,
    bounds=(0.0, math.inf),
    unit="%",
)
