"""Bins of equal mass."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.measure.metrics.bins import equal_mass_bins


def test_distinct_scores_fill_the_bins_evenly() -> None:
    score = np.random.default_rng(0).permutation(150) / 150
    assert np.bincount(equal_mass_bins(score, 15)).tolist() == [10] * 15


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=40), st.integers(1, 15))
def test_ties_stay_together_and_bins_rise(values: list[int], count: int) -> None:
    score = np.array(values, dtype=float)
    bins = equal_mass_bins(score, count)
    assert bins.min() >= 0
    assert bins.max() < count
    for one in np.unique(score):
        assert len(np.unique(bins[score == one])) == 1
    assert (np.diff(bins[np.argsort(score, kind="stable")]) >= 0).all()
