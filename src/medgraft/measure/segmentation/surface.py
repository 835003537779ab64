"""HD95 and the normalised surface distance: how far apart two outlines run, in mm.

A surface is the voxels of a mask with a face towards the outside; each counts equally.
Source: Huttenlocher et al., IEEE PAMI 1993;15:850-863 (the larger of the two directions, here of their 95th
percentiles); Nikolov et al., J Med Internet Res 2021;23:e26151 (surface Dice at a tolerance).
"""

from __future__ import annotations

import math

import numpy as np

from medgraft.measure.segmentation.mask_metric import MaskMetric, OutlineRules
from medgraft.measure.segmentation.mask_pair import Empty, MaskPair

__all__ = ["HD95", "NSD"]

_ROUNDING = 1e-6
"""mm; a distance that equals the tolerance but for rounding is within it."""


def _hd95(pair: MaskPair, rules: OutlineRules) -> float:
    if pair.spacing is None:
        return math.nan
    if pair.empty is not Empty.NEITHER:
        return 0.0 if pair.empty is Empty.BOTH else pair.diagonal
    return max(float(np.percentile(gaps, 95)) for gaps in pair.surface_gaps)


def _nsd(pair: MaskPair, rules: OutlineRules) -> float:
    if pair.spacing is None:
        return math.nan
    if pair.empty is not Empty.NEITHER:
        return 1.0 if pair.empty is Empty.BOTH else 0.0
    near = sum(int(np.count_nonzero(gaps <= rules.tolerance + _ROUNDING)) for gaps in pair.surface_gaps)
    return near / sum(len(gaps) for gaps in pair.surface_gaps)


HD95 = MaskMetric(
    name="hd95",
    summary="95th percentile of the distances between the surfaces, the larger direction; the picture's diagonal where "
    "one is empty",
    compute=_hd95,
    best=0.0,
    bounds=(0.0, math.inf),
    unit="mm",
)
NSD = MaskMetric(
    name="nsd",
    summary="share of both surfaces within the tolerance of the other; 1 where both are empty, 0 where one is",
    compute=_nsd,
    best=1.0,
    bounds=(0.0, 1.0),
)
