"""McNemar's test by hand and against scipy, the clustered form by hand, its size by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom, binomtest, chi2

from medgraft.errors import UsageError
from medgraft.measure.mcnemar import mcnemar, mid_p


def _answers(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    counts = [both, first, second, neither]
    return np.repeat([True, True, False, False], counts), np.repeat([True, False, True, False], counts)


@pytest.mark.parametrize(("gained", "lost"), [(0, 5), (3, 10), (10, 3), (1, 1), (7, 7), (40, 25), (0, 1)])
def test_mid_p_is_the_exact_p_less_the_chance_of_what_was_seen(gained: int, lost: int) -> None:
    exact = binomtest(gained, gained + lost).pvalue
    expected = exact - binom(gained + lost, 0.5).pmf(gained) if gained != lost else 1.0
    assert mid_p(gained, lost) == pytest.approx(expected)


def test_by_hand() -> None:
    """Of 4 that differ one is for the second: tails of 1/16 and 4/16."""
    found = mcnemar(*_answers(10, 3, 1, 6))
    assert (found.first_only, found.second_only, found.n, found.n_patients) == (3, 1, 20, None)
    assert found.p_value == pytest.approx(2 * (1 / 16 + 4 / 16 / 2))
    assert found.p_asymptotic == pytest.approx(chi2(1).sf((3 - 1) ** 2 / 4))
    assert found.method == "exact McNemar, mid-p"
    same = mcnemar(*_answers(5, 0, 0, 5))
    assert same.p_value == 1.0 and math.isnan(same.p_asymptotic)


def test_several_cases_a_patient_by_hand() -> None:
    one = np.array([True, True, False, True, True, False, True])
    other = np.array([False, True, True, False, False, False, True])
    found = mcnemar(one, other, groups=np.array([0, 0, 1, 2, 2, 3, 3]))
    # balances of the patients: 1/2, −1, 1, 0
    assert found.p_value == pytest.approx(chi2(1).sf(0.5**2 / (0.25 + 1 + 1)))
    assert (found.first_only, found.second_only, found.method, found.n_patients) == (3, 1, "Durkalski", 4)
    assert mcnemar(one, one, groups=np.arange(7) // 2).p_value == 1.0


def test_copies_tell_no_more_than_their_patients() -> None:
    one, other = _answers(60, 20, 8, 12)
    copies = np.repeat(np.arange(100), 5)
    found = mcnemar(one[copies], other[copies], groups=copies)
    assert found.p_value == pytest.approx(mcnemar(one, other).p_asymptotic)
    assert found.p_value > 50 * mcnemar(one[copies], other[copies]).p_value


@pytest.mark.parametrize("clustered", [False, True])
def test_its_size_is_what_it_says(clustered: bool) -> None:
    random, claimed = np.random.default_rng(0), 0
    for _ in range(800):
        sizes = random.integers(1, 6, 60) if clustered else np.ones(60, dtype=int)
        groups = np.repeat(np.arange(60), sizes)
        shared = random.normal(size=(60, 3))[groups]
        right = shared[:, :2] + shared[:, [2]] + 0.5 * random.normal(size=(len(groups), 2)) > -0.8
        claimed += mcnemar(right[:, 0], right[:, 1], groups=groups).p_value < 0.05
    assert 0.025 <= claimed / 800 <= 0.07


def test_what_does_not_fit_is_refused() -> None:
    right = np.ones(3, dtype=bool)
    for wrong in (right[:-1], right.astype(int), right[None]):
        with pytest.raises(UsageError, match="right or not"):
            mcnemar(right, wrong)
    with pytest.raises(UsageError, match="one case or more"):
        mcnemar(right[:0], right[:0])
