"""Covariances and their powers against numpy, scipy and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import fractional_matrix_power
from sklearn.covariance import ledoit_wolf

from medgraft.transfer.adaptation.moments import matrix_power, mean_and_covariance

ROWS = np.random.default_rng(0).normal(size=(30, 4)) @ np.diag([1.0, 2.0, 0.5, 3.0]) + 5


def test_without_shrinkage_it_is_the_covariance():
    mean, covariance = mean_and_covariance(ROWS, 0.0)
    np.testing.assert_allclose(mean, ROWS.mean(axis=0))
    np.testing.assert_allclose(covariance, np.cov(ROWS.T, bias=True))


def test_shrinkage_is_ledoit_and_wolfs_or_as_told():
    np.testing.assert_allclose(mean_and_covariance(ROWS, None)[1], ledoit_wolf(ROWS)[0], rtol=1e-6)
    sphere = np.trace(np.cov(ROWS.T, bias=True)) / 4 * np.eye(4)
    np.testing.assert_allclose(mean_and_covariance(ROWS, 1.0)[1], sphere)


@pytest.mark.parametrize("exponent", [0.5, -0.5, 1.0])
def test_powers_are_scipys(exponent):
    covariance = np.cov(ROWS.T)
    np.testing.assert_allclose(
        matrix_power(covariance, exponent), fractional_matrix_power(covariance, exponent), atol=1e-10
    )


def test_directions_without_spread_stay_at_zero():
    flat = np.diag([4.0, 0.0])
    np.testing.assert_allclose(matrix_power(flat, -0.5), np.diag([0.5, 0.0]))
