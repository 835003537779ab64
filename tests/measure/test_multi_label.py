"""Numbers of several labels: scikit-learn's on the known rows of each, and no label's from another's."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, matthews_corrcoef, recall_score, roc_auc_score

from medgraft.errors import DataError, UsageError
from medgraft.measure.intervals.delong import auroc_influence
from medgraft.measure.metrics.catalogue import METRICS
from medgraft.measure.multi_label import LabelRule, evaluate_labels, label_warnings
from medgraft.measure.patients import Patients

RULES = {"a": LabelRule(0.4, "val"), "b": LabelRule(0.6, "cv", 1), "c": LabelRule()}


def cases(n=90, seed=0, unknown=0.3, repeats=1):
    rng = np.random.default_rng(seed)
    truth = (rng.random((n, 3)) < (0.5, 0.3, 0.2)).astype(np.int64)
    chances = 1 / (1 + np.exp(-(1.5 * truth - 0.7 + rng.normal(size=(repeats, n, 3)))))
    truth[rng.random(truth.shape) < unknown] = -1
    return truth, chances, np.arange(n) // 2


def test_each_label_is_as_scikit_learn_has_it_on_its_known_cases():
    truth, chances, groups = cases()
    found = evaluate_labels(truth, chances, RULES, groups=groups, replicates=100)
    assert list(found) == [*METRICS, "per_class"]
    for column, (label, rule) in enumerate(RULES.items()):
        known = truth[:, column] >= 0
        y, p = truth[known, column], chances[0, known, column]
        called = p >= (rule.threshold or 0.5)
        wanted = {
            "auroc": roc_auc_score(y, p),
            "auprc": average_precision_score(y, p),
            "brier": brier_score_loss(y, p),
            "mcc": matthews_corrcoef(y, called),
            "sensitivity": recall_score(y, called),
            "specificity": recall_score(1 - y, ~called),
            "accuracy": np.mean(y == called),
            "majority_accuracy": np.mean(y == rule.majority),
        }
        one = found["per_class"][label]
        assert list(one) == list(METRICS)
        assert {name: one[name]["value"] for name in wanted} == pytest.approx(wanted)
        interval = auroc_influence(y, p, Patients.of(groups[known], len(y))).interval()
        assert (one["auroc"]["low"], one["auroc"]["high"]) == pytest.approx(interval)
        assert one["auroc"]["n"] == known.sum()
        assert one["sensitivity"]["n"] == y.sum()
        assert one["sensitivity"].get("threshold_from") == rule.threshold_from
    for name in METRICS:
        each = [one[name]["value"] for one in found["per_class"].values()]
        assert found[name]["value"] == pytest.approx(np.mean(each))
        assert found[name]["low"] <= found[name]["value"] <= found[name]["high"]
        assert "threshold" not in found[name]
    assert found["auroc"]["n"] == (truth >= 0).any(axis=1).sum()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.booleans(), min_size=40, max_size=40), st.integers(0, 2))
def test_what_is_unknown_of_one_label_changes_no_other(gone, column):
    truth, chances, groups = cases(n=40, unknown=0.1)
    before = evaluate_labels(truth, chances, RULES, groups=groups, replicates=100)["per_class"]
    fewer = truth.copy()
    fewer[np.array(gone), column] = -1
    after = evaluate_labels(fewer, chances, RULES, groups=groups, replicates=100)["per_class"]
    others = [label for number, label in enumerate(RULES) if number != column]
    assert {label: after[label] for label in others} == {label: before[label] for label in others}


def test_the_order_of_cases_and_of_draws_does_not_matter():
    truth, chances, groups = cases(repeats=2)
    order = np.random.default_rng(1).permutation(len(truth))
    first = evaluate_labels(truth, chances, RULES, groups=groups, replicates=100, seed=3)
    again = evaluate_labels(truth[order], chances[:, order], RULES, groups=groups[order], replicates=100, seed=3)
    assert json.dumps(first, allow_nan=False) == json.dumps(again, allow_nan=False)


def test_the_macro_interval_covers():
    """The standard error of a mean of three AUROCs, against its spread over 60 cohorts."""
    draws = [cases(n=120, seed=seed) for seed in range(60)]
    found = [evaluate_labels(t, p, RULES, groups=g, replicates=100)["auroc"] for t, p, g in draws]
    widths = [(one["high"] - one["low"]) / 3.92 for one in found]
    assert np.mean(widths) == pytest.approx(np.std([one["value"] for one in found]), rel=0.3)


def test_a_label_that_nobody_knows_has_no_numbers():
    truth, chances, groups = cases()
    truth[:, 1] = -1
    truth[:, 2] = np.where(truth[:, 2] == 1, -1, truth[:, 2])
    found = evaluate_labels(truth, chances, RULES, groups=groups, replicates=100)
    assert found["per_class"]["b"]["auroc"] == {"value": None, "low": None, "high": None, "n": 0, "n_patients": 0}
    assert found["per_class"]["c"]["auroc"]["value"] is None
    assert found["auroc"]["value"] == pytest.approx(found["per_class"]["a"]["auroc"]["value"])
    assert math.isfinite(found["accuracy"]["value"])
    told = label_warnings(truth, chances[0] > 0.5, list(RULES), groups)
    assert any("the label 'b' is unknown in all cases" in text for text in told)
    assert any("no case of class 'c'" in text for text in told)


def test_perfect_answers_are_not_certain():
    truth = np.array([[0, 1], [1, 0]] * 10)
    found = evaluate_labels(truth, truth[None].astype(float), {"a": LabelRule(), "b": LabelRule()}, replicates=100)
    assert found["auroc"]["value"] == found["auroc"]["high"] == 1
    assert found["auroc"]["low"] < 0.8
    assert found["auroc"]["n_patients"] is None


def test_what_does_not_fit_is_refused():
    truth, chances, _ = cases()
    with pytest.raises(UsageError, match="do not fit"):
        evaluate_labels(truth[:, :2], chances, RULES)
    with pytest.raises(DataError, match="no label of any case is known"):
        evaluate_labels(np.full_like(truth, -1), chances, RULES)
