"""LEEP against a slow loop from the paper's formula, and its known limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.measure.transferability.leep import LEEP


def _slow(theta: np.ndarray, labels: np.ndarray) -> float:
    """Equations 1 and 2 of the paper, case by case."""
    n, sources = theta.shape
    total = 0.0
    for i in range(n):
        inner = 0.0
        for z in range(sources):
            joint = sum(theta[j, z] for j in range(n) if labels[j] == labels[i]) / n
            marginal = sum(theta[j, z] for j in range(n)) / n
            inner += joint / marginal * theta[i, z] if marginal > 0 else 0.0
        total += math.log(inner)
    return total / n


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(3, 25), st.integers(1, 6), st.integers(2, 3), st.booleans())
def test_against_the_formula(seed: int, n: int, sources: int, k: int, hard: bool) -> None:
    random = np.random.default_rng(seed)
    labels = np.arange(n) % k
    theta = np.eye(sources)[random.integers(0, sources, n)] if hard else random.dirichlet(np.ones(sources), n)
    assert LEEP(theta, labels) == pytest.approx(_slow(theta, labels), abs=1e-12)


def test_known_limits() -> None:
    labels = np.repeat([0, 1], [30, 10])
    assert LEEP(np.eye(2)[labels], labels) == pytest.approx(0.0)
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert LEEP(np.full((40, 5), 0.2), labels) == pytest.approx(-entropy)
    unused = np.hstack([np.eye(2)[labels], np.zeros((40, 3))])
    assert LEEP(unused, labels) == pytest.approx(0.0)
