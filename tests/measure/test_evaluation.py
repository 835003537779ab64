"""The entry of metrics.json: which interval each number gets, conventions, determinism, refusals."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import f1_score, roc_auc_score

from medgraft.errors import DataError, UsageError
from medgraft.measure.evaluation import evaluate, evaluate_repeats, evaluation_warnings
from medgraft.measure.intervals.delong import auroc_influence, macro_influence
from medgraft.measure.metrics.catalogue import METRICS
from medgraft.measure.patients import Patients

BINARY = {"labels": ("benign", "malignant"), "positive": "malignant", "majority": 0}
CLASSWISE = {"sensitivity", "specificity", "precision", "f1", "auroc", "auprc"}


def _three(**more):
    return {"labels": ("a", "b", "c"), "positive": None, "majority": 0} | more


def test_a_binary_entry_has_every_number_where_it_belongs(draw_cases) -> None:
    truth, chances = draw_cases(0, n=80)
    entry = evaluate(truth, chances, threshold=0.4, threshold_from="val", **BINARY)
    assert list(entry) == [*METRICS, "per_class"]
    assert all(set(entry["per_class"][label]) == CLASSWISE for label in BINARY["labels"])
    called = chances[:, 1] >= 0.4
    positive = truth == 1
    low, high = binomtest(int((called & positive).sum()), int(positive.sum())).proportion_ci(method="wilson")
    found = entry["sensitivity"]
    assert (found["low"], found["high"]) == pytest.approx((low, high))
    assert (found["n"], found["n_patients"]) == (positive.sum(), None)
    assert entry["specificity"]["n"] == (~positive).sum()
    assert entry["precision"]["n"] == called.sum()
    assert entry["f1"]["value"] == pytest.approx(f1_score(positive, called))
    assert entry["per_class"]["malignant"]["sensitivity"] == found
    influence = auroc_influence(positive, chances[:, 1], Patients.of(None, 80))
    assert (entry["auroc"]["low"], entry["auroc"]["high"]) == pytest.approx(influence.interval())
    cut = {name for name in METRICS if "threshold" in entry[name]}
    assert cut == {*("accuracy", "balanced_accuracy", "sensitivity", "specificity", "precision", "f1", "kappa", "mcc")}
    assert (found["threshold"], found["threshold_from"]) == (0.4, "val")


def test_every_value_lies_in_its_interval_and_range(draw_cases) -> None:
    for seed, k in [(0, 2), (1, 3), (2, 5)]:
        truth, chances = draw_cases(seed, n=50, k=k, coarse=seed == 1)
        labels = tuple("abcde"[:k])
        entry = evaluate(
            truth,
            chances,
            labels=labels,
            positive="b" if k == 2 else None,
            groups=np.arange(50) // 2,
            majority=0,
            replicates=200,
        )
        rows = [(name, entry[name]) for name in METRICS]
        rows += [(name, row) for one in entry["per_class"].values() for name, row in one.items()]
        for name, row in rows:
            lowest, highest = METRICS.get(name).bounds
            assert lowest <= row["low"] <= row["value"] <= row["high"] <= highest, name
            assert row["low"] < row["high"], name


def test_several_classes_are_macro_averages(draw_cases) -> None:
    truth, chances = draw_cases(3, n=90, k=3)
    groups = np.arange(90) // 3
    entry = evaluate(truth, chances, groups=groups, replicates=200, **_three())
    expected = roc_auc_score(truth, chances, multi_class="ovr", average="macro")
    assert entry["auroc"]["value"] == pytest.approx(expected)
    interval = macro_influence(truth, chances, Patients.of(groups, 90)).interval()
    assert (entry["auroc"]["low"], entry["auroc"]["high"]) == pytest.approx(interval)
    values = [entry["per_class"][label]["sensitivity"]["value"] for label in "abc"]
    assert entry["sensitivity"]["value"] == pytest.approx(np.mean(values))
    assert entry["sensitivity"]["n_patients"] == 30
    assert "threshold" not in entry["accuracy"]


def test_patients_widen_the_intervals(draw_cases) -> None:
    truth, chances = draw_cases(4, n=60)
    copies = np.repeat(np.arange(60), 4)
    many = (truth[copies], chances[copies])
    naive = evaluate(*many, replicates=300, **BINARY)
    aware = evaluate(*many, groups=copies, replicates=300, **BINARY)
    alone = evaluate(truth, chances, groups=np.arange(60), replicates=300, **BINARY)

    def width(entry, name):
        return entry[name]["high"] - entry[name]["low"]

    for name in METRICS:
        assert aware[name]["value"] == pytest.approx(naive[name]["value"])
        if name != "ece":
            assert width(aware, name) == pytest.approx(width(alone, name), rel=0.05), name
            assert width(aware, name) > 1.6 * width(naive, name), name
    assert aware["accuracy"]["n_patients"] == 60


def test_a_perfect_result_is_not_certain() -> None:
    truth = np.array([0] * 12 + [1] * 8)
    chances = np.eye(2)[truth] * 0.98 + 0.01
    single = evaluate(truth, chances, **BINARY)
    pooled = evaluate_repeats(truth, np.stack([chances, chances]), **BINARY)
    for entry in (single, pooled):
        for name in ("accuracy", "balanced_accuracy", "sensitivity", "f1", "auroc", "auprc", "kappa", "mcc"):
            assert entry[name]["value"] == 1.0
            assert entry[name]["high"] == 1.0
            assert 0.2 < entry[name]["low"] < 0.95, name
        assert entry["accuracy"]["low"] == pytest.approx(20 / (20 + 1.959963984540054**2))


def test_an_absent_class_is_undefined_and_left_out(draw_cases) -> None:
    truth, chances = draw_cases(5, n=40, k=3)
    truth = np.where(truth == 2, 1, truth)
    entry = evaluate(truth, chances, replicates=100, **_three())
    assert entry["per_class"]["c"]["auroc"]["value"] is None
    assert entry["per_class"]["c"]["auroc"]["low"] is None
    present = [entry["per_class"][label]["auroc"]["value"] for label in "ab"]
    assert entry["auroc"]["value"] == pytest.approx(np.mean(present))
    one = evaluate(np.zeros(6, dtype=int), chances[:6, :2] / chances[:6, :2].sum(1)[:, None], **BINARY)
    assert one["auroc"]["value"] is None
    assert one["specificity"]["value"] is not None
    json.dumps(one, allow_nan=False)


def test_the_same_cases_in_any_order_give_the_same_bytes(draw_cases) -> None:
    truth, chances = draw_cases(6, n=70, k=3, coarse=True)
    groups = np.random.default_rng(0).integers(-1, 30, 70)
    order = np.random.default_rng(1).permutation(70)
    for given, shuffled in [(groups, groups[order]), (None, None)]:
        first = evaluate(truth, chances, groups=given, seed=4, **_three())
        again = evaluate(truth[order], chances[order], groups=shuffled, seed=4, **_three())
        assert json.dumps(first) == json.dumps(again)
    assert json.dumps(first) != json.dumps(evaluate(truth, chances, seed=5, **_three()))


def test_repeats_are_means_over_repeats_with_patients_drawn_together(draw_cases) -> None:
    truth, first = draw_cases(7, n=50)
    second = draw_cases(8, n=50)[1]
    groups = np.arange(50) // 2
    pooled = evaluate_repeats(truth, np.stack([first, second]), groups=groups, **BINARY)
    alone = [evaluate(truth, one, groups=groups, **BINARY) for one in (first, second)]
    for name in METRICS:
        assert pooled[name]["value"] == pytest.approx(np.mean([one[name]["value"] for one in alone]))
    assert pooled["accuracy"]["n"] == 50
    assert pooled["accuracy"]["n_patients"] == 25
    # Repeating the same predictions adds no information: the interval of one repeat stays.
    copies = evaluate_repeats(truth, np.stack([first] * 3), groups=groups, **BINARY)
    for name in ("brier", "f1", "auprc"):
        assert copies[name]["low"] == pytest.approx(alone[0][name]["low"], abs=1e-12)
        assert copies[name]["high"] == pytest.approx(alone[0][name]["high"], abs=1e-12)
    again = evaluate_repeats(truth, np.stack([first, second]), groups=groups, **BINARY)
    assert json.dumps(pooled) == json.dumps(again)


def test_a_thousand_replicates_are_quick(draw_cases) -> None:
    truth, chances = draw_cases(9, n=800)
    start = time.process_time()
    evaluate(truth, chances, groups=np.arange(800) // 3, **BINARY)
    assert time.process_time() - start < 1.5


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"y_true": np.array([0, -1, 1])}, DataError, "1 of 3 cases have no known label"),
        ({"y_true": np.array([0, np.nan, 1])}, DataError, "no known label"),
        ({"y_true": np.array([0, 2, 1])}, DataError, "no known label"),
        ({"y_true": np.array(["x", "y", "z"])}, DataError, "no known label"),
        ({"y_true": np.array([0, 1])}, UsageError, "do not fit"),
        ({"y_true": np.empty(0, int), "probability": np.empty((0, 2))}, DataError, "0 cases"),
        ({"probability": np.array([[np.nan, 1], [0, 1], [1, 0]])}, DataError, "not finite"),
        ({"probability": np.ones((3, 2))}, UsageError, "sums to one"),
        ({"positive": "other"}, UsageError, "one of two labels"),
        ({"majority": 2}, UsageError, "majority class 2"),
        ({"positive": None, "threshold": 0.5}, UsageError, "two classes"),
        ({"groups": np.array([1, 2])}, UsageError, "whole number a case"),
    ],
)
def test_what_does_not_fit_is_refused(change, error, words) -> None:
    given = {"y_true": np.array([0, 1, 1]), "probability": np.full((3, 2), 0.5), **BINARY} | change
    with pytest.raises(error, match=words):
        evaluate(given.pop("y_true"), given.pop("probability"), **given)


def test_warnings_name_what_is_thin() -> None:
    truth = np.array([0] * 30 + [1] * 12)
    called = np.zeros(42, dtype=int)
    groups = np.concatenate([np.arange(30), np.full(12, 99)])
    found = evaluation_warnings(truth, called, ("a", "b", "c"), groups)
    assert any("only 12 cases of 1 patients in class 'b'" in text for text in found)
    assert any("no case was called 'b'" in text for text in found)
    assert any("no case of class 'c'" in text for text in found)
    assert not any("'a'" in text for text in found)
    assert not evaluation_warnings(truth, truth, ("a", "b"))
