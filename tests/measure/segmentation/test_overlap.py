"""Dice and IoU: by hand, in [0, 1], symmetric, and each from the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medgraft.measure.segmentation.mask_metric import OutlineRules
from medgraft.measure.segmentation.mask_pair import MaskPair
from medgraft.measure.segmentation.overlap import DICE, IOU

RULES = OutlineRules()


def test_two_boxes_by_hand() -> None:
    truth, predicted = np.zeros((2, 10, 10), dtype=bool)
    truth[2:6, 2:6] = True  # 16
    predicted[4:8, 2:6] = True  # 16, 8 in common
    pair = MaskPair.of(truth, predicted)
    assert DICE(pair, RULES).value == 0.5
    assert IOU(pair, RULES).value == pytest.approx(8 / 24)


@given(seed=st.integers(0, 10_000), fill=st.floats(0, 1))
def test_symmetric_bounded_and_related(seed: int, fill: float) -> None:
    random = np.random.default_rng(seed)
    truth, predicted = random.random((2, 5, 4, 3)) < fill
    dice, iou = (metric(MaskPair.of(truth, predicted), RULES).value for metric in (DICE, IOU))
    assert 0 <= iou <= dice <= 1
    assert dice == pytest.approx(2 * iou / (1 + iou))
    assert DICE(MaskPair.of(predicted, truth), RULES).value == dice
    assert IOU(MaskPair.of(predicted, truth), RULES).value == iou
