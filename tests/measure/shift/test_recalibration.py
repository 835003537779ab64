"""Bias-corrected temperature scaling: what was bent is straightened, and the means are the shares."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from medgraft.measure.shift.recalibration import Recalibration, recalibrated


def test_a_bent_model_is_straightened(world) -> None:
    bent, honest = (world(0, n=4000, temperature=t).answers for t in (3.0, 1.0))
    found = recalibrated(bent)
    assert found.target == pytest.approx(honest.target, abs=0.03)
    assert Recalibration.of(bent.source, bent.labels).slope == pytest.approx(1 / 3, abs=0.03)


def test_the_mean_answer_is_the_share_of_the_labels() -> None:
    random = np.random.default_rng(1)
    labels = random.integers(0, 3, 400)
    chances = np.exp(random.normal(size=(400, 3)) + 1.5 * np.eye(3)[labels] + [2.0, 0.0, -1.0])
    chances /= chances.sum(axis=1, keepdims=True)
    rule = Recalibration.of(chances, labels)
    assert rule(chances).mean(axis=0) == pytest.approx(np.bincount(labels) / 400, abs=1e-4)


def test_two_classes_are_platt_scaling_by_scikit_learn(world) -> None:
    answers = world(2, n=500, temperature=0.4).answers
    logit = np.log(answers.source[:, 1] / answers.source[:, 0])[:, None]
    expected = LogisticRegression(C=1e9, tol=1e-10, max_iter=1000).fit(logit, answers.labels)
    found = Recalibration.of(answers.source, answers.labels)(answers.source)
    assert found[:, 1] == pytest.approx(expected.predict_proba(logit)[:, 1], abs=1e-4)


def test_a_model_that_is_never_wrong_stays_finite() -> None:
    labels = np.arange(20) % 2
    sure = np.where(np.eye(2)[labels] > 0, 0.9, 0.1)
    rule = Recalibration.of(sure, labels)
    assert np.isfinite(rule(np.eye(2))).all()
    assert rule.slope <= 20.0
