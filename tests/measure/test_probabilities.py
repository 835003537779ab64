"""What is no probability, or no label of one, is refused; what nearly is one becomes one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import entropy

from medgraft.errors import DataError, UsageError
from medgraft.measure.probabilities import checked_cases, checked_probability, entropies, unit_rows


def test_what_does_not_fit_is_refused() -> None:
    good = np.full((3, 2), 0.5)
    with pytest.raises(UsageError, match="two classes or more"):
        checked_probability(np.full(3, 0.5), "testing")
    with pytest.raises(DataError, match="1 of 3 cases"):
        checked_probability(np.array([[0.5, 0.5], [np.nan, 1.0], [0.0, 1.0]]), "testing")
    with pytest.raises(UsageError, match="no probabilities"):
        checked_probability(np.full((3, 2), 0.4), "testing")
    with pytest.raises(UsageError, match="one class index a case"):
        checked_cases(np.array([0, 1]), good, "testing")
    with pytest.raises(UsageError, match="one class index a case"):
        checked_cases(np.array([0.0, 1.0, 1.0]), good, "testing")
    with pytest.raises(UsageError, match="indices of the columns"):
        checked_cases(np.array([0, 1, -1]), good, "testing")
    with pytest.raises(DataError, match="no case"):
        checked_cases(np.zeros(0, int), np.zeros((0, 2)), "testing")


def test_rows_that_nearly_sum_to_one_are_brought_there() -> None:
    assert checked_probability(np.array([[0.3333, 0.6663]]), "testing").sum() == pytest.approx(1.0, abs=1e-15)


def test_what_is_no_probability_has_no_unit_rows() -> None:
    assert unit_rows(np.array([[0.5, 0.502]])) is None
    assert unit_rows(np.array([[-0.1, 1.1]])) is None
    assert unit_rows(np.zeros((0, 2))) is not None


def test_entropies_against_scipy() -> None:
    chances = np.random.default_rng(0).dirichlet(np.ones(4), 20)
    chances[0] = [1, 0, 0, 0]
    assert entropies(chances) == pytest.approx(entropy(chances, axis=1))
