"""MMD by hand, case by case."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from medgraft.transfer.adaptation.losses.mmd import WIDTHS, discrepancy, gaussian_kernel

RNG = np.random.default_rng(0)
ONE, OTHER = RNG.normal(size=(6, 3)), RNG.normal(size=(4, 3)) + 1


def kernel_by_hand(rows):
    n = len(rows)
    squared = np.array([[np.square(a - b).sum() for b in rows] for a in rows])
    middle = squared[~np.eye(n, dtype=bool)].mean()
    return np.mean([np.exp(-squared / (2 * width * middle)) for width in WIDTHS], axis=0)


def test_the_kernel_is_the_formula():
    rows = np.concatenate([ONE, OTHER])
    np.testing.assert_allclose(gaussian_kernel(torch.from_numpy(rows)).numpy(), kernel_by_hand(rows), atol=1e-10)


def test_mmd_by_hand():
    rows = np.concatenate([ONE, OTHER])
    kernel = kernel_by_hand(rows)
    wanted = sum(kernel[i, j] for i in range(6) for j in range(6)) / 36
    wanted += sum(kernel[i, j] for i in range(6, 10) for j in range(6, 10)) / 16
    wanted -= 2 * sum(kernel[i, j] for i in range(6) for j in range(6, 10)) / 24
    assert float(discrepancy(gaussian_kernel(torch.from_numpy(rows)), 6)) == pytest.approx(wanted)
    assert wanted > 0


def test_equal_sides_have_none_and_farther_ones_more():
    far = [float(discrepancy(gaussian_kernel(torch.from_numpy(np.concatenate([ONE, ONE + d]))), 6)) for d in (0, 1, 3)]
    assert far[0] == pytest.approx(0, abs=1e-12)
    assert far[0] < far[1] < far[2]


def test_the_joint_kernel_sees_answers_that_the_features_hide():
    """Features are the same on both sides, answers are turned: only the joint distribution differs."""
    from medgraft.transfer.adaptation.losses.loss import Layout, Seen
    from medgraft.transfer.adaptation.losses.mmd import Joint, Marginal

    rows = torch.from_numpy(ONE)
    logits = torch.where(rows[:, :1] > 0, torch.tensor([4.0, 0.0]), torch.tensor([0.0, 4.0])).double()
    none = torch.zeros(6, dtype=torch.long)
    seen = Seen(rows, rows, logits, logits.flip(1), none, none, 0.5, lambda features: logits)
    assert float(Marginal(Layout(3, 2))(seen)) == pytest.approx(0, abs=1e-12)
    assert float(Joint(Layout(3, 2))(seen)) > 0.05


def test_one_place_is_no_division_by_zero():
    rows = torch.ones(4, 2, requires_grad=True)
    value = discrepancy(gaussian_kernel(rows), 2)
    value.backward()
    assert float(value.detach()) == pytest.approx(0, abs=1e-6)
    assert torch.isfinite(rows.grad).all()
