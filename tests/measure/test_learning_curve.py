"""Learning curves: known ones come back, scipy finds nothing better, intervals hold what is true, advice in words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from medgraft.errors import DataError, UsageError
from medgraft.measure.learning_curve import fit_learning_curve, labels_or_model

SIZES = np.array([50, 100, 200, 400, 800])


def _law(n: np.ndarray, a: float, b: float, c: float) -> np.ndarray:
    return c - a * n ** (-b)


@settings(deadline=None, max_examples=30)
@given(st.floats(0.1, 3.0), st.floats(0.1, 1.5), st.floats(0.6, 1.0))
def test_a_known_curve_comes_back(a: float, b: float, c: float) -> None:
    found = fit_learning_curve(SIZES, _law(SIZES, a, b, c), np.full(5, 1e-4), draws=10)
    twice, four_times = found.extrapolated()
    assert (twice.n, four_times.n) == (1600, 3200)
    assert (twice.score, four_times.score) == pytest.approx(_law(np.array([1600, 3200]), a, b, c), abs=2e-6)
    assert found.misfit == pytest.approx(0, abs=1e-6)
    if 0.3 < b < 1.2:
        assert (found.a, found.b, found.c) == pytest.approx((a, b, c), rel=1e-3)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000))
def test_scipy_finds_nothing_better(seed: int) -> None:
    random = np.random.default_rng(seed)
    variance = random.uniform(1e-5, 1e-3, 5)
    score = np.minimum(_law(SIZES, 1.0, 0.5, random.uniform(0.7, 1.0)) + np.sqrt(variance) * random.normal(size=5), 1.0)

    def residual(parameters: np.ndarray) -> np.ndarray:
        gap, b, c = parameters  # a in units of the middle size, for scipy's sake
        return (score - _law(SIZES / 200, gap, b, c)) / np.sqrt(variance)

    found = fit_learning_curve(SIZES, score, variance, draws=2)
    ours = 0.5 * (residual(np.array([found.a * 200**-found.b, found.b, found.c])) ** 2).sum()
    starts = [(0.05, b, 0.9) for b in (0.1, 0.5, 1.5)]
    bounds = ([0, 0.05, -np.inf], [np.inf, 2.0, 1.0])
    best = min(least_squares(residual, start, bounds=bounds, xtol=1e-12, ftol=1e-12).cost for start in starts)
    assert ours <= best * (1 + 1e-6) + 1e-9
    assert 0.05 <= found.b <= 2.0
    assert found.a >= 0
    assert found.c <= 1


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    random = np.random.default_rng(0)
    held = []
    for _ in range(60):
        score = _law(SIZES, 1.0, 0.5, 0.93) + 0.006 * random.normal(size=5)
        found = fit_learning_curve(SIZES, score, np.full(5, 0.006**2), draws=150)
        point = found.at(1600)
        held.append(point.low <= _law(np.array([1600.0]), 1.0, 0.5, 0.93)[0] <= point.high)
    assert np.mean(held) > 0.85


def test_steep_flat_and_unsure_curves_get_their_advice() -> None:
    steep = labels_or_model(fit_learning_curve(SIZES, _law(SIZES, 2.0, 0.35, 1.0), np.full(5, 1e-6)))
    assert steep.answer == "labels"
    assert steep.gain == pytest.approx(2.0 * (800**-0.35 - 1600**-0.35), abs=1e-4)
    assert steep.low < steep.gain < steep.high
    assert "from 800 to 1600 cases" in steep.words
    assert "label more cases" in steep.words
    flat = labels_or_model(fit_learning_curve(SIZES, np.full(5, 0.81), np.full(5, 1e-6)))
    assert flat.answer == "model"
    assert flat.gain == pytest.approx(0, abs=1e-3)
    assert "another source or strategy" in flat.words
    unsure = labels_or_model(fit_learning_curve(SIZES, _law(SIZES, 1.0, 0.5, 0.9), np.full(5, 0.02**2)))
    assert unsure.answer == "unclear"
    assert unsure.low < 0.01 <= unsure.high


def test_a_gain_is_surer_than_the_scores_that_it_lies_between() -> None:
    found = fit_learning_curve(SIZES, _law(SIZES, 1.0, 0.5, 0.9), np.full(5, 0.01**2))
    gain, later, now = found.gain(800, 1600), found.at(1600), found.at(800)
    assert gain.score == pytest.approx(later.score - now.score)
    assert gain.high - gain.low < (later.high - later.low) + (now.high - now.low)
    assert gain.low >= 0
    again = fit_learning_curve(SIZES, _law(SIZES, 1.0, 0.5, 0.9), np.full(5, 0.01**2))
    assert (again.drawn == found.drawn).all()


def test_what_the_law_does_not_fit_widens_the_interval() -> None:
    bent = np.array([0.70, 0.80, 0.72, 0.83, 0.80])
    found = fit_learning_curve(SIZES, bent, np.full(5, 1e-6))
    assert found.misfit > 100
    assert found.at(800).high - found.at(800).low > 0.05
    three = fit_learning_curve(SIZES[:3], np.array([0.7, 0.8, 0.85]), np.zeros(3))
    assert np.isnan(three.misfit)
    assert three.at(100).score == pytest.approx(0.8, abs=1e-4)


def test_falling_scores_are_flat() -> None:
    found = fit_learning_curve(SIZES, np.array([0.9, 0.88, 0.86, 0.85, 0.84]), np.full(5, 1e-4))
    assert found.a == 0
    assert found.at(1600).score == pytest.approx(0.866)


def test_what_does_not_fit_is_refused() -> None:
    score, variance = np.full(5, 0.8), np.full(5, 1e-4)
    with pytest.raises(UsageError, match="n above 0"):
        fit_learning_curve(SIZES[:-1], score, variance)
    with pytest.raises(UsageError, match="n above 0"):
        fit_learning_curve(np.array([0, 1, 2, 3, 4]), score, variance)
    with pytest.raises(UsageError, match="not negative"):
        fit_learning_curve(SIZES, score, -variance)
    with pytest.raises(DataError, match="2 different numbers"):
        fit_learning_curve(np.array([50, 50, 50, 80, 80]), score, variance)
    with pytest.raises(DataError, match="scores up to 1"):
        fit_learning_curve(SIZES, 100 * score, variance)
