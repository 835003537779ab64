"""The FROC curve agrees with the seven points, its band with theirs; precision's mean is the average precision."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.measure.detection.average_precision import MAP50
from medgraft.measure.detection.curves import froc_curve, precision_curve
from medgraft.measure.detection.evaluation import evaluate_boxes
from medgraft.measure.detection.matching import COCO_THRESHOLDS, ImageBoxes, match_class
from medgraft.measure.detection.weighted import FALSE_POSITIVES, WeightedMatches

LABELS = ("cell", "platelet")


def test_the_curve_goes_through_the_seven_points(draw_images) -> None:
    images = draw_images(4, count=30)
    curve = froc_curve(images, LABELS, groups=np.arange(30) // 2, replicates=200)
    numbers = evaluate_boxes(images, LABELS, groups=np.arange(30) // 2, replicates=200)
    for limit in FALSE_POSITIVES:
        place = int(np.argmin(np.abs(np.log(curve.false / limit))))
        assert curve.false[place] == pytest.approx(limit)
        told = numbers[f"sensitivity_at_{limit:g}".replace(".", "_")]
        assert curve.overall[place] == pytest.approx(told["value"])
        assert curve.low[place] == pytest.approx(told["low"], abs=0.03)
        assert curve.high[place] == pytest.approx(told["high"], abs=0.03)


def test_more_false_boxes_find_no_less(draw_images) -> None:
    curve = froc_curve(draw_images(5, count=12), LABELS, replicates=50)
    assert (np.diff(curve.each, axis=1) >= 0).all() and curve.each.shape == (2, len(curve.false))
    assert (curve.low <= curve.overall).all() and (curve.overall <= curve.high).all()


def test_a_class_without_a_box_counts_in_no_mean(draw_images) -> None:
    images = draw_images(6, count=8)
    with_another = froc_curve(images, (*LABELS, "never"), replicates=20)
    assert np.isnan(with_another.each[2]).all()
    np.testing.assert_allclose(with_another.overall, froc_curve(images, LABELS, replicates=20).overall)


def test_one_patient_has_no_band(draw_images) -> None:
    curve = froc_curve(draw_images(7, count=3), LABELS, groups=np.zeros(3, dtype=int), replicates=20)
    assert np.isnan(curve.low).all() and np.isfinite(curve.overall).all()


def test_precision_is_what_average_precision_averages(draw_images) -> None:
    images = draw_images(8, count=10)
    recall, precision = precision_curve(images, "cell")
    whole = WeightedMatches(match_class(images, "cell", (*COCO_THRESHOLDS, 0.5)), np.ones(10))
    assert precision.mean() == pytest.approx(MAP50(whole))
    assert recall[0] == 0 and recall[-1] == 1 and (np.diff(precision) <= 0).all()
    assert np.isnan(precision_curve([ImageBoxes({}, {})], "cell")[1]).all()
