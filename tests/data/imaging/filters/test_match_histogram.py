"""Ranks stay, values become the reference's; black stays black."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.data.imaging.filters.match_histogram import MatchHistogram


@given(st.integers(0, 2**31), st.floats(0.3, 3))
@settings(deadline=None, max_examples=20)
def test_any_rising_change_of_values_is_undone(seed: int, gamma: float) -> None:
    picture = np.random.default_rng(seed).uniform(0.01, 1, (1, 40, 40)).astype(np.float32)
    one, other = (MatchHistogram().apply(item) for item in (picture, picture ** np.float32(gamma)))
    np.testing.assert_allclose(one, other, atol=0.03)


def test_the_reference_is_reached_and_black_stays() -> None:
    picture = np.random.default_rng(0).uniform(0.1, 0.3, (1, 60, 60)).astype(np.float32)
    picture[0, :10] = 0
    found = MatchHistogram(quantiles=(0.0, 0.25, 0.5, 0.75, 1.0)).apply(picture)
    assert (found[0, :10] == 0).all()
    np.testing.assert_allclose(np.quantile(found[0, 10:], [0.25, 0.5, 0.75]), [0.25, 0.5, 0.75], atol=0.02)
