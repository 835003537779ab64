"""Bland and Altman's numbers, by hand."""

import numpy as np
import pytest

from medgraft.measure.segmentation.agreement import agreement


def test_bias_and_limits_by_hand():
    found = agreement(np.array([10.0, 20.0, 30.0, 0.0, np.nan]), np.array([11.0, 22.0, 30.0, 0.0, 4.0]), "mL")
    gaps = np.array([1.0, 2.0, 0.0])
    assert (found.n, found.unit, found.bias) == (3, "mL", pytest.approx(1.0))
    assert found.low == pytest.approx(1 - 1.96 * gaps.std(ddof=1), abs=1e-4)
    assert found.relative_sd == pytest.approx(np.std([1 / 10.5, 2 / 21, 0], ddof=1))


def test_too_few_pairs_say_nothing():
    assert agreement(np.array([1.0]), np.array([1.0]), "mm²").to_json()["bias"] is None


def test_limits_hold_nearly_all_differences_of_a_normal_law():
    rng = np.random.default_rng(0)
    true = rng.uniform(50, 100, 4000)
    found = agreement(true, true + rng.normal(2, 3, 4000), "mL")
    fresh = rng.normal(2, 3, 4000)
    assert np.mean((fresh > found.low) & (fresh < found.high)) == pytest.approx(0.95, abs=0.01)
