"""The contract, over every registered score: one finite number, the order of cases, a good model above a bad one."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import DataError, UsageError
from medgraft.measure.shift.answers import Answers
from medgraft.measure.unlabelled.catalogue import BUILT_IN
from medgraft.measure.unlabelled.score import UNLABELLED, ModelEvidence

NAMES = list(UNLABELLED)


def _model(skill: float, seed: int = 0, n: int = 120, m: int = 150) -> ModelEvidence:
    """Three classes, told apart with ``skill`` on both sides; the target's features are moved a little."""
    random = np.random.default_rng(seed)
    labels, truth = np.arange(n) % 3, np.arange(m) % 3

    def answered(of: np.ndarray) -> np.ndarray:
        chances = np.exp(random.normal(size=(len(of), 3)) + skill * np.eye(3)[of])
        return chances / chances.sum(axis=1, keepdims=True)

    features = tuple(random.normal(size=(cases, 4)) + moved for cases, moved in ((n, 0.0), (m, 0.3), (200, 0.0)))
    return ModelEvidence.of(Answers.of(answered(labels), labels, answered(truth)), features, seed=seed)


def test_all_are_there_and_say_what_they_are() -> None:
    expected = {"source-validation", "iwcv", "dev", "snd", "entropy", "infomax"}
    assert {score.name for score in BUILT_IN} == expected == set(NAMES)
    assert all(UNLABELLED.get(score.name) is score and score.summary for score in BUILT_IN)


@pytest.mark.parametrize("name", NAMES)
def test_a_good_model_scores_above_a_bad_one(name: str) -> None:
    values = [UNLABELLED.get(name)(_model(skill)) for skill in (0.0, 6.0)]
    assert np.isfinite(values).all()
    assert values[0] < values[1]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_evidence_gives_the_same_number_and_order_does_not_matter(name: str) -> None:
    score, given = UNLABELLED.get(name), _model(1.5)
    assert score(given) == score(given)
    answers, order = given.answers, np.random.default_rng(1).permutation(len(given.answers.target))
    if score.needs != "features":  # the folds of the density ratio go by position
        turned = ModelEvidence(Answers.of(answers.source, answers.labels, answers.target[order]))
        assert score(turned) == pytest.approx(score(given))


def test_what_does_not_fit_is_refused() -> None:
    answers = _model(1.0).answers
    bare = ModelEvidence.of(answers)
    for name in ("iwcv", "dev"):
        with pytest.raises(UsageError, match="weighs source cases by features"):
            UNLABELLED.get(name)(bare)
    good = np.zeros((120, 2)), np.zeros((150, 2)), np.zeros((10, 2))
    for wrong in ((good[1], good[0], good[2]), (good[0], good[1], np.zeros((10, 3))), (good[0], good[1], good[2][:0])):
        with pytest.raises(UsageError, match="of the same model, for the same cases"):
            ModelEvidence.of(answers, wrong)
    with pytest.raises(DataError, match="not finite"):
        ModelEvidence.of(answers, (good[0], good[1], np.full((10, 2), np.nan)))
