"""H-score against its definition with whole matrices, the shrinkage against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.covariance import ledoit_wolf, ledoit_wolf_shrinkage

from medgraft.errors import UsageError
from medgraft.measure.transferability import h_score as module
from medgraft.measure.transferability.h_score import H_SCORE, h_score


def _cases(seed: int, n: int, d: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = np.arange(n) % k
    return 3 + random.normal(size=(n, d)) * random.uniform(0.2, 2, d) + np.eye(k, d)[labels], labels


def _between(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Covariance of E[f | y] over the cases."""
    means = np.stack([features[labels == label].mean(axis=0) for label in labels])
    return np.cov(means, rowvar=False, bias=True).reshape(features.shape[1], -1)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(6, 50), st.integers(1, 40), st.integers(2, 4))
def test_against_the_definition(seed: int, n: int, d: int, k: int) -> None:
    features, labels = _cases(seed, n, d, k)
    covariance = np.cov(features, rowvar=False, bias=True).reshape(d, d)
    plain = np.trace(np.linalg.pinv(covariance, rcond=1e-9) @ _between(features, labels))
    assert h_score(features, labels, shrinkage=0.0) == pytest.approx(plain, rel=1e-6)
    shrunk, share = ledoit_wolf(features)
    regularised = (1 - share) * np.trace(np.linalg.inv(shrunk) @ _between(features, labels)) if share < 1 else 0.0
    assert H_SCORE(features, labels) == pytest.approx(regularised, rel=1e-6, abs=1e-9)
    assert -1e-9 <= regularised <= plain + 1e-9 <= k - 1 + 1e-6


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 60), st.integers(1, 60))
def test_shrinkage_against_scikit_learn(seed: int, n: int, d: int) -> None:
    features = _cases(seed, n, d, 2)[0]
    found = module.ledoit_wolf_shrinkage(features - features.mean(axis=0))
    assert found == pytest.approx(ledoit_wolf_shrinkage(features), abs=1e-9)


def test_the_plain_score_is_fooled_by_many_features_and_the_shrunk_one_is_not() -> None:
    random = np.random.default_rng(0)
    labels = np.arange(40) % 2
    noise = random.normal(size=(40, 200))
    signal = random.normal(size=(40, 5)) + 2 * labels[:, None]
    assert h_score(noise, labels, shrinkage=0.0) == pytest.approx(1.0)
    assert H_SCORE(noise, labels) < 0.5 * H_SCORE(signal, labels)


def test_constant_features_tell_nothing() -> None:
    assert H_SCORE(np.full((10, 3), 0.1), np.arange(10) % 2) == 0.0
    with pytest.raises(UsageError, match="from 0 to 1"):
        h_score(np.eye(4), np.arange(4) % 2, shrinkage=1.5)
