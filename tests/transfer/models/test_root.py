"""The signed root is odd, monotone, and its slope is finite everywhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.transfer.models.root import ROOT_EPSILON, signed_root

values = st.floats(-1e6, 1e6, allow_nan=False)


@given(st.lists(values, min_size=2, max_size=20))
@settings(deadline=None, max_examples=50)
def test_odd_and_in_order(numbers):
    rows = np.sort(np.array(numbers))
    found = signed_root(rows)
    np.testing.assert_allclose(signed_root(-rows), -found)
    assert (np.diff(found) >= 0).all()
    assert (np.abs(found) <= np.sqrt(np.abs(rows)) + 1e-12).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_known_values_in_their_own_type(dtype):
    found = signed_root(np.array([0.0, 4.0, -9.0, 1e-9], dtype))
    small = np.sqrt(ROOT_EPSILON)
    assert found.dtype == dtype
    wanted = [0.0, np.sqrt(4 + ROOT_EPSILON) - small, small - np.sqrt(9 + ROOT_EPSILON), 1e-9 / (2 * small)]
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-8)
