"""Clopper and Pearson's interval against scipy, with patients, and never short of its promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from medgraft.measure.intervals.clopper_pearson import clopper_pearson, exact_interval
from medgraft.measure.patients import Patients


@pytest.mark.parametrize(("hits", "cases"), [(0, 10), (1, 7), (15, 20), (20, 20), (480, 800)])
def test_against_scipy(hits: int, cases: int) -> None:
    expected = binomtest(hits, cases).proportion_ci(method="exact")
    assert clopper_pearson(hits, cases) == pytest.approx((expected.low, expected.high), abs=1e-9)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.97])
def test_it_holds_the_share_at_least_as_often_as_it_says(share: float) -> None:
    chances = binom(25, share).pmf(np.arange(26))
    limits = [clopper_pearson(hits, 25) for hits in range(26)]
    assert sum(chance for chance, (low, high) in zip(chances, limits, strict=True) if low <= share <= high) >= 0.95


def test_nothing_known_and_nothing_defined() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    assert all(math.isnan(limit) for limit in clopper_pearson(math.nan, 5))
    assert exact_interval(np.ones(3, bool), np.zeros(3, bool), Patients.of(None, 3)) == (0.0, 1.0)


def test_alike_cases_count_as_their_patients() -> None:
    hit, everyone = np.arange(30) < 24, np.ones(120, dtype=bool)
    alone = exact_interval(hit, everyone[:30], Patients.of(None, 30))
    assert alone == clopper_pearson(24, 30)
    copies = np.repeat(np.arange(30), 4)
    found = exact_interval(hit[copies], everyone, Patients.of(copies, 120))
    assert found == pytest.approx(alone, abs=0.01)
    certain = exact_interval(everyone, everyone, Patients.of(copies, 120))
    assert certain == pytest.approx(clopper_pearson(30, 30))
