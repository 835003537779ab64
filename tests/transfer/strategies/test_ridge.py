"""Ridge against scikit-learn, and its head against its scores."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge as Reference
from sklearn.preprocessing import StandardScaler

from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.root import signed_root
from medgraft.transfer.strategies.ridge import _RidgeLearner
from medgraft.transfer.strategies.scored import Calibrated, Cases

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(40, 7), (12, 30)], ids=["more cases", "more features"])
@pytest.mark.parametrize("strength", [0.5, 20.0])
def test_scores_are_those_of_scikit_learn(shape, strength):
    features = RNG.normal(2, 3, size=shape).astype(np.float32)
    labels = np.arange(len(features)) % 3
    (scorer,) = _RidgeLearner().fit(Cases(features, labels, labels, 3), [{"strength": strength}])
    scaled = StandardScaler().fit(features)
    reference = Reference(alpha=strength).fit(scaled.transform(features), np.eye(3)[labels])
    others = RNG.normal(2, 3, size=(9, shape[1])).astype(np.float32)
    np.testing.assert_allclose(scorer.scores(others), reference.predict(scaled.transform(others)), atol=1e-4)


@pytest.mark.parametrize("rooted", [False, True])
def test_the_head_answers_as_the_calibrated_scores_do(rooted):
    features = RNG.normal(size=(30, 5)).astype(np.float32)
    labels = np.arange(30) % 3
    given = signed_root(features) if rooted else features
    (scorer,) = _RidgeLearner().fit(Cases(given, labels, labels, 3), [{"strength": 5.0}])
    calibrated = Calibrated(3.0, np.array([0.2, 0.0, -0.1]))
    answers = scorer.head(calibrated, rooted=rooted).answers(Bags.single(features))
    np.testing.assert_allclose(answers, calibrated(scorer.scores(given)), atol=1e-5)
