"""Scores of many cases to numbers: means by hand, macro means, patients drawn as wholes, empty masks counted."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from medgraft.errors import DataError, UsageError
from medgraft.measure.intervals.bootstrap import case_weights
from medgraft.measure.patients import Patients
from medgraft.measure.segmentation.catalogue import SEGMENTATION
from medgraft.measure.segmentation.evaluation import (
    CaseScores,
    empty_counts,
    evaluate_outlines,
    patient_means,
    score_case,
)

CLASSES = {1: "cyst", 3: "tumour"}


def one_case(truth: tuple[int, int], predicted: tuple[int, int], shift: int = 0) -> CaseScores:
    """Rows of the two classes: so many voxels each, the prediction shifted."""
    maps = np.zeros((2, 2, 3, 40), dtype=np.uint8)
    for labels, lengths, start in ((maps[0], truth, 0), (maps[1], predicted, shift)):
        labels[0, 0, start : start + lengths[0]] = 1
        labels[1, 2, start : start + lengths[1]] = 3
    return score_case(maps[0], maps[1], CLASSES, spacing=(1.0, 1.0, 1.0))


@pytest.fixture
def cases() -> list[CaseScores]:
    random = np.random.default_rng(0)
    return [
        one_case(tuple(random.integers(5, 20, 2)), tuple(random.integers(5, 20, 2)), int(random.integers(0, 4)))
        for _ in range(24)
    ]


def test_means_by_hand() -> None:
    found = evaluate_outlines([one_case((10, 10), (10, 0)), one_case((10, 0), (5, 0))])
    assert set(found) == {*SEGMENTATION, "per_class"}
    cyst, tumour = found["per_class"]["cyst"], found["per_class"]["tumour"]
    assert cyst["dice"]["value"] == pytest.approx((1 + 2 / 3) / 2)
    assert tumour["dice"]["value"] == pytest.approx((0 + 1) / 2)
    assert found["dice"]["value"] == pytest.approx(((1 + 2 / 3) / 2 + 0.5) / 2)
    assert tumour["lesion_sensitivity"]["value"] == 0
    assert tumour["lesion_sensitivity"]["n"] == 1
    assert cyst["volume_error"]["value"] == pytest.approx(0.0025)
    assert cyst["volume_bias"]["value"] == pytest.approx(-0.0025)
    assert found["dice"]["n"] == 2
    assert found["dice"]["n_patients"] is None
    json.dumps(found, allow_nan=False)


def test_lesions_count_one_by_one() -> None:
    maps = np.zeros((2, 2, 1, 20), dtype=np.uint8)
    maps[0, :, 0, 0] = 1
    maps[0, 0, 0, 2:12:2] = 1
    maps[1, :, 0, 0] = 1
    scores = [score_case(truth, predicted, {1: "x"}) for truth, predicted in zip(*maps, strict=True)]
    found = evaluate_outlines(scores)["lesion_sensitivity"]
    assert found["value"] == pytest.approx(2 / 7)
    assert found["n"] == 2


def test_intervals_are_those_of_drawn_patients(cases: list[CaseScores]) -> None:
    groups = np.arange(24) // 3
    found = evaluate_outlines(cases, groups=groups, seed=5, replicates=400)
    dice = np.array([case.scores["tumour"]["dice"].value for case in cases])
    drawn = np.concatenate(list(case_weights(Patients.of(groups, 24), 400, 5)), axis=1)
    replicates = (dice @ drawn) / drawn.sum(axis=0)
    entry = found["per_class"]["tumour"]["dice"]
    assert (entry["low"], entry["high"]) == pytest.approx(tuple(np.quantile(replicates, [0.025, 0.975])))
    assert (entry["n"], entry["n_patients"]) == (24, 8)
    assert evaluate_outlines(cases, groups=groups, seed=5, replicates=400) == found
    for name in SEGMENTATION:
        assert found[name]["low"] <= found[name]["value"] <= found[name]["high"]


def test_patients_widen_the_interval(cases: list[CaseScores]) -> None:
    copied = [case for case in cases for _ in range(4)]
    alone = evaluate_outlines(copied)["dice"]
    together = evaluate_outlines(copied, groups=np.repeat(np.arange(24), 4))["dice"]
    assert together["value"] == pytest.approx(alone["value"])
    assert together["high"] - together["low"] > 1.5 * (alone["high"] - alone["low"])


def test_perfect_is_not_certain_and_one_patient_tells_nothing(cases: list[CaseScores]) -> None:
    perfect = evaluate_outlines([one_case((9, 9), (9, 9))] * 20)["dice"]
    assert perfect["value"] == perfect["high"] == 1
    assert 0.8 < perfect["low"] < 0.9
    block = evaluate_outlines(cases, groups=np.zeros(24, int))["dice"]
    assert block["low"] is None
    assert block["high"] is None
    assert block["n_patients"] == 1


def test_empty_masks_are_counted() -> None:
    cases = [one_case((3, 0), (3, 0)), one_case((3, 0), (0, 2)), one_case((3, 4), (3, 0))]
    assert empty_counts(cases) == {
        "cyst": {"neither": 2, "both": 0, "truth": 0, "prediction": 1},
        "tumour": {"neither": 0, "both": 1, "truth": 1, "prediction": 1},
    }
    assert empty_counts([]) == {}


def test_one_row_a_patient_and_label(cases: list[CaseScores]) -> None:
    rows = patient_means(cases[:4], np.array([7, -1, 7, -3]))
    assert [(row["patient"], row["label"], row["n"]) for row in rows] == [
        *((-1, label, 1) for _ in range(2) for label in CLASSES.values()),
        *((7, label, 2) for label in CLASSES.values()),
    ]
    pair = [cases[index].scores["cyst"]["dice"].value for index in (0, 2)]
    assert rows[-2]["dice"] == pytest.approx(np.mean(pair))
    nothing = patient_means([one_case((0, 1), (0, 1))], np.array([1]))
    assert nothing[0]["lesion_sensitivity"] is None


def test_what_does_not_fit_is_refused(cases: list[CaseScores]) -> None:
    labels = np.ones((4, 4), dtype=np.uint8)
    with pytest.raises(DataError, match="the truth holds the id 2, which is no class; classes: 1 = cyst, 3 = tumour"):
        score_case(2 * labels, labels, CLASSES)
    with pytest.raises(DataError, match="the prediction holds the id 9"):
        score_case(labels, 9 * labels, CLASSES)
    with pytest.raises(UsageError, match="whole numbers"):
        score_case(labels * 1.0, labels, CLASSES)
    for wrong in ({}, {0: "background"}, {1: "a", 2: "a"}):
        with pytest.raises(UsageError, match="a name and an id of its own"):
            score_case(labels, labels, wrong)
    with pytest.raises(DataError, match="there is no case"):
        evaluate_outlines([])
    with pytest.raises(UsageError, match="different classes"):
        evaluate_outlines([*cases, score_case(labels, labels, {1: "cyst"})])
    assert math.isnan(score_case(labels, labels, {1: "x"}).scores["x"]["hd95"].value)
