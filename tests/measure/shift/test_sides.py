"""Two cohorts side by side: who is whose patient, standardisation, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from medgraft.errors import DataError, UsageError
from medgraft.measure.shift.sides import FEWEST, Sides


def _rows(seed: int, cases: int, width: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(cases, width))


def test_patients_of_the_two_sides_are_kept_apart() -> None:
    groups = np.repeat(np.arange(10), 2)
    sides = Sides.of(_rows(0, 20), _rows(1, 20), source_groups=groups, target_groups=groups)
    assert sides.patients.count == 20
    assert sides.patients.known
    assert sides.patient_is_target.tolist() == [False] * 10 + [True] * 10
    assert sides.is_target.sum() == 20
    unknown = Sides.of(_rows(0, 20), _rows(1, 20), source_groups=groups)
    assert (unknown.patients.count, unknown.patients.known) == (30, False)


def test_standardised_as_scikit_learn_does_and_constant_features_are_zero() -> None:
    first, second = _rows(0, 20) * [1, 5, 0] + [0, 3, 7.7], _rows(1, 12) * [1, 5, 0] + [0, 4, 7.7]
    sides = Sides.of(first, second)
    expected = StandardScaler().fit_transform(np.vstack([first, second]))
    expected[:, 2] = 0
    assert sides.standardised == pytest.approx(expected)
    assert sides.gram == pytest.approx(expected @ expected.T)


def test_drawing_keeps_patients_whole_and_fills_up() -> None:
    groups = np.concatenate([np.zeros(50, int), np.repeat(np.arange(1, 31), 2)])
    sides = Sides.of(_rows(0, 110), _rows(1, 20), source_groups=groups)
    rows = sides.drawn(40, np.random.default_rng(0))
    assert (~sides.is_target[rows]).sum() == 40
    assert sides.is_target[rows].sum() == 20
    kept = sides.patients.codes[rows]
    assert all((kept == code).sum() == (sides.patients.codes == code).sum() for code in np.unique(kept))
    taken = sides.take(rows[::-1])
    assert taken.features == pytest.approx(sides.features[rows])
    assert taken.patients.count == len(np.unique(kept))
    assert sides.drawn(1000, np.random.default_rng(0)).tolist() == list(range(130))


def test_what_does_not_fit_is_refused() -> None:
    good = _rows(0, 20)
    for wrong in (_rows(1, 20, 4), good[0], np.zeros((20, 0))):
        with pytest.raises(UsageError, match="same backbone and preprocessing"):
            Sides.of(good, wrong)
    spoilt = good.copy()
    spoilt[3, 1] = np.inf
    with pytest.raises(DataError, match="1 of 20 target cases"):
        Sides.of(good, spoilt)
    with pytest.raises(DataError, match=rf"5 of the target; at least {FEWEST}"):
        Sides.of(good, _rows(1, 5))
    with pytest.raises(DataError, match="4 patients of the source"):
        Sides.of(good, good, source_groups=np.arange(20) % 4, target_groups=np.arange(20))
    with pytest.raises(DataError, match="add cases"):
        Sides.of(good, good).take(np.arange(24))
