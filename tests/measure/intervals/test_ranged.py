"""Intervals within a range: the percentiles, the ends of the range, one patient."""

from __future__ import annotations

import math

import numpy as np
import pytest

from medgraft.measure.intervals.ranged import ranged_interval
from medgraft.measure.intervals.wilson import wilson


def test_percentiles_within_the_range() -> None:
    replicates = np.linspace(-0.1, 1.1, 1201)
    low, high = ranged_interval(0.5, replicates, (0.0, 1.0), 30)
    assert (low, high) == (0.0, 1.0)
    low, high = ranged_interval(0.5, replicates, (-math.inf, math.inf), 30)
    assert (low, high) == pytest.approx((-0.07, 1.07))


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_agreement_on_an_end_is_not_certainty(value: float) -> None:
    found = ranged_interval(value, np.full(100, value), (0.0, 1.0), 20)
    assert found == pytest.approx(wilson(value, 20))
    assert found[1] - found[0] > 0.1


def test_an_open_range_has_no_such_end() -> None:
    assert ranged_interval(0.0, np.zeros(100), (0.0, math.inf), 20) == (0.0, 0.0)


def test_one_patient_and_nothing_have_no_interval() -> None:
    assert all(math.isnan(x) for x in ranged_interval(0.5, np.full(100, 0.5), (0.0, 1.0), 1))
    assert all(math.isnan(x) for x in ranged_interval(math.nan, np.full(100, 0.5), (0.0, 1.0), 9))
    assert all(math.isnan(x) for x in ranged_interval(0.5, np.full(100, np.nan), (0.0, 1.0), 9))
