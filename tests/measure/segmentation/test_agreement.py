"""Bias and limits, with and without intervals, against the formulas of Bland and Altman, and what is left out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from medgraft.errors import UsageError
from medgraft.measure.segmentation.agreement import agreement, limits_of_agreement


def test_by_hand() -> None:
    """Differences 1, 2, 3: mean 2, standard deviation 1."""
    found = limits_of_agreement(np.array([10.0, 20, 30]), np.array([11.0, 22, 33]))
    assert found.bias.value == pytest.approx(2)
    assert found.low.value == pytest.approx(2 - 1.96, abs=1e-3)
    assert found.high.value == pytest.approx(2 + 1.96, abs=1e-3)
    assert found.bias.n == 3 and found.bias.n_patients is None


def test_intervals_are_those_of_the_formula_for_independent_cases() -> None:
    """Standard errors: sd / √n of the bias, about sd √(3/n) of a limit (Bland & Altman 1986)."""
    random, n = np.random.default_rng(1), 400
    true = random.uniform(10, 20, n)
    found = limits_of_agreement(true, true + random.normal(1.0, 2.0, n), groups=np.arange(n))
    half = (found.bias.high - found.bias.low) / 2
    assert half == pytest.approx(1.96 * 2 / np.sqrt(n), rel=0.15)
    for limit in (found.low, found.high):
        assert (limit.high - limit.low) / 2 == pytest.approx(1.96 * 2 * np.sqrt(2.92 / n), rel=0.2)
        assert limit.low < limit.value < limit.high and limit.n_patients == n


def test_cases_of_one_patient_make_intervals_wider() -> None:
    random = np.random.default_rng(2)
    differences = np.repeat(random.normal(size=40), 5)
    true = np.full(200, 10.0)
    alone = limits_of_agreement(true, true + differences).bias
    together = limits_of_agreement(true, true + differences, groups=np.repeat(np.arange(40), 5)).bias
    assert together.value == pytest.approx(alone.value)
    assert together.high - together.low > 1.7 * (alone.high - alone.low)
    assert together.n_patients == 40


def test_what_cannot_be_measured_is_left_out() -> None:
    true = np.array([1.0, 2.0, np.nan, 0.0, 3.0])
    called = np.array([2.0, 3.0, 5.0, 0.0, 4.0])
    found = limits_of_agreement(true, called)
    assert found.bias.n == 3 and found.bias.value == pytest.approx(1) and found.low.value == pytest.approx(1)


def test_differences_that_grow_with_the_size_are_told() -> None:
    random = np.random.default_rng(3)
    true = random.uniform(1, 100, 80)
    grows = limits_of_agreement(true, true * (1 + random.normal(0, 0.1, 80)))
    constant = limits_of_agreement(true, true + random.normal(0, 3, 80))
    assert grows.trend > 0.4 and grows.trend_p < 0.001
    assert constant.trend_p > 0.05
    assert np.isnan(limits_of_agreement(np.array([1.0, 2, 3]), np.array([2.0, 3, 4])).trend)


@pytest.mark.parametrize("rounded", [True, False])
def test_the_trend_is_scipys(rounded: bool) -> None:
    random = np.random.default_rng(4)
    true = random.uniform(1, 9, 40)
    called = true * (1 + random.normal(0, 0.3, 40))
    if rounded:
        true, called = np.round(true), np.round(called)
    found = limits_of_agreement(true, called)
    expected = spearmanr(np.abs(called - true), (called + true) / 2)
    assert (found.trend, found.trend_p) == pytest.approx((expected.statistic, expected.pvalue))


def test_one_patient_has_no_interval() -> None:
    found = limits_of_agreement(np.array([1.0, 2, 3]), np.array([2.0, 2, 5]), groups=np.zeros(3, dtype=int))
    assert np.isnan(found.bias.low) and found.bias.n_patients == 1


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="fewer than two"):
        limits_of_agreement(np.array([1.0, 0.0]), np.array([2.0, 0.0]))
    with pytest.raises(UsageError, match="two numbers a case"):
        limits_of_agreement(np.ones(3), np.ones(4))


def test_both_forms_say_the_same() -> None:
    random = np.random.default_rng(5)
    true = random.uniform(0, 9, 30).round()
    called = (true + random.normal(0, 1, 30)).clip(0).round()
    plain, told = agreement(true, called, "mL"), limits_of_agreement(true, called)
    assert (plain.bias, plain.low, plain.high, plain.n) == (
        told.bias.value,
        told.low.value,
        told.high.value,
        told.bias.n,
    )
    assert plain.within_sd == pytest.approx((told.high.value - told.low.value) / 2 / 1.96, abs=1e-3)


def test_bias_and_limits_by_hand() -> None:
    found = agreement(np.array([10.0, 20.0, 30.0, 0.0, np.nan]), np.array([11.0, 22.0, 30.0, 0.0, 4.0]), "mL")
    gaps = np.array([1.0, 2.0, 0.0])
    assert (found.n, found.unit, found.bias) == (3, "mL", pytest.approx(1.0))
    assert found.low == pytest.approx(1 - 1.96 * gaps.std(ddof=1), abs=1e-4)
    assert found.relative_sd == pytest.approx(np.std([1 / 10.5, 2 / 21, 0], ddof=1))


def test_too_few_pairs_say_nothing() -> None:
    assert agreement(np.array([1.0]), np.array([1.0]), "mm²").to_json()["bias"] is None


def test_limits_hold_nearly_all_differences_of_a_normal_law() -> None:
    rng = np.random.default_rng(0)
    true = rng.uniform(50, 100, 4000)
    found = agreement(true, true + rng.normal(2, 3, 4000), "mL")
    fresh = rng.normal(2, 3, 4000)
    assert np.mean((fresh > found.low) & (fresh < found.high)) == pytest.approx(0.95, abs=0.01)
