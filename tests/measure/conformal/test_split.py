"""Coverage over many splits, also by class and by patient; sets by hand; MAPIE where it is installed."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy.special import softmax

from medgraft.errors import ArtifactError, UsageError
from medgraft.measure.conformal.score import CONFORMAL_SCORES
from medgraft.measure.conformal.split import ConformalSets, SetRule, SharedBound, calibrate_sets


def _drawn(random: np.random.Generator, n: int, k: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Labels, the first class rare, and what a too bold model says."""
    shares = np.array([0.15, *[0.85 / (k - 1)] * (k - 1)])
    truth = random.choice(k, size=n, p=shares)
    logits = random.normal(size=(n, k))
    logits[np.arange(n), truth] += 1.0
    return truth, softmax(2 * logits + np.log(shares), axis=1)


def _held(sets: ConformalSets, truth: np.ndarray, said: np.ndarray) -> np.ndarray:
    return sets(said)[np.arange(len(truth)), truth]


@pytest.mark.parametrize("score", list(CONFORMAL_SCORES))
def test_mean_coverage_over_many_splits(score: str) -> None:
    random, n, alpha = np.random.default_rng(2), 60, 0.1
    truth, said = _drawn(random, 4000, k=3 if score == "lac" else 12)  # of few classes the others tie at 1
    covered = []
    for _ in range(500):
        drawn = random.permutation(4000)
        near, far = drawn[:n], drawn[n : n + 300]
        sets = calibrate_sets(truth[near], said[near], SetRule(alpha, score, by_class=False))
        covered.append(_held(sets, truth[far], said[far]).mean())
    error = np.std(covered) / math.sqrt(500)
    assert 1 - alpha - 2 * error <= np.mean(covered) <= 1 - alpha + 1 / (n + 1) + 2 * error


def test_by_class_each_class_is_covered() -> None:
    random, alpha = np.random.default_rng(3), 0.1
    rates: dict[bool, list[list[float]]] = {True: [], False: []}
    for _ in range(200):
        near, far = _drawn(random, 250), _drawn(random, 400)
        for by_class, kept in rates.items():
            held = _held(calibrate_sets(*near, SetRule(alpha, by_class=by_class)), *far)
            kept.append([held[far[0] == one].mean() for one in range(3)])
    by_class, pooled = (np.mean(rates[way], axis=0) for way in (True, False))
    assert (by_class > 0.89).all() and (by_class < 0.94).all()
    assert pooled[0] < 0.85, "without a bound of its own the rare class is missed"


def test_a_patient_counts_once() -> None:
    """Patients have one to nine cases that are alike: a random case of a new patient is covered as asked."""
    random, alpha, covered, plain = np.random.default_rng(4), 0.1, [], []
    for _ in range(400):
        sizes = random.integers(1, 10, 80)
        truth, said = _drawn(random, 80)
        # The more cases, the harder the patient: cases are not exchangeable, patients are.
        blurred = softmax(np.log(said) - 0.8 * sizes[:, None] * np.eye(3)[truth], axis=1)
        groups = np.repeat(np.arange(60), sizes[:60])
        rule = SetRule(alpha, by_class=False)
        new = (truth[60:], blurred[60:])
        covered.append(_held(calibrate_sets(truth[groups], blurred[groups], rule, groups=groups), *new).mean())
        plain.append(_held(calibrate_sets(truth[groups], blurred[groups], rule), *new).mean())
    error = np.std(covered) / 20
    assert 1 - alpha - 2 * error <= np.mean(covered) <= 1 - alpha + 1 / 61 + 2 * error
    assert np.mean(plain) > np.mean(covered) + 0.01


def test_classes_with_few_patients_share_a_bound() -> None:
    truth = np.repeat([0, 1, 2, 3], [60, 5, 40, 25])
    said = np.full((130, 4), 0.25)
    found = calibrate_sets(truth, said)
    assert [(one.classes, one.n) for one in found.bounds] == [((0,), 60), ((2,), 40), ((1, 3), 30)]
    copied = calibrate_sets(np.repeat(truth, 9), np.repeat(said, 9, axis=0), groups=np.repeat(np.arange(130), 9))
    assert [(one.classes, one.n) for one in copied.bounds] == [(one.classes, one.n) for one in found.bounds]
    few = calibrate_sets(truth[55:70], said[55:70])
    assert [(one.classes, one.n) for one in few.bounds] == [((0, 1, 2, 3), 15)]
    none = calibrate_sets(truth[:5], said[:5], SetRule(by_class=False))
    assert none.bounds[0].bound == math.inf
    assert none(said).all()


def test_sets_by_hand() -> None:
    sets = ConformalSets(SetRule(score="lac"), (SharedBound((1,), 0.3, 50), SharedBound((0, 2), 0.55, 40)))
    said = np.array([[0.46, 0.34, 0.2], [0.09, 0.71, 0.2], [0.44, 0.12, 0.44]])
    assert sets(said).tolist() == [[True, False, False], [False, True, False], [False, False, False]]
    restored = ConformalSets.of(json.loads(json.dumps(sets.to_dict())))
    assert restored == sets
    assert len(sets.bands()) == 2


def test_what_does_not_fit_is_refused(draw_cases) -> None:
    truth, said = draw_cases(0, n=40, k=3)
    sets = calibrate_sets(truth, said)
    with pytest.raises(UsageError, match="2 classes"):
        sets(np.full((1, 2), 0.5))
    with pytest.raises(UsageError, match="did you mean 'lac'"):
        calibrate_sets(truth, said, SetRule(score="lca"))
    with pytest.raises(UsageError, match="between 0 and 1"):
        calibrate_sets(truth, said, SetRule(alpha=10))
    content = sets.to_dict()
    for spoilt in ({}, {**content, "rule": {"score": "no"}}, {**content, "bounds": content["bounds"][:0]}):
        with pytest.raises(ArtifactError, match="do not fit this medgraft"):
            ConformalSets.of(spoilt)


def test_against_mapie() -> None:
    mapie = pytest.importorskip("mapie.classification", reason="MAPIE is not installed")
    from sklearn.linear_model import LogisticRegression

    random = np.random.default_rng(5)
    features = random.normal(size=(900, 4))
    truth = (features[:, :3] + random.normal(size=(900, 3))).argmax(axis=1)
    model = LogisticRegression().fit(features[:300], truth[:300])
    other = mapie.SplitConformalClassifier(model, confidence_level=0.9, conformity_score="lac", prefit=True)
    other.conformalize(features[300:600], truth[300:600])
    _, expected = other.predict_set(features[600:])
    said = model.predict_proba(features)
    found = calibrate_sets(truth[300:600], said[300:600], SetRule(0.1, "lac", by_class=False))(said[600:])
    assert (found == expected[:, :, 0]).mean() > 0.995
