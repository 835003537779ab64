"""Boxes to numbers: macro means, patients drawn as wholes, empty images and classes, rows of patients, refusals."""

from __future__ import annotations

import json

import numpy as np
import pytest

from medgraft.errors import DataError, UsageError
from medgraft.measure.detection.catalogue import DETECTION
from medgraft.measure.detection.evaluation import box_counts, evaluate_boxes, patient_recall
from medgraft.measure.detection.matching import COCO_THRESHOLDS, ImageBoxes, match_class
from medgraft.measure.detection.weighted import WeightedMatches
from medgraft.measure.intervals.bootstrap import case_weights
from medgraft.measure.patients import Patients

LABELS = ("cell", "platelet")
TEN = np.array([[0.0, 0.0, 10.0, 10.0]])


def test_values_and_intervals(draw_images) -> None:
    images, groups = draw_images(0, count=12), np.arange(12) // 2
    found = evaluate_boxes(images, LABELS, groups=groups, seed=3, replicates=60)
    assert set(found) == {*DETECTION, "per_class"}
    matches = {label: match_class(images, label, (*COCO_THRESHOLDS, 0.5)) for label in LABELS}
    drawn = np.concatenate(list(case_weights(Patients.of(groups, 12), 60, 3)), axis=1)
    for name, metric in DETECTION.items():
        each = [metric(WeightedMatches(matches[label], np.ones(12))) for label in LABELS]
        assert [found["per_class"][label][name]["value"] for label in LABELS] == pytest.approx(each)
        assert found[name]["value"] == pytest.approx(np.mean(each))
        assert found[name]["low"] <= found[name]["value"] <= found[name]["high"]
        assert (found[name]["n"], found[name]["n_patients"]) == (12, 6)
    replicates = [DETECTION.get("map50")(WeightedMatches(matches["cell"], column)) for column in drawn.T]
    entry = found["per_class"]["cell"]["map50"]
    low, high = np.nanquantile(replicates, [0.025, 0.975])
    assert (entry["low"], entry["high"]) == pytest.approx((min(low, entry["value"]), max(high, entry["value"])))
    assert evaluate_boxes(images, LABELS, groups=groups, seed=3, replicates=60) == found
    json.dumps(found, allow_nan=False)


def test_a_class_without_boxes_has_no_number_and_spoils_no_mean() -> None:
    images = [ImageBoxes({"cell": TEN}, {"cell": (TEN, np.ones(1)), "platelet": (TEN, np.ones(1))})] * 3
    found = evaluate_boxes(images, LABELS, replicates=20)
    assert found["map50"]["value"] == 1
    assert found["map50"]["low"] == pytest.approx(3 / (3 + 1.959963984540054**2)), "three images are not certainty"
    assert found["per_class"]["platelet"]["map50"]["value"] is None
    assert found["per_class"]["platelet"]["froc"]["low"] is None
    assert found["map50"]["n_patients"] is None


def test_false_positives_in_empty_images_count() -> None:
    hit = ImageBoxes({"cell": TEN}, {"cell": (TEN, np.array([0.5]))})
    empty = ImageBoxes({}, {"cell": (TEN, np.array([0.9]))})
    alone, beside = (evaluate_boxes(images, ["cell"], replicates=5) for images in ([hit, hit], [hit, empty]))
    assert alone["map50"]["value"] == 1
    assert beside["map50"]["value"] == pytest.approx(0.5)
    assert beside["sensitivity_at_0_125"]["value"] == 0
    assert beside["sensitivity_at_0_5"]["value"] == 1


def test_the_overlap_of_froc_can_be_chosen() -> None:
    image = ImageBoxes({"cell": TEN}, {"cell": (np.array([[0.0, 0.0, 10.0, 3.0]]), np.array([0.9]))})
    assert evaluate_boxes([image], ["cell"], replicates=5)["froc"]["value"] == 0
    lenient = evaluate_boxes([image], ["cell"], froc_iou=0.2, replicates=5)
    assert lenient["froc"]["value"] == 1
    assert lenient["map50"]["value"] == 0


def test_what_the_numbers_rest_on(draw_images) -> None:
    images = [
        ImageBoxes({"cell": np.tile(TEN, (3, 1))}, {"cell": (TEN, np.ones(1))}),
        ImageBoxes({}, {"platelet": (TEN, np.ones(1))}),
    ]
    assert box_counts(images, LABELS) == {
        "cell": {"boxes": 3, "predicted": 1, "images": 1, "empty_images": 1},
        "platelet": {"boxes": 0, "predicted": 1, "images": 0, "empty_images": 2},
    }


def test_one_row_a_patient_and_label() -> None:
    hit = ImageBoxes({"cell": TEN}, {"cell": (np.concatenate([TEN, TEN + 50]), np.array([0.9, 0.2]))})
    missed = ImageBoxes({"cell": TEN}, {})
    rows = patient_recall([hit, missed, hit], ["cell"], np.array([4, 4, -1]))
    assert rows == [
        {"patient": -1, "label": "cell", "images": 1, "boxes": 1, "found": 1, "false_positives": 1},
        {"patient": 4, "label": "cell", "images": 2, "boxes": 2, "found": 1, "false_positives": 1},
    ]
    assert patient_recall([hit], ["cell"], np.array([1]), score=0.5)[0]["false_positives"] == 0


def test_what_does_not_fit_is_refused(draw_images) -> None:
    images = draw_images(0)
    with pytest.raises(UsageError, match="'platelet' is no label"):
        evaluate_boxes(images, ["cell"])
    with pytest.raises(UsageError, match="stands twice"):
        evaluate_boxes(images, ["cell", "platelet", "cell"])
    with pytest.raises(DataError, match="none of 2 images has a true box"):
        evaluate_boxes([ImageBoxes({}, {"cell": (TEN, np.ones(1))})] * 2, ["cell"])
    with pytest.raises(UsageError, match="grouping 6 cases"):
        evaluate_boxes(images, LABELS, groups=np.zeros(5, int))
