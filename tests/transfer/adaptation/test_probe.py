"""The weighted probe against scikit-learn, and against the linear probe where all count alike."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from medgraft.transfer.adaptation.few_labels import Labelled
from medgraft.transfer.adaptation.probe import fit_linear
from medgraft.transfer.models.heads.head import softmax
from medgraft.transfer.strategies.linear_probe import LinearProbe, LinearProbeConfig
from medgraft.transfer.strategies.scored import Cases


def cases(n=60, d=5, classes=2, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    rows = rng.normal(size=(n, d)) + 1.5 * np.eye(d)[labels]
    return Labelled(rows, labels, np.arange(n), rng.uniform(0.2, 3, size=n))


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("shape", [(60, 5), (24, 40)], ids=["more cases", "more columns"])
def test_it_is_scikit_learns_at_the_strength_that_it_chose(classes, shape):
    given = cases(*shape, classes)
    fitted = fit_linear(given, classes, 0)
    reference = LogisticRegression(C=fitted.strength, tol=1e-10, max_iter=20_000)
    reference.fit(given.rows, given.labels, sample_weight=given.weights)
    np.testing.assert_allclose(fitted.chances(given.rows), reference.predict_proba(given.rows), atol=2e-4)


def test_the_strength_has_the_lowest_weighted_loss_held_out():
    given = cases()
    fitted = fit_linear(given, 2, 0)
    (chosen,) = [row for row in fitted.sweep if row["chosen"]]
    assert chosen["log_loss"] == min(row["log_loss"] for row in fitted.sweep)
    loss = -np.log(fitted.held_out[np.arange(60), given.labels]) @ given.weights / given.weights.sum()
    assert chosen["log_loss"] == pytest.approx(loss)
    assert chosen["C"] == fitted.strength


def test_with_weights_of_one_it_is_the_linear_probe():
    given = cases(80, 6, 2, seed=3)
    features = given.rows.astype(np.float32)
    probe = LinearProbe(LinearProbeConfig(root=False))
    wanted = probe.fitted(Cases(features, given.labels, given.groups, 2), inner_folds=5, seed=0)
    mean, scale = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
    alike = Labelled((features - mean) / scale, given.labels, given.groups, np.ones(80))
    found = fit_linear(alike, 2, 0)
    assert found.strength == wanted.sweeps[0].strength
    np.testing.assert_allclose(found.chances(alike.rows), wanted.head(rooted=False).probabilities(features), atol=1e-4)


def test_a_case_of_no_weight_is_as_if_it_were_not_there():
    given = cases()
    heavy = np.where(np.arange(60) < 20, 0.0, 1.0)
    turned = np.where(np.arange(60) < 20, 1 - given.labels, given.labels)
    one, other = (
        fit_linear(Labelled(given.rows, labels, given.groups, heavy), 2, 0) for labels in (given.labels, turned)
    )
    parts = [softmax(given.rows @ fitted.weight.T + fitted.bias) for fitted in (one, other)]
    np.testing.assert_allclose(parts[0].argmax(axis=1)[20:], parts[1].argmax(axis=1)[20:])
    assert abs(parts[0] - parts[1]).max() < 0.2  # folds, and so the strength, may differ


def test_a_class_of_one_patient_has_no_folds():
    given = cases()
    groups = np.where(given.labels == 1, 0, given.groups + 1)
    fitted = fit_linear(Labelled(given.rows, given.labels, groups, given.weights), 2, 0)
    assert fitted.held_out is None
    assert [row["log_loss"] for row in fitted.sweep] == [None]
