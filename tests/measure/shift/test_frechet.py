"""Fréchet distance against closed forms and scipy's matrix root."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from sklearn.covariance import ledoit_wolf

from medgraft.errors import DataError, UsageError
from medgraft.measure.shift.frechet import frechet_distance


def _reference(first: np.ndarray, second: np.ndarray, shrink: bool) -> float:
    def covariance(rows: np.ndarray) -> np.ndarray:
        return ledoit_wolf(rows)[0] if shrink else np.cov(rows, rowvar=False, bias=True)

    one, other = covariance(first), covariance(second)
    gap = first.mean(axis=0) - second.mean(axis=0)
    return float(gap @ gap + np.trace(one + other - 2 * np.real(sqrtm(one @ other))))


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(12, 40), st.integers(12, 40))
def test_against_scipy(seed: int, width: int, n: int, m: int) -> None:
    random = np.random.default_rng(seed)
    first = random.normal(size=(n, width)) @ random.normal(size=(width, width))
    second = random.normal(size=(m, width)) + random.normal(size=width)
    for shrink in (False, True):
        found = frechet_distance(first, second, shrink=shrink)
        assert found == pytest.approx(_reference(first, second, shrink), rel=1e-5, abs=1e-7)
        assert found == pytest.approx(frechet_distance(second, first, shrink=shrink), rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("width", [60, 300])
def test_more_features_than_cases_is_the_same_number_in_the_span(width: int) -> None:
    random = np.random.default_rng(1)
    first, second = random.normal(size=(20, width)), 1.5 * random.normal(size=(25, width)) + 0.2
    assert frechet_distance(first, second) == pytest.approx(_reference(first, second, True), rel=1e-6)


def test_closed_forms() -> None:
    values = np.array([[-1.0], [1.0]])
    assert frechet_distance(3 * values, values + 5) == pytest.approx(25 + (3 - 1) ** 2)
    corners = np.array([[x, y] for x in (-1.0, 1.0) for y in (-1.0, 1.0)])
    scaled = frechet_distance(corners * [2, 3], corners * [5, 1] + [1, 0], shrink=False)
    assert scaled == pytest.approx(1 + (2 - 5) ** 2 + (3 - 1) ** 2)
    rows = np.random.default_rng(0).normal(size=(15, 40))
    assert frechet_distance(rows, rows) == pytest.approx(0.0, abs=1e-9)
    assert frechet_distance(np.ones((5, 9)), np.zeros((4, 9))) == pytest.approx(9.0)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="give"):
        frechet_distance(np.ones((5, 2)), np.ones((5, 3)))
    with pytest.raises(DataError, match="not finite"):
        frechet_distance(np.ones((5, 2)), np.full((5, 2), np.nan))
