"""LogME against direct maximisation of the evidence, written with whole matrices."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import multivariate_normal

from medgraft.measure.transferability.logme import LOGME


def _direct(features: np.ndarray, target: np.ndarray) -> float:
    """Highest log density of ``target`` over (α, β), by Nelder-Mead from several starts."""

    def loss(logs: np.ndarray) -> float:
        alpha, beta = np.exp(logs)
        covariance = np.eye(len(target)) / beta + features @ features.T / alpha
        return -float(multivariate_normal.logpdf(target, np.zeros(len(target)), covariance, allow_singular=False))

    found = [
        minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-10, "maxiter": 4000}).fun
        for start in ([0.0, 0.0], [3.0, 1.0], [-3.0, 3.0])
    ]
    return -min(found)


@pytest.mark.parametrize(
    ("seed", "n", "d", "k", "signal"),
    [(0, 25, 3, 2, 1.0), (1, 30, 6, 3, 0.5), (2, 40, 4, 2, 0.3), (3, 20, 8, 4, 2.0), (4, 12, 20, 2, 1.0)],
)
def test_against_direct_maximisation(seed: int, n: int, d: int, k: int, signal: float) -> None:
    random = np.random.default_rng(seed)
    labels = np.arange(n) % k
    features = 1 + random.normal(size=(n, d)) + signal * random.normal(size=(k, d))[labels]
    expected = np.mean([_direct(features, (labels == code).astype(float)) for code in range(k)]) / n
    assert LOGME(features, labels) == pytest.approx(expected, abs=2e-6)


def test_the_direct_maximum_is_never_higher() -> None:
    """Where the evidence has no peak inside, as with few cases or no signal, the limit counts."""
    for seed in range(6):
        random = np.random.default_rng(seed)
        features, labels = random.normal(size=(10, 3 + 3 * seed)), np.arange(10) % 2
        expected = np.mean([_direct(features, (labels == code).astype(float)) for code in (0, 1)]) / 10
        assert LOGME(features, labels) >= expected - 1e-7


def test_scale_and_rotation_do_not_matter() -> None:
    random = np.random.default_rng(0)
    labels = np.arange(50) % 3
    features = random.normal(size=(50, 6)) + np.eye(3, 6)[labels]
    turn = np.linalg.qr(random.normal(size=(6, 6)))[0]
    value = LOGME(features, labels)
    assert LOGME(1000 * features @ turn, labels) == pytest.approx(value, abs=1e-9)
    assert LOGME(np.hstack([features, np.zeros((50, 9))]), labels) == pytest.approx(value, abs=1e-9)


def test_features_that_say_nothing_leave_the_variance_of_the_target() -> None:
    labels = np.arange(40) % 2
    assert LOGME(np.zeros((40, 3)), labels) == pytest.approx(-0.5 * (np.log(2 * np.pi * 0.5) + 1))
