"""Sinkhorn against its marginals, a linear programme, and a plan with classes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from medgraft.transfer.adaptation.sinkhorn import class_sinkhorn, sinkhorn

RNG = np.random.default_rng(0)


def problem(n=6, m=5):
    a, b = RNG.uniform(0.5, 2, size=n), RNG.uniform(0.5, 2, size=m)
    return RNG.uniform(size=(n, m)), (a / a.sum(), b / b.sum())


@pytest.mark.parametrize("epsilon", [1.0, 0.1, 0.01])
def test_marginals_are_kept(epsilon):
    cost, (a, b) = problem()
    plan = sinkhorn(cost, (a, b), epsilon, iterations=20_000, tolerance=1e-9)
    np.testing.assert_allclose(plan.mass.sum(axis=0), b, atol=1e-10)
    np.testing.assert_allclose(plan.mass.sum(axis=1), a, atol=1e-8)
    assert plan.error < 1e-9
    assert (plan.mass >= 0).all()


def test_little_smoothing_is_the_linear_programme():
    cost, (a, b) = problem()
    n, m = cost.shape
    rows, columns = np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))
    best = linprog(cost.ravel(), A_eq=np.vstack([rows, columns]), b_eq=np.concatenate([a, b])).fun
    plan = sinkhorn(cost, (a, b), 0.005, iterations=30_000, tolerance=1e-8)
    assert best - plan.error <= (plan.mass * cost).sum() <= best + 0.02


def test_much_smoothing_is_independence():
    cost, (a, b) = problem()
    np.testing.assert_allclose(sinkhorn(cost, (a, b), 1e6).mass, np.outer(a, b), rtol=1e-4)


def test_two_by_two_by_hand():
    """With even masses the plan is [[p, q], [q, p]] / 2, p / q = exp(gap / ε) by symmetry, gap the cost of a swap."""
    half = np.array([0.5, 0.5])
    mass = sinkhorn(np.array([[0.0, 1.0], [1.0, 0.0]]), (half, half), 0.5).mass
    share = 1 / (1 + np.exp(-2))
    np.testing.assert_allclose(mass, np.array([[share, 1 - share], [1 - share, share]]) / 2, rtol=1e-6)


def test_costs_that_underflow_without_logarithms():
    half = np.array([0.5, 0.5])
    mass = sinkhorn(np.array([[0.0, 1e4], [1e4, 0.0]]), (half, half), 0.1).mass
    np.testing.assert_allclose(mass, np.eye(2) / 2)


def test_pot_agrees():
    ot = pytest.importorskip("ot")
    cost, (a, b) = problem()
    wanted = ot.sinkhorn(a, b, cost, 0.1, method="sinkhorn_log", stopThr=1e-12, numItermax=20_000)
    np.testing.assert_allclose(sinkhorn(cost, (a, b), 0.1, iterations=20_000, tolerance=1e-10).mass, wanted, atol=1e-8)


def test_barycentres_are_means_of_where_mass_goes():
    cost, masses = problem(3, 2)
    plan = sinkhorn(cost, masses, 0.1)
    places = np.array([[0.0, 1.0], [4.0, 3.0]])
    wanted = [plan.mass[i] @ places / plan.mass[i].sum() for i in range(3)]
    np.testing.assert_allclose(plan.barycentres(places), wanted)


def test_classes_are_kept_apart():
    """Every target place gets more of its mass from one class than without the penalty."""
    labels = np.arange(30) % 2
    source = RNG.normal(size=(30, 2)) + labels[:, None]
    target = RNG.normal(size=(40, 2)) + (np.arange(40) % 2)[:, None]
    cost = np.square(source[:, None] - target[None]).sum(axis=2)
    cost /= cost.mean()
    masses = np.full(30, 1 / 30), np.full(40, 1 / 40)

    def purity(strength):
        mass = class_sinkhorn(cost, masses, labels, 0.05, strength=strength).mass
        by_class = np.stack([mass[labels == label].sum(axis=0) for label in (0, 1)])
        return (by_class.max(axis=0) / by_class.sum(axis=0)).mean()

    assert purity(0.3) > purity(0.0) + 0.02
