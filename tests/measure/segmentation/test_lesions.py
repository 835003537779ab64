"""Lesions found, missed and made up, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.measure.segmentation.lesions import FALSE_LESIONS, LESION_SENSITIVITY
from medgraft.measure.segmentation.mask_metric import OutlineRules
from medgraft.measure.segmentation.mask_pair import MaskPair


@pytest.fixture
def pair() -> MaskPair:
    """Four lesions of the truth: one covered, one by a half, one by a tenth, one not at all; two made up."""
    truth, predicted = np.zeros((2, 12, 30), dtype=bool)
    for row in (0, 3, 6, 9):
        truth[row, :10] = True
    predicted[0, :10] = predicted[3, 5:12] = predicted[6, :1] = True
    predicted[2, 28] = predicted[11, 20:25] = True
    return MaskPair.of(truth, predicted)


@pytest.mark.parametrize(("overlap", "found"), [(0.1, 3), (0.11, 2), (0.5, 2), (0.51, 1), (1.0, 1)])
def test_how_many_are_found(pair: MaskPair, overlap: float, found: int) -> None:
    score = LESION_SENSITIVITY(pair, OutlineRules(lesion_overlap=overlap))
    assert score == (found / 4, 4)


def test_what_touches_nothing_is_made_up(pair: MaskPair) -> None:
    assert FALSE_LESIONS(pair, OutlineRules()) == (2, 1)


def test_one_blob_finds_several(pair: MaskPair) -> None:
    everything = MaskPair.of(pair.truth, np.ones_like(pair.truth))
    assert LESION_SENSITIVITY(everything, OutlineRules()).value == 1
    assert FALSE_LESIONS(everything, OutlineRules()).value == 0
