"""Groups have their least size and hold what lies together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.errors import UsageError
from medgraft.measure.ood.alike_groups import PIECE, alike_groups


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 1000), st.integers(1, 60), st.integers(1, 8))
def test_every_group_is_large_enough(seed: int, n: int, size: int) -> None:
    codes = alike_groups(np.random.default_rng(seed).normal(size=(n, 3)), size)
    counts = np.bincount(codes)
    assert counts.sum() == n
    assert len(counts) == max(1, n // size)
    assert counts.min() >= min(size, n)


def test_what_lies_together_stays_together() -> None:
    random = np.random.default_rng(0)
    place = random.permutation(np.repeat(np.arange(6), 5))
    codes = alike_groups(50 * np.eye(6)[place] + random.normal(size=(30, 6)), 5)
    assert all(len(set(codes[place == one])) == 1 for one in range(6))
    assert len(set(codes)) == 6


def test_long_tables_are_cut_and_wrong_ones_refused() -> None:
    codes = alike_groups(np.random.default_rng(1).normal(size=(2 * PIECE + 50, 2)), 5)
    assert np.bincount(codes).min() >= 5
    with pytest.raises(UsageError, match="1 or more"):
        alike_groups(np.zeros((3, 2)), 0)
