"""The nearest centroid against scikit-learn."""

from __future__ import annotations

import numpy as np
from sklearn.neighbors import NearestCentroid as Reference
from sklearn.preprocessing import StandardScaler

from medgraft.transfer.strategies.nearest_centroid import _CentroidLearner
from medgraft.transfer.strategies.scored import Cases


def test_the_likeliest_class_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    features = (rng.normal(size=(60, 8)) + labels[:, None]).astype(np.float32)
    (scorer,) = _CentroidLearner().fit(Cases(features, labels, labels, 3), [{"shrinkage": 0.0}])
    scaled = StandardScaler().fit(features)
    reference = Reference().fit(scaled.transform(features), labels)
    others = (rng.normal(size=(200, 8)) + rng.integers(0, 3, 200)[:, None]).astype(np.float32)
    np.testing.assert_array_equal(scorer.scores(others).argmax(axis=1), reference.predict(scaled.transform(others)))


def test_differences_of_scores_are_half_those_of_squared_distances():
    rng = np.random.default_rng(1)
    features, labels = rng.normal(size=(20, 4)).astype(np.float32), np.arange(20) % 2
    (scorer,) = _CentroidLearner().fit(Cases(features, labels, labels, 2), [{"shrinkage": 0.0}])
    rows = (features - features.mean(axis=0)) / features.std(axis=0)
    centres = np.stack([rows[labels == number].mean(axis=0) for number in (0, 1)])
    distance = np.square(rows[:, None] - centres[None]).sum(axis=2)
    scores = scorer.scores(features)
    np.testing.assert_allclose(scores[:, 1] - scores[:, 0], (distance[:, 0] - distance[:, 1]) / 2, atol=1e-4)
