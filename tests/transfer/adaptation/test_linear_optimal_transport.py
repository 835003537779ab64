"""The Gaussian Monge map against its defining properties, and one dimension by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import sqrtm

from medgraft.transfer.adaptation.linear_optimal_transport import monge_map

RNG = np.random.default_rng(0)


def covariance(d=4):
    factor = RNG.normal(size=(d, 2 * d))
    return factor @ factor.T


def test_it_carries_one_covariance_to_the_other_and_is_symmetric_and_positive():
    one, other = covariance(), covariance()
    found = monge_map(one, other)
    np.testing.assert_allclose(found @ one @ found, other, rtol=1e-8)
    np.testing.assert_allclose(found, found.T, atol=1e-10)
    assert np.linalg.eigvalsh(found).min() > 0


def test_what_it_costs_is_the_bures_distance():
    one, other = covariance(), covariance()
    found = monge_map(one, other)
    cost = np.trace((found - np.eye(4)) @ one @ (found - np.eye(4)))
    half = np.real(sqrtm(one))
    wanted = np.trace(one + other - 2 * np.real(sqrtm(half @ other @ half)))
    assert cost == pytest.approx(wanted, rel=1e-6)


def test_one_dimension_by_hand():
    np.testing.assert_allclose(monge_map(np.array([[4.0]]), np.array([[9.0]])), [[1.5]])


def test_pot_agrees():
    ot = pytest.importorskip("ot")
    one, other = covariance(), covariance()
    found, _ = ot.gaussian.bures_wasserstein_mapping(np.zeros(4), np.zeros(4), one, other)
    np.testing.assert_allclose(monge_map(one, other), found, atol=1e-6)


def test_it_helps_where_moments_are_moved(gains):
    before, after = gains("linear-optimal-transport", "moved").T
    assert (after > before + 0.05).all()
    assert after.min() > 0.95
