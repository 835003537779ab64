"""A border that bends, where a straight one cannot; near scikit-learn's exact kernel machine."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.svm import SVC

from medgraft.source.embedding.bags import Bags
from medgraft.transfer.strategies.scored import Calibrated, Cases
from medgraft.transfer.strategies.svm import _SvmLearner
from medgraft.transfer.strategies.svm_rbf import _RbfLearner


def rings(n, seed):
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    angle = rng.uniform(0, 2 * np.pi, n)
    radius = np.where(labels == 1, 3.0, 1.0) + rng.normal(0, 0.3, n)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype(np.float32), labels


@pytest.fixture(scope="module")
def fitted():
    features, labels = rings(200, 0)
    (scorer,) = _RbfLearner(8, 1024, 0).fit(Cases(features, labels, labels, 2), [{"gamma": 1.0, "C": 10.0}])
    return scorer


def test_rings_are_told_apart_by_the_bent_border_alone(fitted):
    features, labels = rings(200, 1)
    (line,) = _SvmLearner(1.0).fit(Cases(*rings(200, 0), np.arange(200), 2), [{"C": 1.0}])
    assert roc_auc_score(labels, fitted.scores(features)[:, 1]) > 0.99
    assert roc_auc_score(labels, line.scores(features)[:, 1]) < 0.7


def test_it_ranks_as_the_exact_kernel_does(fitted):
    train, labels = rings(200, 0)
    other, _ = rings(200, 1)
    scaled = (train - train.mean(axis=0)) / train.std(axis=0)
    apart = np.square(scaled[:, None] - scaled[None]).sum(axis=2)[np.triu_indices(200, 1)]
    exact = SVC(C=10.0, gamma=1.0 / np.median(apart)).fit(scaled, labels)
    theirs = exact.decision_function((other - train.mean(axis=0)) / train.std(axis=0))
    assert np.corrcoef(fitted.scores(other)[:, 1], theirs)[0, 1] > 0.9


def test_the_head_answers_as_the_calibrated_scores_do(fitted):
    features, _ = rings(30, 2)
    calibrated = Calibrated(3.0, np.array([0.2, -0.1]))
    answers = fitted.head(calibrated, rooted=False).answers(Bags.single(features))
    np.testing.assert_allclose(answers, calibrated(fitted.scores(features)), atol=1e-9)
