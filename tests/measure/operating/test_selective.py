"""AURC against the mean of its definition, with ties and under weights; the curve by hand; refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.errors import UsageError
from medgraft.measure.intervals.bootstrap import case_weights
from medgraft.measure.intervals.wilson import wilson
from medgraft.measure.operating.selective import selective_curve
from medgraft.measure.patients import Patients


def _mean_risk(right: np.ndarray, confidence: np.ndarray) -> float:
    """Mean over many random orders of equal confidence, of the mean risk of the first 1, 2, … cases."""
    random, found = np.random.default_rng(0), []
    for _ in range(400):
        order = np.lexsort((random.random(len(right)), -confidence))
        found.append((np.cumsum(~right[order]) / np.arange(1, len(right) + 1)).mean())
    return float(np.mean(found))


def test_without_ties_it_is_the_definition() -> None:
    random = np.random.default_rng(1)
    confidence = random.permutation(60) / 60
    right = random.random(60) < 0.5 + 0.5 * confidence
    found = selective_curve(right, confidence, replicates=100)
    assert found.aurc.value == pytest.approx(_mean_risk(right, confidence))
    assert found.aurc.low < found.aurc.value < found.aurc.high
    assert found.best < found.aurc.value < (~right).mean()


@settings(deadline=None, max_examples=15)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=2, max_size=15))
def test_with_ties_it_is_the_mean_over_their_orders(cases: list[tuple[bool, int]]) -> None:
    right, confidence = np.array([one for one, _ in cases]), np.array([float(value) for _, value in cases])
    found = selective_curve(right, confidence, replicates=2)
    assert found.aurc.value == pytest.approx(_mean_risk(right, confidence), abs=0.04)
    assert found.best - 1e-12 <= found.aurc.value


def test_a_confidence_that_tells_nothing_has_the_risk_of_all() -> None:
    right = np.arange(20) < 15
    found = selective_curve(right, np.full(20, 0.7), replicates=10)
    assert found.aurc.value == pytest.approx(0.25)
    assert (found.coverage.tolist(), found.risk.tolist()) == ([1.0], [0.25])
    assert selective_curve(right, right.astype(float) + np.arange(20) / 99, replicates=10).aurc.value == pytest.approx(
        found.best
    )


def test_the_curve_by_hand() -> None:
    right, confidence = np.array([True, True, False, True, False]), np.array([0.9, 0.8, 0.8, 0.6, 0.5])
    found = selective_curve(right, confidence, groups=np.arange(5), replicates=10)
    assert found.coverage == pytest.approx([0.2, 0.6, 0.8, 1.0])
    assert found.risk == pytest.approx([0.0, 1 / 3, 0.25, 0.4])
    assert found.confidence.tolist() == [0.9, 0.8, 0.6, 0.5]
    assert (found.low[1], found.high[1]) == pytest.approx(wilson(1 / 3, 3))
    assert found.aurc.n_patients == 5
    many = selective_curve(np.arange(900) % 3 > 0, np.random.default_rng(0).random(900), replicates=2)
    assert len(many.coverage) == 100 and many.coverage[-1] == 1.0


def test_replicates_against_a_plain_loop() -> None:
    random = np.random.default_rng(2)
    confidence, groups = random.random(45).round(1), np.arange(45) // 3
    right = random.random(45) < confidence
    found = selective_curve(right, confidence, groups=groups, replicates=60, seed=4)
    weights = np.concatenate(list(case_weights(Patients.of(groups, 45), 60, 4)), axis=1)
    drawn = []
    for column in weights.T.astype(int):
        rows = np.repeat(np.arange(45), column)
        drawn.append(selective_curve(right[rows], confidence[rows], replicates=1).aurc.value)
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert (found.aurc.low, found.aurc.high) == pytest.approx((low, high))


def test_no_error_is_not_certainty_and_what_does_not_fit_is_refused() -> None:
    found = selective_curve(np.ones(20, bool), np.arange(20) / 20, replicates=5)
    assert (found.aurc.value, found.aurc.low) == (0.0, 0.0)
    assert found.aurc.high == pytest.approx(wilson(0.0, 20)[1])
    with pytest.raises(UsageError, match="one finite confidence a case"):
        selective_curve(np.ones(3, bool), np.ones(2))
    with pytest.raises(UsageError, match="at least one case"):
        selective_curve(np.zeros(0, bool), np.zeros(0))
