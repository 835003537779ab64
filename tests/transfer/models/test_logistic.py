"""The path of solutions against scikit-learn's logistic regression."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from medgraft.transfer.models.heads.head import softmax
from medgraft.transfer.models.logistic import LogisticPath, PrincipalAxes, class_weights, path_logits


def data(n, d, classes, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % classes)
    rows = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) / np.sqrt(d) + 0.3 * labels[:, None]
    rows[:, 0] = 7.0  # a feature that says nothing
    return (5 + 3 * rows).astype(np.float32), labels


def sklearn_probabilities(rows, labels, strength, rule, others):
    scaler = StandardScaler().fit(rows.astype(np.float64))
    model = LogisticRegression(
        C=strength, tol=1e-10, max_iter=10_000, class_weight="balanced" if rule == "balanced" else None
    )
    model.fit(scaler.transform(rows.astype(np.float64)), labels)
    return model.predict_proba(scaler.transform(others.astype(np.float64)))


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(("n", "d"), [(40, 90), (150, 12)])
@pytest.mark.parametrize("rule", ["none", "balanced"])
def test_equal_to_scikit_learn(n, d, classes, rule):
    rows, labels = data(n, d, classes)
    keep = np.ones(n, bool)
    keep[np.flatnonzero(labels == 0)[: n // 6]] = False  # so that balanced weights matter
    rows, labels, others = rows[keep], labels[keep], data(20, d, classes, seed=9)[0]
    axes, coordinates = PrincipalAxes.of(rows)
    path = LogisticPath(coordinates, labels, classes, class_weights(labels, classes, rule)[None])
    for strength, parameters in path.solve([1e-3, 1e-1, 1.0], tolerance=1e-12):
        wanted = sklearn_probabilities(rows, labels, strength, rule, others)
        by_path = softmax(path_logits(parameters, axes(others))[:, 0])
        by_head = axes.head(parameters[0]).probabilities(others)
        np.testing.assert_allclose(by_path, wanted, atol=1e-4)
        np.testing.assert_allclose(by_head, wanted, atol=1e-4)


@pytest.mark.parametrize("classes", [2, 3])
def test_problems_solved_together_are_separate(classes):
    rows, labels = data(60, 100, classes)
    _, coordinates = PrincipalAxes.of(rows)
    weights = np.ones((2, 60))
    weights[0, :15], weights[1, 40:] = 0.0, 0.0
    together = LogisticPath(coordinates, labels, classes, weights)
    _, both = next(together.solve([0.1], tolerance=1e-12))
    for number in range(2):
        alone = LogisticPath(coordinates, labels, classes, weights[number : number + 1])
        _, one = next(alone.solve([0.1], tolerance=1e-12))
        np.testing.assert_allclose(both[number], one[0], atol=2e-4)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("rule", ["none", "balanced"])
def test_a_weight_of_zero_is_a_case_left_out(classes, rule):
    """Folds as rows of weights, each against scikit-learn on the cases of that row alone."""
    rows, labels = data(60, 20, classes)
    axes, coordinates = PrincipalAxes.of(rows)
    seen = np.stack([np.arange(60) % 3 != fold for fold in range(3)])
    weights = np.zeros(seen.shape)
    for weight, some in zip(weights, seen, strict=True):
        weight[some] = class_weights(labels[some], classes, rule)
    _, parameters = next(LogisticPath(coordinates, labels, classes, weights).solve([0.1], tolerance=1e-12))
    found = softmax(path_logits(parameters, coordinates))
    for number, some in enumerate(seen):
        model = LogisticRegression(
            C=0.1, tol=1e-10, max_iter=10_000, class_weight="balanced" if rule == "balanced" else None
        ).fit(coordinates[some], labels[some])
        np.testing.assert_allclose(found[:, number], model.predict_proba(coordinates), atol=1e-4)
        np.testing.assert_allclose(axes.head(parameters[number]).probabilities(rows), found[:, number], atol=1e-4)


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize(("n", "d"), [(20, 50), (50, 20)])
def test_the_head_is_standardise_then_turn(n, d, outputs):
    rows, _ = data(n, d, 2)
    axes, _ = PrincipalAxes.of(rows)
    parameters = np.random.default_rng(1).normal(size=(outputs, axes.axes.shape[1] + 1)) / 10
    mean, spread = rows.astype(np.float64).mean(0), rows.astype(np.float64).std(0)
    others = data(9, d, 2, seed=5)[0].astype(np.float64)
    others[:, 0] = -100.0  # where the training cases were constant, nothing is read from others either
    standardised = (others - mean) / np.where(spread > 0, spread, np.inf)
    scores = standardised @ axes.axes @ parameters[:, :-1].T + parameters[:, -1]
    if outputs == 1:
        wanted = np.hstack([1 / (1 + np.exp(scores)), 1 / (1 + np.exp(-scores))])
    else:
        wanted = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(axes.head(parameters).probabilities(others), wanted, atol=1e-5)


def test_single_precision_is_close():
    rows, labels = data(60, 100, 3)
    others = data(20, 100, 3, seed=4)[0]
    answers = []
    for dtype in (np.float64, np.float32):
        axes, coordinates = PrincipalAxes.of(rows, dtype)
        assert coordinates.dtype == dtype
        path = LogisticPath(coordinates, labels, 3, np.ones((1, 60)))
        _, parameters = next(path.solve([0.01]))
        answers.append(softmax(path_logits(parameters, axes(others))[:, 0]))
    np.testing.assert_allclose(*answers, atol=2e-3)


def test_a_warm_start_ends_where_a_cold_one_does():
    rows, labels = data(60, 100, 3)
    _, coordinates = PrincipalAxes.of(rows)
    path = LogisticPath(coordinates, labels, 3, np.ones((1, 60)))
    *_, (_, walked) = path.solve([1e-3, 1e-2, 1e-1], tolerance=1e-12)
    _, cold = next(path.solve([1e-1], tolerance=1e-12))
    _, warm = next(path.solve([1e-1], tolerance=1e-12, start=walked))
    np.testing.assert_allclose(walked, cold, atol=1e-4)
    np.testing.assert_allclose(warm, cold, atol=1e-4)


def test_axes_are_a_turn():
    rows, _ = data(30, 50, 2)
    axes, coordinates = PrincipalAxes.of(rows)
    standardised = StandardScaler().fit_transform(rows.astype(np.float64))
    np.testing.assert_allclose(coordinates @ coordinates.T, standardised @ standardised.T, atol=1e-5)
    np.testing.assert_allclose(axes(rows), coordinates, atol=1e-5)


def test_balanced_weights():
    labels = np.array([0, 0, 0, 1])
    np.testing.assert_allclose(class_weights(labels, 2, "balanced"), [4 / 6, 4 / 6, 4 / 6, 2.0])
    np.testing.assert_array_equal(class_weights(labels, 2, "none"), np.ones(4))
