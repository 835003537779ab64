"""The exact rank, its coverage by simulation, and the beta-binomial band against scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import beta, betabinom

from medgraft.errors import DataError, UsageError
from medgraft.measure.conformal.quantile import conformal_quantile, conformal_rank, coverage_band, fewest_scores


def test_ranks_by_hand() -> None:
    assert [conformal_rank(n, 0.1) for n in (8, 9, 10, 19, 99, 100)] == [9, 9, 10, 18, 90, 91]
    assert conformal_rank(9, 0.3) == 7  # 10 · 0.7 is 7, whatever rounding makes of it
    assert [fewest_scores(alpha) for alpha in (0.5, 0.1, 0.05, 0.01)] == [1, 9, 19, 99]


def test_the_quantile_is_the_order_statistic() -> None:
    scores = np.random.default_rng(0).permutation(20) + 1.0
    assert conformal_quantile(scores, 0.1) == 19.0
    assert conformal_quantile(scores[:8], 0.1) == math.inf
    assert conformal_quantile(np.zeros(0), 0.1) == math.inf


@pytest.mark.parametrize(("n", "alpha"), [(25, 0.1), (40, 0.05), (60, 0.2)])
def test_coverage_over_many_calibrations(n: int, alpha: float) -> None:
    """Mean within [1 − α, 1 − α + 1/(n + 1)] and spread of Beta(k, n + 1 − k), each ± 3 standard errors."""
    random = np.random.default_rng(1)
    bounds = np.array([conformal_quantile(random.random(n), alpha) for _ in range(4000)])  # of a uniform: its coverage
    error = bounds.std() / math.sqrt(len(bounds))
    assert 1 - alpha - 3 * error <= bounds.mean() <= 1 - alpha + 1 / (n + 1) + 3 * error
    rank = conformal_rank(n, alpha)
    assert bounds.std() == pytest.approx(beta(rank, n + 1 - rank).std(), rel=0.05)
    low, high = coverage_band(n, alpha)
    assert np.mean((bounds >= low) & (bounds <= high)) == pytest.approx(0.95, abs=0.012)


def test_bands_against_scipy() -> None:
    rank = conformal_rank(50, 0.1)
    assert coverage_band(50, 0.1) == pytest.approx(beta(rank, 51 - rank).ppf([0.025, 0.975]))
    for new in (1, 30, 400):
        expected = betabinom(new, rank, 51 - rank).ppf([0.025, 0.975]) / new
        assert coverage_band(50, 0.1, new) == pytest.approx(expected)
    assert coverage_band(8, 0.1) == (1.0, 1.0)


def test_what_does_not_fit_is_refused() -> None:
    for alpha in (0.0, 1.0, -0.1):
        with pytest.raises(UsageError, match="between 0 and 1"):
            conformal_rank(10, alpha)
    with pytest.raises(UsageError, match="between 0 and 1"):
        fewest_scores(1.5)
    with pytest.raises(UsageError, match="one a patient or case"):
        conformal_quantile(np.zeros((2, 2)), 0.1)
    with pytest.raises(DataError, match="1 of 2 scores"):
        conformal_quantile(np.array([0.1, np.nan]), 0.1)
    with pytest.raises(UsageError, match="1 or more"):
        coverage_band(50, 0.1, 0)
