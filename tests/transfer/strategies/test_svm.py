"""The widest margin against scikit-learn's own, and a class that is not there."""

from __future__ import annotations

import numpy as np
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from medgraft.source.embedding.bags import Bags
from medgraft.transfer.strategies.scored import Calibrated, Cases
from medgraft.transfer.strategies.svm import _SvmLearner, borders

RNG = np.random.default_rng(0)


def test_scores_are_those_of_scikit_learn_on_standardised_features():
    features = RNG.normal(2, 3, size=(60, 7)).astype(np.float32)
    labels = np.arange(60) % 3
    features[:, 0] += 4 * labels
    (scorer,) = _SvmLearner(0.1).fit(Cases(features, labels, labels, 3), [{"C": 0.1}])
    scaled = StandardScaler().fit(features)
    reference = LinearSVC(C=0.1, dual=False, tol=1e-8).fit(scaled.transform(features), labels)
    # An intercept is penalised in both; axes only turn the weights.
    np.testing.assert_allclose(
        scorer.scores(features), reference.decision_function(scaled.transform(features)), atol=2e-3
    )


def test_balanced_weights_move_the_border_towards_the_frequent_class():
    features = np.concatenate([RNG.normal(0, 1, 90), RNG.normal(1.5, 1, 10)])[:, None].astype(np.float32)
    labels = (np.arange(100) >= 90).astype(np.int64)

    def called(weighting):
        cases = Cases(features, labels, np.arange(100), 2, weighting)
        (scorer,) = _SvmLearner(1.0).fit(cases, [{"C": 1.0}])
        return int((scorer.scores(features)[:, 1] > 0).sum())

    assert called("balanced") > called("none") + 10


def test_a_class_without_a_case_is_never_near():
    design = RNG.normal(size=(20, 3))
    labels = np.where(design[:, 0] > 0, 2, 0)
    weight, bias = borders(design, Cases(design, labels, labels, 3), 1.0, rough=False)
    assert set(np.argmax(design @ weight.T + bias, axis=1)) == {0, 2}
    weight, bias = borders(design, Cases(design, np.ones(20, np.int64), labels, 3), 1.0, rough=False)
    assert set(np.argmax(design @ weight.T + bias, axis=1)) == {1}


def test_the_head_answers_as_the_calibrated_scores_do():
    features = RNG.normal(size=(30, 5)).astype(np.float32)
    labels = np.arange(30) % 2
    (scorer,) = _SvmLearner(0.1).fit(Cases(features, labels, labels, 2), [{"C": 0.1}])
    calibrated = Calibrated(3.0, np.array([0.2, -0.1]))
    answers = scorer.head(calibrated, rooted=False).answers(Bags.single(features))
    np.testing.assert_allclose(answers, calibrated(scorer.scores(features)), atol=1e-5)
