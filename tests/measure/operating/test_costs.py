"""Costs by hand; no cut is cheaper than the chosen one; the closed-form cut of calibrated probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.errors import UsageError
from medgraft.measure.intervals.clopper_pearson import clopper_pearson
from medgraft.measure.operating.cases import Cases
from medgraft.measure.operating.costs import Costs, cheapest_threshold, expected_cost, own_cut
from medgraft.measure.threshold import choose_threshold

TEN = Costs(miss=10, false_alarm=1)


def test_by_hand() -> None:
    cases = Cases.of(np.array([1, 1, 0, 0, 0]), np.array([0.9, 0.3, 0.6, 0.2, 0.1]))
    assert expected_cost(TEN, cases, 0.5).value == pytest.approx((10 + 1) / 5)
    assert expected_cost(TEN, cases, 0.5, 0.02).value == pytest.approx(0.02 * 0.5 * 10 + 0.98 / 3)
    assert cheapest_threshold(TEN, cases) == pytest.approx(0.25)
    assert cheapest_threshold(Costs(1, 10), cases) == pytest.approx(0.75)
    assert TEN.threshold == pytest.approx(1 / 11)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=2, max_size=30),
    st.sampled_from([0.1, 1.0, 25.0]),
    st.sampled_from([None, 0.02, 0.7]),
)
def test_no_cut_is_cheaper(pairs: list[tuple[bool, int]], miss: float, prevalence: float | None) -> None:
    truth, score = np.array([one for one, _ in pairs]), np.array([value / 8 for _, value in pairs])
    if truth.all() or not truth.any():
        return
    cases, costs = Cases.of(truth, score), Costs(miss, 1.0)
    share = cases.prevalence if prevalence is None else prevalence

    def cost(cut: float) -> float:
        called = score >= cut
        return miss * share * (~called[truth]).mean() + (1 - share) * called[~truth].mean()

    chosen = cheapest_threshold(costs, cases, prevalence)
    assert cost(chosen) == pytest.approx(min(cost(cut) for cut in np.linspace(-0.05, 1.05, 89)))


def test_of_calibrated_probabilities_the_cut_is_the_closed_form() -> None:
    random = np.random.default_rng(0)
    p = random.random(8000)
    cases = Cases.of(random.random(8000) < p, p)
    chosen = cheapest_threshold(TEN, cases)
    assert expected_cost(TEN, cases, TEN.threshold).value == pytest.approx(
        expected_cost(TEN, cases, chosen).value, rel=0.03
    )
    assert chosen == pytest.approx(1 / 11, abs=0.04)


def test_intervals() -> None:
    random = np.random.default_rng(1)
    truth = np.arange(200) % 2
    found = expected_cost(TEN, Cases.of(truth, random.normal(size=200) + 2 * truth), 1.0)
    assert found.low < found.value < found.high
    perfect = expected_cost(TEN, Cases.of(truth, truth.astype(float)), 0.5)
    assert (perfect.value, perfect.low) == (0.0, 0.0)
    assert perfect.high == pytest.approx(0.5 * 11 * clopper_pearson(0, 100)[1])


def test_the_ends_and_what_is_refused() -> None:
    cases = Cases.of(np.array([0, 1]), np.array([0.4, 0.4]))
    assert cheapest_threshold(TEN, cases) == 0.0
    assert cheapest_threshold(Costs(1, 10), cases) == pytest.approx(0.7)
    for wrong in ((0, 1), (1, -1), (1, np.inf)):
        with pytest.raises(UsageError, match="above 0 and finite"):
            Costs(*wrong)


def test_the_own_cut_is_youdens_unless_costs_are_known() -> None:
    random = np.random.default_rng(3)
    chances = random.uniform(size=4000)
    truth = random.random(4000) < chances
    assert own_cut(truth, chances, None) == choose_threshold(truth, chances)
    assert own_cut(truth, chances, Costs(9, 1)) == pytest.approx(0.1, abs=0.06)
    nobody = own_cut(np.array([True, False]), np.array([0.2, 1.0]), Costs(0.01, 1))
    assert nobody <= 1
