"""Ranks against scipy's, ties and all."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from medgraft.measure.average_ranks import average_ranks


@given(st.lists(st.integers(-5, 5).map(float), max_size=40))
def test_they_are_those_of_scipy(values):
    np.testing.assert_array_equal(average_ranks(np.array(values)), rankdata(values))
