"""The design effect of patients, against known cluster structures."""

from __future__ import annotations

import math

import numpy as np
import pytest

from medgraft.measure.intervals.design_effect import design_effect
from medgraft.measure.patients import Patients


def _everyone(cases: int) -> np.ndarray:
    return np.ones(cases, dtype=bool)


def test_lone_cases_have_none() -> None:
    assert design_effect(np.arange(9) < 4, _everyone(9), Patients.of(None, 9)) == 1.0


def test_copies_have_their_number() -> None:
    patients = Patients.of(np.repeat(np.arange(200), 3), 600)
    hit = np.repeat(np.arange(200) < 80, 3)
    assert design_effect(hit, _everyone(600), patients) == pytest.approx(3.0, rel=0.01)


def test_unrelated_cases_of_a_patient_cost_nothing() -> None:
    random = np.random.default_rng(0)
    patients = Patients.of(np.repeat(np.arange(2000), 4), 8000)
    assert design_effect(random.random(8000) < 0.3, _everyone(8000), patients) == pytest.approx(1.0, abs=0.1)


def test_where_nothing_varies_the_cases_of_a_patient_are_taken_as_alike() -> None:
    patients = Patients.of(np.array([0, 0, 0, 1]), 4)
    assert design_effect(_everyone(4), _everyone(4), patients) == pytest.approx((9 + 1) / 4)
    lone = Patients.of(np.zeros(6, dtype=int), 6)
    assert design_effect(np.arange(6) < 3, _everyone(6), lone) == 6.0


def test_only_members_count() -> None:
    patients = Patients.of(np.array([0, 0, 1, 1]), 4)
    member = np.array([True, False, True, False])
    assert design_effect(np.array([True, True, False, True]), member, patients) == 1.0
    assert math.isnan(design_effect(member, ~_everyone(4), patients))
