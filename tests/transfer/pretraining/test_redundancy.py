"""The loss of VICReg against a computation by hand, and at its closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from medgraft.transfer.pretraining.redundancy import Redundancy, covariance_term, variance_term

NOTHING = torch.zeros(0)


def by_hand(first: np.ndarray, second: np.ndarray) -> float:
    """25 · distance + 25 · variance + covariance, in numpy with explicit sums."""
    total = 25 * np.mean((first - second) ** 2)
    for z in (first, second):
        total += 25 * np.mean(np.maximum(0, 1 - np.sqrt(z.var(axis=0, ddof=1) + 1e-4))) / 2
        covariance = np.cov(z, rowvar=False)
        total += sum(covariance[i, j] ** 2 for i in range(4) for j in range(4) if i != j) / 4
    return float(total)


def test_it_equals_the_computation_by_hand():
    z = np.random.default_rng(0).normal(0, 0.7, (9, 2, 4))
    losses = Redundancy(25, 25, 1).loss(torch.from_numpy(z), NOTHING)
    assert losses.shape == (9,)
    assert float(losses.mean()) == pytest.approx(by_hand(z[:, 0], z[:, 1]), rel=1e-10)


def test_a_collapse_costs_nothing_but_the_variance_term():
    z = torch.ones(6, 2, 3, dtype=torch.float64)
    assert float(Redundancy(25, 25, 1).loss(z, NOTHING).mean()) == pytest.approx(25 * 0.99)
    assert float(Redundancy(25, 0, 1).loss(z, NOTHING).mean()) == 0.0


def test_whitened_embeddings_cost_nothing():
    rows = np.random.default_rng(1).normal(size=(50, 3))
    centred = rows - rows.mean(axis=0)
    white = centred @ np.linalg.inv(np.linalg.cholesky(np.cov(centred, rowvar=False))).T
    z = torch.from_numpy(white)
    assert float(variance_term(z)) == pytest.approx(0, abs=1e-12)
    assert float(covariance_term(z)) == pytest.approx(0, abs=1e-12)
    same = torch.stack([z, z], dim=1)
    assert float(Redundancy(25, 25, 1).judged(same, NOTHING).mean()) == pytest.approx(0, abs=1e-10)
    assert Redundancy(1, 1, 1).answers(same) is same


def test_a_repeated_dimension_costs_its_squared_variance():
    column = torch.tensor([[-1.0], [0.0], [1.0]], dtype=torch.float64)  # variance 1
    assert float(covariance_term(column.repeat(1, 2))) == pytest.approx(2 * 1.0 / 2)
