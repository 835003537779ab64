"""Net benefit by hand; treating all and none; another prevalence; intervals by a plain loop; refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from medgraft.errors import UsageError
from medgraft.measure.intervals.bootstrap import case_weights
from medgraft.measure.operating.cases import Cases
from medgraft.measure.operating.decision_curve import decision_curve


def _cases(seed: int, n: int = 120) -> Cases:
    random = np.random.default_rng(seed)
    odds = 2 * random.normal(size=n) - 1
    return Cases.of(random.random(n) < expit(odds), expit(odds), np.arange(n) // 2)


def test_by_hand() -> None:
    cases = Cases.of(np.array([1, 1, 0, 0, 0]), np.array([0.9, 0.3, 0.6, 0.2, 0.1]))
    found = decision_curve(cases, thresholds=np.array([0.25, 0.5]), replicates=50)
    assert found.model.value == pytest.approx([2 / 5 - 1 / 5 / 3, 1 / 5 - 1 / 5])
    assert found.treat_all.value == pytest.approx([2 / 5 - 3 / 5 / 3, 2 / 5 - 3 / 5])
    assert found.gain.value == pytest.approx([1 / 3 - 1 / 5, 0.0])
    assert found.prevalence == pytest.approx(0.4)


def test_a_cut_below_all_scores_is_treating_all_and_one_above_is_treating_none() -> None:
    cases = Cases.of(np.array([1, 0, 0, 1]), np.array([0.4, 0.5, 0.45, 0.6]))
    found = decision_curve(cases, thresholds=np.array([0.1, 0.9]), replicates=50)
    assert found.model.value == pytest.approx([found.treat_all.value[0], 0.0])
    assert (found.gain.value[0], found.gain.high[0]) == pytest.approx((0.0, 0.0), abs=1e-12)
    assert not found.useful.any()


def test_another_prevalence_keeps_the_rates() -> None:
    cases = _cases(0)
    called, odds, share = cases.score >= 0.2, 0.25, 0.03
    expected = share * called[cases.truth].mean() - (1 - share) * called[~cases.truth].mean() * odds
    found = decision_curve(cases, thresholds=np.array([0.2]), prevalence=share, replicates=100)
    assert found.model.value == pytest.approx([expected])
    assert found.treat_all.value == pytest.approx([share - (1 - share) * odds])
    assert found.treat_all.low == pytest.approx(found.treat_all.value)
    same = decision_curve(cases, prevalence=cases.prevalence, replicates=2)
    assert same.model.value == pytest.approx(decision_curve(cases, replicates=2).model.value)


def test_intervals_against_a_plain_loop() -> None:
    cases = _cases(1)
    found = decision_curve(cases, thresholds=np.array([0.3]), replicates=200, seed=3)
    weights = np.concatenate(list(case_weights(cases.patients, 200, 3)), axis=1)
    drawn = []
    for column in weights.T.astype(int):
        rows = np.repeat(np.arange(120), column)
        truth, called = cases.truth[rows], cases.score[rows] >= 0.3
        model = (called & truth).mean() - (called & ~truth).mean() * 3 / 7
        drawn.append(model - max(0.0, truth.mean() - (~truth).mean() * 3 / 7))
    assert (found.gain.low[0], found.gain.high[0]) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])))


def test_a_true_model_is_useful_and_noise_is_not() -> None:
    good = decision_curve(_cases(2, 600), replicates=300)
    assert good.useful[(good.thresholds > 0.2) & (good.thresholds < 0.5)].all()
    assert (good.gain.low <= good.gain.value).all() and (good.gain.value <= good.gain.high).all()
    noise = Cases.of(np.arange(300) % 3 == 0, np.random.default_rng(3).random(300))
    assert not decision_curve(noise, replicates=300).useful.any()


def test_what_does_not_fit_is_refused() -> None:
    cases = _cases(0)
    for grid in (np.array([0.0, 0.5]), np.array([1.0]), np.zeros(0)):
        with pytest.raises(UsageError, match="above 0 and below 1"):
            decision_curve(cases, thresholds=grid)
    with pytest.raises(UsageError, match="probabilities are needed"):
        decision_curve(Cases.of(np.array([0, 1]), np.array([-1.0, 2.0])))
