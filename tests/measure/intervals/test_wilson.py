"""Wilson's interval against scipy and by hand, and with patients."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from medgraft.measure.intervals.wilson import proportion_interval, wilson
from medgraft.measure.patients import Patients


@pytest.mark.parametrize(("hits", "cases"), [(0, 10), (1, 7), (15, 20), (20, 20), (480, 800)])
def test_against_scipy(hits: int, cases: int) -> None:
    expected = binomtest(hits, cases).proportion_ci(method="wilson")
    assert wilson(hits / cases, cases) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_the_ends_are_exact_and_nothing_is_certain() -> None:
    low, high = wilson(1.0, 20)
    assert high == 1.0
    assert low == pytest.approx(20 / (20 + 1.959963984540054**2))
    assert wilson(0.0, 20)[0] == 0.0
    assert wilson(0.3, 0) == (0.0, 1.0)
    assert all(math.isnan(limit) for limit in wilson(math.nan, 5))


def test_one_case_a_patient_is_the_plain_interval() -> None:
    hit = np.arange(30) < 24
    everyone = np.ones(30, dtype=bool)
    assert proportion_interval(hit, everyone, Patients.of(np.arange(30), 30)) == wilson(0.8, 30)


def test_alike_cases_count_as_their_patients() -> None:
    hit = np.repeat(np.arange(30) < 24, 4)
    everyone = np.ones(120, dtype=bool)
    low, high = proportion_interval(hit, everyone, Patients.of(np.repeat(np.arange(30), 4), 120))
    # 30 patients with 4 copies each; the (cases − 1) and (patients − 1) of the two variances differ a little.
    assert (low, high) == pytest.approx(wilson(0.8, 30 * 29 / 30 * 120 / 119), abs=1e-12)
    assert proportion_interval(hit, ~everyone, Patients.of(None, 120)) == (0.0, 1.0)


def test_coverage_of_clustered_proportions() -> None:
    random = np.random.default_rng(5)
    patients = Patients.of(np.repeat(np.arange(40), 5), 200)
    covered = 0
    for _ in range(400):
        chance = random.beta(0.8, 0.2, 40)  # mean 0.8, correlation 0.5 within a patient
        hit = random.random(200) < chance[patients.codes]
        low, high = proportion_interval(hit, np.ones(200, dtype=bool), patients)
        covered += low <= 0.8 <= high
    assert 0.91 <= covered / 400 <= 0.985
