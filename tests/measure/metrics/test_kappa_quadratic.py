"""Quadratic kappa against scikit-learn, and weights as repetition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from medgraft.measure.metrics.catalogue import METRICS
from medgraft.measure.metrics.kappa_quadratic import KAPPA_QUADRATIC
from medgraft.measure.metrics.predictions import Predictions, Weighted


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 6), st.integers(0, 10_000), st.integers(4, 40))
def test_against_scikit_learn_with_weights(k: int, seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    truth = random.integers(0, k, n)
    called = np.where(random.random(n) < 0.5, truth, random.integers(0, k, n))
    truth[:2], called[:2] = [0, k - 1], [k - 1, 0]
    weights = random.integers(0, 3, (n, 3)).astype(float)
    weights[:2] += 1
    found = KAPPA_QUADRATIC.compute(Weighted(Predictions(truth, np.eye(k)[called], called, None, 0), weights))
    for replicate in range(3):
        repeats = weights[:, replicate]
        expected = cohen_kappa_score(truth, called, labels=range(k), weights="quadratic", sample_weight=repeats)
        assert found[replicate] == pytest.approx(expected, abs=1e-12)
    assert ((found >= KAPPA_QUADRATIC.bounds[0]) & (found <= KAPPA_QUADRATIC.bounds[1])).all()


def test_far_misses_cost_more_and_a_constant_is_undefined() -> None:
    truth = np.array([0, 0, 1, 1, 2, 2])
    near, far = np.array([1, 0, 1, 1, 2, 2]), np.array([2, 0, 1, 1, 2, 2])
    scores = [
        KAPPA_QUADRATIC.compute(Predictions(truth, np.eye(3)[called], called, None, 0).unweighted())[0]
        for called in (truth, near, far)
    ]
    assert scores[0] == 1 > scores[1] > scores[2]
    same = np.ones(6, int)
    assert np.isnan(KAPPA_QUADRATIC.compute(Predictions(same, np.eye(3)[same], same, None, 0).unweighted())[0])


def test_it_is_not_offered_where_classes_have_no_order() -> None:
    assert "kappa_quadratic" not in METRICS
