"""The contract, over every registered measure: best value, range, empty masks, unknown spacing, larger grids."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.errors import UsageError
from medgraft.measure.segmentation.catalogue import BUILT_IN, SEGMENTATION
from medgraft.measure.segmentation.mask_metric import OutlineRules
from medgraft.measure.segmentation.mask_pair import MaskPair

NAMES = list(SEGMENTATION)
RULES = OutlineRules()
SPACING = (2.0, 1.0, 0.5)
IN_MM = {"hd95", "nsd", "volume_error", "volume_bias"}
"""Not defined without spacing."""

BOTH_EMPTY = {"dice": 1.0, "iou": 1.0, "hd95": 0.0, "nsd": 1.0, "volume_error": 0.0, "volume_bias": 0.0}
BOTH_EMPTY |= {"volume_error_percent": 0.0, "lesion_sensitivity": math.nan, "false_lesions": 0.0}
DIAGONAL = math.dist((0, 0, 0), (6, 4, 2.5))
TRUTH_EMPTY = {"dice": 0.0, "iou": 0.0, "hd95": DIAGONAL, "nsd": 0.0, "volume_error": 0.002, "volume_bias": 0.002}
TRUTH_EMPTY |= {"volume_error_percent": math.nan, "lesion_sensitivity": math.nan, "false_lesions": 1.0}
NO_PREDICTION = {**TRUTH_EMPTY, "volume_bias": -0.002, "volume_error_percent": 100.0}
NO_PREDICTION |= {"lesion_sensitivity": 0.0, "false_lesions": 0.0}


def test_all_are_there_and_say_what_they_are() -> None:
    assert [metric.name for metric in BUILT_IN] == NAMES[: len(BUILT_IN)]
    for metric in BUILT_IN:
        assert metric.summary
        assert metric.bounds[0] <= metric.best <= metric.bounds[1]
    assert set(BOTH_EMPTY) == set(TRUTH_EMPTY) == set(NO_PREDICTION) == {metric.name for metric in BUILT_IN}


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000), shape=st.sampled_from([(8, 9), (4, 6, 5)]))
def test_range_best_value_and_grid(name: str, seed: int, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(seed)
    truth, predicted = random.random(shape) < 0.3, random.random(shape) < 0.3
    metric, spacing = SEGMENTATION.get(name), SPACING[: len(shape)]
    score = metric(MaskPair.of(truth, predicted, spacing), RULES)
    if name in ("volume_error", "volume_bias") and len(shape) == 2:
        assert math.isnan(score.value)
        assert score.weight == 0
        return
    assert metric.bounds[0] <= score.value <= metric.bounds[1]
    assert score.weight >= 1
    assert metric(MaskPair.of(truth, truth, spacing), RULES).value == metric.best
    for changed in (
        (np.flip(truth), np.flip(predicted), spacing),
        (np.swapaxes(truth, 0, 1), np.swapaxes(predicted, 0, 1), (spacing[1], spacing[0], *spacing[2:])),
        (np.pad(truth, 3), np.pad(predicted, 3), spacing),
    ):
        assert metric(MaskPair.of(*changed), RULES) == pytest.approx(score)


@pytest.mark.parametrize("name", list(BOTH_EMPTY))
def test_empty_masks_have_the_value_of_the_table(name: str) -> None:
    none, two = np.zeros((2, 4, 5, 6), dtype=bool)
    two[1, 2, 3:5] = True
    metric = SEGMENTATION.get(name)
    for (truth, predicted), expected in (
        ((none, none), BOTH_EMPTY),
        ((none, two), TRUTH_EMPTY),
        ((two, none), NO_PREDICTION),
    ):
        score = metric(MaskPair.of(truth, predicted, SPACING), RULES)
        assert score.value == pytest.approx(expected[name], nan_ok=True)
        assert score.weight == (0 if math.isnan(expected[name]) else 1)
        unknown = metric(MaskPair.of(truth, predicted), RULES).value
        assert unknown == pytest.approx(math.nan if name in IN_MM else expected[name], nan_ok=True)


@pytest.mark.parametrize("wrong", [{"tolerance": -1.0}, {"tolerance": math.nan}, {"lesion_overlap": 0.0}])
def test_rules_are_checked(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="measuring outlines"):
        OutlineRules(**wrong)
