"""Precision at recalls and sensitivity at false positives under weights: weights are copies, brute force agrees."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.measure.detection.matching import COCO_THRESHOLDS, ImageBoxes, match_class
from medgraft.measure.detection.weighted import FALSE_POSITIVES, RECALLS, WeightedMatches

THRESHOLDS = (*COCO_THRESHOLDS, 0.3)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_precision_is_the_best_at_that_recall(draw_images, one_by_one, seed: int) -> None:
    images = draw_images(seed)
    found = WeightedMatches(match_class(images, "cell", THRESHOLDS), np.ones(len(images))).precisions
    for row, threshold in enumerate(COCO_THRESHOLDS):
        rows, truths = one_by_one(images, "cell", threshold)
        if not truths:
            assert np.isnan(found).all()
            return
        hits = np.cumsum([hit for _, hit in rows])
        points = [(count / truths, count / (place + 1)) for place, count in enumerate(hits)]
        expected = [max((precision for recall, precision in points if recall >= r), default=0.0) for r in RECALLS]
        assert found[row] == pytest.approx(expected)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000), ties=st.booleans())
def test_sensitivity_is_the_best_that_a_threshold_reaches(draw_images, one_by_one, seed: int, ties: bool) -> None:
    images = draw_images(seed, ties=ties)
    matches = match_class(images, "cell", THRESHOLDS)
    found = WeightedMatches(matches, np.ones(len(images))).sensitivities
    rows, truths = one_by_one(images, "cell", 0.3)
    if not truths:
        assert np.isnan(found).all()
        return
    for place, limit in enumerate(FALSE_POSITIVES):
        best = 0.0
        for cut in {score for score, _ in rows}:
            kept = [hit for score, hit in rows if score >= cut]
            if kept.count(False) / len(images) <= limit:
                best = max(best, kept.count(True) / truths)
        assert found[place] == pytest.approx(best)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000), drawn=st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_a_weight_is_so_many_copies(draw_images, seed: int, drawn: list[int]) -> None:
    images = draw_images(seed)
    if not sum(drawn):
        return
    copies = [image for image, times in zip(images, drawn, strict=True) for _ in range(times)]
    one = WeightedMatches(match_class(images, "cell", THRESHOLDS), np.array(drawn, dtype=float))
    other = WeightedMatches(match_class(copies, "cell", THRESHOLDS), np.ones(len(copies)))
    assert one.sensitivities == pytest.approx(other.sensitivities, nan_ok=True)
    assert one.truths == other.truths
    assert one.precisions == pytest.approx(other.precisions, nan_ok=True)


def test_no_true_box_is_not_defined_and_no_prediction_is_zero() -> None:
    box = np.array([[0.0, 0.0, 5.0, 5.0]])
    images = [ImageBoxes({"a": box}, {"b": (box, np.array([0.4]))}), ImageBoxes({}, {})]
    weighted = {label: WeightedMatches(match_class(images, label, THRESHOLDS), np.ones(2)) for label in "ab"}
    assert not weighted["a"].precisions.any()
    assert not weighted["a"].sensitivities.any()
    assert np.isnan(weighted["b"].precisions).all()
    assert np.isnan(weighted["b"].sensitivities).all()
    undrawn = WeightedMatches(match_class(images, "a", THRESHOLDS), np.array([0.0, 2.0]))
    assert np.isnan(undrawn.precisions).all()


def test_sensitivity_at_any_number_of_false_positives(draw_images) -> None:
    images = draw_images(9)
    found = WeightedMatches(match_class(images, "cell", THRESHOLDS), np.ones(len(images)))
    np.testing.assert_array_equal(found.sensitivity_at(FALSE_POSITIVES), found.sensitivities)
    none, many = found.sensitivity_at([0.0, 100.0])
    assert none <= found.sensitivities[0] and many == pytest.approx(found.matches.hits[-1].sum() / found.truths)
