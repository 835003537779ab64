"""One number a patient: the worst by hand, a random one evenly drawn, and only from the cases that count."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.measure.conformal.one_a_patient import one_a_patient
from medgraft.measure.patients import Patients

PATIENTS = Patients.of(np.array([7, 7, 3, 3, 3, 5]), 6)
SCORES = np.array([0.1, 0.9, 0.2, 0.3, 0.4, 0.5])
ALL = np.ones(6, dtype=bool)


def test_the_worst() -> None:
    assert one_a_patient(SCORES, PATIENTS, ALL, rule="worst").tolist() == [0.4, 0.5, 0.9]
    some = np.array([True, False, False, True, False, False])
    assert one_a_patient(SCORES, PATIENTS, some, rule="worst").tolist() == [0.3, 0.1]
    assert one_a_patient(SCORES, PATIENTS, some).tolist() == [0.3, 0.1]


def test_a_drawn_case_is_each_of_them_equally_often() -> None:
    drawn = np.array([one_a_patient(SCORES, PATIENTS, ALL, seed=seed) for seed in range(1500)])
    assert (drawn[:, 1] == 0.5).all()
    assert [np.mean(drawn[:, 0] == score) for score in (0.2, 0.3, 0.4)] == pytest.approx([1 / 3] * 3, abs=0.04)
    assert np.mean(drawn[:, 2] == 0.9) == pytest.approx(0.5, abs=0.04)
    assert (one_a_patient(SCORES, PATIENTS, ALL, seed=3) == drawn[3]).all()


def test_one_case_a_patient_is_itself() -> None:
    alone = Patients.of(None, 6)
    for rule in ("one", "worst"):
        assert one_a_patient(SCORES, alone, ALL, rule=rule).tolist() == SCORES.tolist()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="one or worst"):
        one_a_patient(SCORES, PATIENTS, ALL, rule="mean")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="every case has a score"):
        one_a_patient(SCORES[:-1], PATIENTS, ALL)
