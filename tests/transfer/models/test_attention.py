"""Attention by its formula, its gradient by differences, and the linear head where there is one slice."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.attention import AttentionPath, attended

RNG = np.random.default_rng(0)
SIZES = [3, 1, 5, 2, 4, 6]
STARTS = np.concatenate([[0], np.cumsum(SIZES)])


@pytest.mark.parametrize("sharpness", [0.0, 0.7, 3.0])
def test_by_the_formula(sharpness):
    evidence = RNG.normal(size=(STARTS[-1], 2))
    pooled, weights = attended(evidence, STARTS, sharpness)
    for case, (start, stop) in enumerate(itertools.pairwise(STARTS)):
        inside = evidence[start:stop]
        expected = softmax(sharpness * inside, axis=0)
        np.testing.assert_allclose(weights[start:stop], expected)
        np.testing.assert_allclose(pooled[case], (expected * inside).sum(axis=0))
    moved, same = attended(evidence + 5.0, STARTS, sharpness)
    np.testing.assert_allclose(moved, pooled + 5.0)
    np.testing.assert_allclose(same, weights)


def test_from_the_mean_to_the_maximum():
    evidence = RNG.normal(size=(STARTS[-1], 1))
    mean, largest = (attended(evidence, STARTS, sharpness)[0] for sharpness in (0.0, 1e4))
    np.testing.assert_allclose(mean[:, 0], [part.mean() for part in np.split(evidence, STARTS[1:-1])])
    np.testing.assert_allclose(largest[:, 0], [part.max() for part in np.split(evidence, STARTS[1:-1])])


@pytest.mark.parametrize("classes", [2, 3])
def test_the_gradient_is_the_slope(classes):
    bags = Bags(RNG.normal(size=(STARTS[-1], 4)), STARTS)
    path = AttentionPath(
        bags, np.arange(len(SIZES)) % classes, classes, weights=RNG.uniform(0.5, 2, len(SIZES)), sharpness=1.3
    )
    at = RNG.normal(size=(1 if classes == 2 else classes) * 5)
    error = check_grad(lambda x: path._objective(x, 2.0)[0], lambda x: path._objective(x, 2.0)[1], at)
    assert error < 1e-5


def test_one_slice_a_case_is_logistic_regression():
    features = RNG.normal(size=(80, 5))
    labels = (features[:, 0] + 0.5 * RNG.normal(size=80) > 0).astype(np.int64)
    path = AttentionPath(Bags.single(features), labels, 2, weights=np.ones(80), sharpness=1.0)
    *_, (_, parameters) = path.solve([0.1, 0.5], tolerance=1e-12)
    other = LogisticRegression(C=0.5, tol=1e-10, max_iter=1000).fit(features, labels)
    np.testing.assert_allclose(parameters[1, :-1], other.coef_[0], atol=1e-4)
    np.testing.assert_allclose(parameters[1, -1], other.intercept_[0], atol=1e-4)
    np.testing.assert_array_equal(parameters[0], 0)
