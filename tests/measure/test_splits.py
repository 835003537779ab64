"""The corrected t interval against hand computation and against many simulated experiments."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t, ttest_1samp

from medgraft.errors import UsageError
from medgraft.measure.splits import split_difference


def test_by_hand() -> None:
    """Mean 0.03, S² = 0.0005/3, J = 4, 80 and 20 cases: (1/4 + 1/4) S² = 1/12000; t(3) = 3.18244630528."""
    found = split_difference(np.array([0.02, 0.02, 0.05, 0.03]), 80, 20)
    assert found.difference == pytest.approx(0.03)
    assert found.standard_error == pytest.approx(np.sqrt(0.5 * 0.0006 / 3))
    assert found.high - found.difference == pytest.approx(3.182446305284263 * found.standard_error)
    assert found.difference - found.low == pytest.approx(found.high - found.difference)
    assert found.n_splits == 4


def test_with_no_test_share_it_is_the_plain_t_interval() -> None:
    gaps = np.random.default_rng(0).normal(0.1, 1, 12)
    found = split_difference(gaps, 10**12, 1)
    plain = ttest_1samp(gaps, 0).confidence_interval()
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high))


def test_sizes_may_differ_from_split_to_split() -> None:
    gaps = np.array([0.1, 0.3, -0.1])
    found = split_difference(gaps, np.array([80, 90, 60]), np.array([20, 10, 40]))
    inflation = 1 / 3 + np.mean([20 / 80, 10 / 90, 40 / 60])
    assert found.high == pytest.approx(0.1 + t.ppf(0.975, 2) * np.sqrt(inflation * gaps.var(ddof=1)))


def test_splits_that_share_cases_need_the_correction() -> None:
    """Case-wise gains of mean 0, 15 random splits of 1 in 5 cases: the plain interval is far too sure."""
    random = np.random.default_rng(1)
    held = plain = 0
    for _ in range(400):
        gains = random.normal(size=100)
        gaps = np.array([gains[random.permutation(100)[:20]].mean() for _ in range(15)])
        found = split_difference(gaps, 80, 20)
        held += found.low <= 0 <= found.high
        plain += abs(gaps.mean()) <= t.ppf(0.975, 14) * gaps.std(ddof=1) / np.sqrt(15)
    assert plain / 400 < 0.8 < 0.92 < held / 400


def test_splits_that_agree_have_no_width() -> None:
    found = split_difference(np.full(5, 0.25), 80, 20)
    assert (found.low, found.difference, found.high) == (0.25, 0.25, 0.25)


@pytest.mark.parametrize(
    ("gaps", "train", "test", "message"),
    [
        ([0.1], 80, 20, "2 splits or more"),
        ([0.1, np.nan], 80, 20, "2 splits or more"),
        ([0.1, 0.2], 0, 20, "whole numbers from 1"),
        ([0.1, 0.2], np.array([80, 80, 80]), 20, "one for all splits"),
    ],
)
def test_what_does_not_fit_is_refused(gaps, train, test, message) -> None:
    with pytest.raises(UsageError, match=message):
        split_difference(np.array(gaps), train, test)
