"""Density ratios of Gaussians, whose truth is exp(δx − δ²/2), and the usual traps."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.measure.unlabelled.density_ratio import MOST, density_ratio


def test_two_gaussians() -> None:
    random = np.random.default_rng(0)
    train, target = random.normal(size=(3000, 1)), random.normal(size=(1500, 1)) + 1.0
    asked = np.linspace(-1.5, 2.0, 15)[:, None]
    found = density_ratio(train, target, asked)
    assert np.log(found) == pytest.approx(asked[:, 0] - 0.5, abs=0.2)
    others = random.normal(size=(3000, 1))
    assert density_ratio(train, target, others).mean() == pytest.approx(1.0, abs=0.1)


def test_no_difference_has_weights_near_one_also_with_more_features_than_cases() -> None:
    random = np.random.default_rng(1)
    rows = random.normal(size=(220, 400))
    found = density_ratio(rows[:100], rows[100:180], rows[180:])
    assert found == pytest.approx(1.0, abs=0.35)


def test_sides_that_do_not_meet_have_finite_weights() -> None:
    random = np.random.default_rng(2)
    train, target = random.normal(size=(60, 3)), random.normal(size=(60, 3)) + 50
    found = density_ratio(train, target, np.vstack([train[:5], target[:1]]))
    assert np.isfinite(found).all()
    assert found.max() <= MOST * found.sum()
    assert found[-1] > found[:5].max()
    assert density_ratio(np.ones((20, 2)), np.ones((20, 2)), np.ones((3, 2))).tolist() == [1.0, 1.0, 1.0]
