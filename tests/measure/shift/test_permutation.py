"""Exchange of patients: the numbers stay, p-values are exact on a case that can be counted out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.measure.shift.permutation import allocations, joint_p_value, p_value, tail_shares


def test_the_first_is_as_observed_and_numbers_stay() -> None:
    side = np.array([False, False, True, True, True])
    found = allocations(side, 500, 0)
    assert found[:, 0].tolist() == [0, 0, 1, 1, 1]
    assert set(found.sum(axis=0)) == {3}
    assert found.shape == (5, 501)
    assert len({tuple(column) for column in found.T}) == 10
    assert np.array_equal(found, allocations(side, 500, 0))
    with pytest.raises(UsageError, match="at least 1"):
        allocations(side, 0, 0)


def test_the_p_value_is_fishers_exact_one() -> None:
    """All 70 allocations of 4 of 8, counted out by hand and drawn."""
    values = np.array([0.1, 0.4, 0.5, 1.1, 0.9, 1.5, 1.7, 2.2])
    side = np.arange(8) >= 4
    sums = [sum(chosen) for chosen in itertools.combinations(values, 4)]
    exact = np.mean(np.array(sums) >= values[4:].sum() - 1e-12)
    drawn = values @ allocations(side, 20_000, 1)
    assert p_value(drawn) == pytest.approx(exact, abs=0.003)


def test_ties_count_and_nothing_is_certain() -> None:
    assert p_value(np.zeros(100)) == 1.0
    assert p_value(np.concatenate([[5.0], np.arange(4.0)])) == pytest.approx(1 / 5)
    assert tail_shares(np.array([1.0, 3.0, 2.0, 3.0])).tolist() == [1.0, 0.5, 0.75, 0.5]


def test_the_joint_level_holds_for_unrelated_and_for_equal_tests() -> None:
    random = np.random.default_rng(0)
    statistics = random.normal(size=(2, 4000, 200))
    apart = [joint_p_value(one, other) for one, other in zip(*statistics, strict=True)]
    assert np.mean(np.array(apart) <= 0.05) == pytest.approx(0.05, abs=0.012)
    one = statistics[0, 0]
    assert joint_p_value(one, one) == pytest.approx(p_value(one))
