"""DEV by hand, and less variance than IWCV over many draws at the same mean."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.measure.unlabelled.dev import DEV, controlled_score
from medgraft.measure.unlabelled.iwcv import IWCV, weighted_score


def test_by_hand() -> None:
    """w = 1, 3, 2 and L = 1, 3, 0: Cov = 1, Var = 1, η = −1, so −(4/3 − 2 + 1)."""
    weights, wrong = np.array([1.0, 3.0, 2.0]), np.array([True, True, False])
    assert np.cov(weights * wrong, weights)[0, 1] == pytest.approx(1.0)
    assert controlled_score(weights, wrong) == pytest.approx(-(4 / 3 - 2 + 1))


def test_equal_weights_are_plain_validation(evidence) -> None:
    wrong = np.array([True, False, False, True])
    assert controlled_score(np.full(4, 0.7), wrong) == weighted_score(np.full(4, 0.7), wrong)
    assert controlled_score(np.array([2.0]), wrong[:1]) == -2.0
    same = np.zeros((4, 2)), np.zeros((3, 2)), np.zeros((6, 2))
    given = evidence([0.9, 0.9, 0.1, 0.1], [0, 1, 0, 1], [0.5] * 3, same)
    assert DEV(given) == IWCV(given) == -0.5


def test_the_mean_stays_and_the_variance_falls() -> None:
    found = {controlled_score: [], weighted_score: []}
    for seed in range(300):
        x = np.random.default_rng(seed).normal(size=200)
        weights, wrong = np.exp(x - 0.5), x > 0.5
        for score, values in found.items():
            values.append(-score(weights, wrong))
    truth = 0.6915  # P(x > 0.5), x ~ N(1, 1)
    assert np.mean(found[weighted_score]) == pytest.approx(truth, abs=0.02)
    assert np.mean(found[controlled_score]) == pytest.approx(truth, abs=0.03)
    assert np.std(found[controlled_score]) < 0.7 * np.std(found[weighted_score])
