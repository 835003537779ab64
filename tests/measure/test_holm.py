"""Holm's correction: an example by hand, and what must hold of any p values."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from medgraft.measure.holm import holm


def test_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == [0.03, 0.06, 0.06, 0.02]
    assert holm([]) == []
    assert holm([0.6, 0.7]) == [1.0, 1.0]


def test_what_is_not_defined_does_not_count():
    adjusted = holm([0.02, math.nan, 0.03])
    assert adjusted[::2] == [0.04, 0.04]
    assert math.isnan(adjusted[1])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_never_smaller_never_more_than_bonferroni_and_in_order(values):
    adjusted = holm(values)
    for p, q in zip(values, adjusted, strict=True):
        assert p <= q <= min(1, len(values) * p) + 1e-12
    ranked = [q for _, q in sorted(zip(values, adjusted, strict=True))]
    assert ranked == sorted(ranked)
