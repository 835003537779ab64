"""The arrays against scikit-learn's own trees."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier

from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.logistic import PrincipalAxes
from medgraft.transfer.strategies.boosting import BoostingConfig, _below, _BoostingLearner
from medgraft.transfer.strategies.scored import Calibrated, Cases

RNG = np.random.default_rng(0)
FEATURES = RNG.normal(size=(90, 6)).astype(np.float32)


def labels_of(classes):
    return np.digitize(FEATURES[:, 0] * FEATURES[:, 1], np.linspace(-0.3, 0.3, classes - 1))


@pytest.mark.parametrize("classes", [2, 3])
def test_score_differences_are_those_of_scikit_learn(classes):
    labels = labels_of(classes)
    config = BoostingConfig(axes=6, trees=20, subsample=1.0)
    quarter, _, scorer = _BoostingLearner(config, 0).fit(
        Cases(FEATURES, labels, labels, classes), _BoostingLearner(config, 0).settings
    )
    _, coordinates = PrincipalAxes.of(FEATURES, most=6)
    model = GradientBoostingClassifier(n_estimators=20, max_depth=2, random_state=0).fit(coordinates, labels)
    others = RNG.normal(size=(40, 6)).astype(np.float32)
    place = PrincipalAxes.of(FEATURES, most=6)[0](others)
    stages = list(model.staged_decision_function(place))

    def check(found, wanted):
        apart = found - found[:, :1]
        wanted = np.hstack([np.zeros((40, 1)), wanted]) if classes == 2 else wanted - wanted[:, :1]
        offset = wanted - apart  # the share of the classes, which calibration finds again
        np.testing.assert_allclose(offset, np.broadcast_to(offset[0], offset.shape), atol=1e-9)

    check(scorer.scores(others), stages[-1])
    check(quarter.scores(others), stages[4])


def test_a_class_without_a_case_and_one_class_alone():
    labels = np.where(FEATURES[:, 0] > 0, 2, 0)
    learner = _BoostingLearner(BoostingConfig(axes=6, trees=8), 0)
    (scorer,) = learner.fit(Cases(FEATURES, labels, labels, 3), [{"trees": 8}])
    assert (scorer.scores(FEATURES)[:, 1] == 0).all()
    (scorer,) = learner.fit(Cases(FEATURES, np.ones(90, np.int64), labels, 3), [{"trees": 8}])
    np.testing.assert_array_equal(scorer.scores(FEATURES), np.zeros((90, 3)))


def test_thresholds_are_rounded_down():
    exact = np.float64(np.float32(0.1)) + np.array([-1e-12, 0, 1e-12])
    values = np.float32(0.1)
    np.testing.assert_array_equal(values <= _below(exact), values.astype(np.float64) <= exact)


def test_the_head_answers_as_the_calibrated_scores_do():
    labels = labels_of(3)
    (scorer,) = _BoostingLearner(BoostingConfig(axes=4, trees=8), 0).fit(
        Cases(FEATURES, labels, labels, 3), [{"trees": 8}]
    )
    calibrated = Calibrated(3.0, np.array([0.2, 0.0, -0.1]))
    answers = scorer.head(calibrated, rooted=False).answers(Bags.single(FEATURES))
    np.testing.assert_allclose(answers, calibrated(scorer.scores(FEATURES)), atol=1e-9)
