"""The patient of each case: codes, unknown patients, sums."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.measure.patients import Patients


def test_without_groups_every_case_is_its_own_patient_and_the_number_is_unknown() -> None:
    patients = Patients.of(None, 4)
    assert patients.count == 4
    assert patients.single
    assert patients.number(np.ones(4, dtype=bool)) is None


def test_known_patients_are_counted_among_the_members() -> None:
    patients = Patients.of(np.array([7, 7, 3, 9]), 4)
    assert (patients.count, patients.known, patients.single) == (3, True, False)
    assert patients.number(np.array([True, True, False, False])) == 1
    assert patients.sums(np.array([1.0, 2.0, 4.0, 8.0])).tolist() == [4.0, 3.0, 8.0]


def test_unknown_patients_are_kept_apart_and_the_number_is_not_claimed() -> None:
    patients = Patients.of(np.array([-1, -1, 0, 0, -5]), 5)
    assert patients.count == 4
    assert patients.codes[2] == patients.codes[3]
    assert len(set(patients.codes[[0, 1, 4]])) == 3
    assert patients.number(np.ones(5, dtype=bool)) is None


@pytest.mark.parametrize("groups", [np.array([0.5, 1.0]), np.array([1]), np.array(["a", "b"])])
def test_numbers_that_do_not_fit_are_refused(groups: np.ndarray) -> None:
    with pytest.raises(UsageError, match="whole number a case"):
        Patients.of(groups, 2)


def test_a_patient_in_two_parts_is_seen() -> None:
    patients = Patients.of(np.array([4, 4, 2, -1, -1]), 5)
    assert not patients.divided(np.array([0, 0, 1, 0, 1])), "unknown patients are each their own"
    assert patients.divided(np.array([0, 1, 1, 0, 1]))
