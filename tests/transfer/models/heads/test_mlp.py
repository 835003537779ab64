"""One hidden layer against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from medgraft.errors import ArtifactError
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.heads.mlp import MlpHead
from medgraft.transfer.models.root import signed_root


@pytest.mark.parametrize("rooted", [False, True])
def test_it_is_scikit_learns_network(rooted):
    rng = np.random.default_rng(0)
    features, labels = rng.normal(2, 3, size=(40, 5)).astype(np.float32), np.arange(40) % 3
    mean, scale = rng.normal(size=5), rng.uniform(1, 2, size=5)
    given = ((signed_root(features) if rooted else features) - mean) / scale
    reference = MLPClassifier((7,), max_iter=10_000, tol=1e-3, random_state=0).fit(given, labels)
    weights, biases = reference.coefs_, reference.intercepts_
    parts = (weights[0].T, biases[0], weights[1].T, biases[1])
    head = MlpHead(mean, scale, *(part.astype(np.float32) for part in parts), rooted)
    np.testing.assert_allclose(head.answers(Bags.single(features)), reference.predict_proba(given), atol=1e-4)


def test_a_column_of_infinite_scale_is_not_read():
    one = np.float32(1)
    head = MlpHead(
        np.zeros(2),
        np.array([1.0, np.inf]),
        *(np.eye(2) * one, np.zeros(2) * one),
        *(np.eye(2) * one,),
        np.zeros(2) * one,
        False,
    )
    rows = np.array([[1.0, 5.0], [1.0, -9.0]], np.float32)
    found = head.answers(Bags.single(rows))
    np.testing.assert_array_equal(found[0], found[1])


def test_parts_and_features_that_do_not_fit_are_refused():
    ones = np.ones((2, 3), np.float32)
    with pytest.raises(ArtifactError, match="hidden_bias"):
        MlpHead(
            np.zeros(3),
            np.ones(3),
            ones,
            np.zeros(3, np.float32),
            np.ones((2, 2), np.float32),
            np.zeros(2, np.float32),
            False,
        )
    fits = MlpHead(np.zeros(3), np.ones(3), ones, ones[:, 0], np.ones((2, 2), np.float32), ones[:, 0], False)
    with pytest.raises(ArtifactError, match="do not fit"):
        fits.answers(Bags.single(np.zeros((1, 4), np.float32)))
