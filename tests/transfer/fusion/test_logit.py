"""The regression against an independent one, and its prior: evidence counts as it is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from medgraft.transfer.fusion.logit import Evidence, LogitModel, fitted_logit


def drawn(cases=300, width=3, seed=0):
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(cases, width))
    evidence = 1.5 * rng.normal(size=cases)
    labels = (rng.random(cases) < expit(evidence + columns[:, 0])).astype(np.int64)
    return columns, np.stack([-evidence / 2, evidence / 2], axis=1), labels


@pytest.mark.parametrize("classes", [2, 3])
def test_without_evidence_it_is_the_logistic_regression(classes):
    """Two outputs share the penalty of one: scikit-learn's C is twice ours."""
    columns, _, labels = drawn()
    labels = labels + (columns[:, 1] > 1) * (classes - 2)
    model, _ = fitted_logit(Evidence(columns, np.zeros((300, classes))), labels, np.arange(300))
    strength = model.strength * (2 if classes == 2 else 1)
    other = LogisticRegression(C=strength, tol=1e-10, max_iter=5000).fit(columns, labels)
    expected = other.predict_proba(columns)
    np.testing.assert_allclose(model.chances(Evidence(columns, np.zeros((300, classes)))), expected, atol=2e-4)


def test_evidence_that_is_right_keeps_its_slope():
    columns, learnt, labels = drawn(4000)
    model, _ = fitted_logit(Evidence(columns, learnt), labels, np.arange(4000))
    assert model.slope == pytest.approx(1, abs=0.1)
    assert model.weight[1, 0] - model.weight[0, 0] == pytest.approx(1, abs=0.15)


def test_evidence_of_noise_loses_its_slope():
    columns, learnt, labels = drawn(1500)
    noise = np.random.default_rng(1).permutation(learnt)
    model, _ = fitted_logit(Evidence(columns, noise), labels, np.arange(1500))
    assert abs(model.slope) < 0.15


def test_timid_evidence_may_grow():
    columns, learnt, labels = drawn(1500)
    model, _ = fitted_logit(Evidence(columns, learnt / 20), labels, np.arange(1500))
    assert model.slope > 10


def test_columns_of_noise_get_little():
    _, learnt, labels = drawn(200)
    noise = np.random.default_rng(2).normal(size=(200, 10))
    model, _ = fitted_logit(Evidence(noise, learnt), labels, np.arange(200))
    assert np.abs(model.weight[1] - model.weight[0]).max() < 0.2


def test_held_out_answers_have_not_seen_the_patient():
    """Labels of pure chance, two cases a patient: answers of folds that split patients would know them."""
    rng = np.random.default_rng(3)
    patients = rng.normal(size=(60, 40))
    labels = np.repeat(rng.permutation(np.arange(60) % 2), 2)
    columns = np.repeat(patients, 2, axis=0)
    _, held_out = fitted_logit(Evidence(columns, np.zeros((120, 2))), labels, np.repeat(np.arange(60), 2))
    right = (held_out.argmax(axis=1) == labels).mean()
    assert right < 0.7


def test_weights_count_rows():
    """A row of weight two is the row twice."""
    columns, learnt, labels = drawn(60)
    weights = np.where(np.arange(60) < 20, 2.0, 1.0)
    twice = np.concatenate([np.arange(60), np.arange(20)])
    one, _ = fitted_logit(Evidence(columns, learnt), labels, np.zeros(60, int), weights=weights)
    other, _ = fitted_logit(Evidence(columns[twice], learnt[twice]), labels[twice], np.zeros(80, int))
    assert one.strength == other.strength  # one group: no folds, the fallback
    np.testing.assert_allclose(one.weight, other.weight, atol=0.03)


def test_without_folds_nothing_is_held_out():
    columns, learnt, labels = drawn(30)
    assert fitted_logit(Evidence(columns, learnt), labels, np.zeros(30, int))[1] is None


def test_it_comes_back_from_json():
    columns, learnt, labels = drawn(60)
    model, _ = fitted_logit(Evidence(columns, learnt), labels, np.arange(60))
    again = LogitModel.restore(model.to_json())
    given = Evidence(columns, learnt)
    np.testing.assert_array_equal(again.chances(given), model.chances(given))
