"""Weighted τ against scipy, the bootstrap against a plain loop, small and empty inputs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import weightedtau

from medgraft.errors import UsageError
from medgraft.measure.ranking import rank_agreement, weighted_kendall


@settings(deadline=None, max_examples=80)
@given(st.integers(0, 10_000), st.integers(2, 12), st.booleans())
def test_against_scipy(seed: int, m: int, coarse: bool) -> None:
    random = np.random.default_rng(seed)
    hint, achieved = random.normal(size=(2, m))
    if coarse:
        hint, achieved = np.round(hint), np.round(2 * achieved) / 2
    found = float(weighted_kendall(hint, achieved))
    if len(set(hint)) == 1 or len(set(achieved)) == 1:
        assert np.isnan(found)
        return
    assert found == pytest.approx(weightedtau(achieved, hint).statistic, abs=1e-12)
    by_one, by_other = (weightedtau(*pair, rank=None).statistic for pair in ((achieved, hint), (hint, achieved)))
    assert found == pytest.approx((by_one + by_other) / 2, abs=1e-12)


def test_a_mistake_among_the_best_weighs_more() -> None:
    achieved = np.arange(6.0)
    at_the_top, at_the_end = achieved.copy(), achieved.copy()
    at_the_top[[4, 5]], at_the_end[[0, 1]] = [5, 4], [1, 0]
    assert weighted_kendall(at_the_top, achieved) < weighted_kendall(at_the_end, achieved) < 1
    assert weighted_kendall(achieved, achieved) == 1
    assert weighted_kendall(-achieved, achieved) == -1


def test_sources_that_were_not_measured_do_not_count() -> None:
    random = np.random.default_rng(0)
    hint, achieved = random.normal(size=(2, 7))
    expected = float(weighted_kendall(hint[[0, 2, 3, 4, 6]], achieved[[0, 2, 3, 4, 6]]))
    hint[1], achieved[5] = np.nan, np.nan
    assert float(weighted_kendall(hint, achieved)) == pytest.approx(expected)
    agreement = rank_agreement(hint, achieved, draws=50)
    assert agreement.tau == pytest.approx(expected)
    assert agreement.n_sources == 5


def test_interval_against_a_plain_loop() -> None:
    random = np.random.default_rng(1)
    achieved = random.normal(size=(3, 8))
    hint = achieved + random.normal(size=(3, 8))
    found = rank_agreement(hint, achieved, draws=2000, seed=4)
    values = []
    for _ in range(1500):
        columns, rows = random.integers(0, 8, 8), random.integers(0, 3, 3)
        values.append(np.mean([weightedtau(achieved[s][columns], hint[s][columns]).statistic for s in rows]))
    assert found.tau == pytest.approx(
        np.mean([weightedtau(a, h).statistic for a, h in zip(achieved, hint, strict=True)])
    )
    assert (found.low, found.high) == pytest.approx(tuple(np.nanquantile(values, [0.025, 0.975])), abs=0.05)
    assert found == rank_agreement(hint, achieved, draws=2000, seed=4)
    assert (found.n_sources, found.n_sets) == (8, 3)


def test_an_order_that_is_kept_in_every_draw_has_no_width_and_noise_holds_nought() -> None:
    kept = rank_agreement(np.arange(8.0), np.arange(8.0) ** 2)
    assert (kept.tau, kept.low, kept.high) == (1.0, 1.0, 1.0)
    noise = rank_agreement(*np.random.default_rng(2).normal(size=(2, 10)))
    assert noise.low is not None
    assert noise.high is not None
    assert noise.low < 0 < noise.high


def test_fewer_than_three_sources_say_nothing() -> None:
    two = rank_agreement(np.array([1.0, 2.0]), np.array([0.7, 0.8]))
    assert (two.tau, two.low, two.high, two.n_sources, two.n_sets) == (None, None, None, 2, 0)
    assert rank_agreement(np.ones(5), np.arange(5.0)).tau is None
    mixed = rank_agreement(np.array([[1, 2, 3, 4.0], [1, 2, np.nan, np.nan]]), np.tile(np.arange(4.0), (2, 1)))
    assert (mixed.tau, mixed.n_sources, mixed.n_sets) == (1.0, 4, 1)
    with pytest.raises(UsageError, match="same data sets and sources"):
        rank_agreement(np.ones(3), np.ones(4))
