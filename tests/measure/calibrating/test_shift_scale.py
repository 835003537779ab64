"""Many cases give Platt's line, few stay near no change, none at all is never moved to."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from medgraft.measure.calibrating.shift_scale import ShiftScale


def _site(n: int, seed: int, shift: float = -1.5, slope: float = 0.6) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    odds = 2 * random.normal(size=n)
    truth = (random.random(n) < expit(shift + slope * odds)).astype(np.intp)
    return truth, np.stack([1 - expit(odds), expit(odds)], axis=1)


def test_many_cases_give_platts_line() -> None:
    truth, said = _site(60_000, 0)
    fitted = ShiftScale.fit(truth, said)
    line = LogisticRegression(C=1e9, tol=1e-10).fit(logit(said[:, [1]]), truth)
    assert fitted.slope == pytest.approx(line.coef_[0, 0], abs=2e-3)
    assert fitted.shifts[1] - fitted.shifts[0] == pytest.approx(line.intercept_[0], abs=2e-3)
    assert (fitted.slope, fitted.shifts[1] - fitted.shifts[0]) == pytest.approx((0.6, -1.5), abs=0.05)
    assert sum(fitted.shifts) == pytest.approx(0.0, abs=1e-12)


def test_few_cases_stay_near_no_change() -> None:
    moved = [abs(ShiftScale.fit(*_site(n, 1)).shifts[1]) for n in (1, 10, 100, 10_000)]
    assert moved[0] < 0.5 < moved[-1]
    truth, said = _site(1, 1)
    one = ShiftScale.fit(truth, said)
    assert abs(one.slope - 1) < 0.5


def test_the_gradient_is_zero_at_the_solution(draw_cases) -> None:
    truth, said = draw_cases(5, n=40, k=3)
    fitted, logs = ShiftScale.fit(truth, said), np.log(said)
    wrong = fitted(said) - np.eye(3)[truth]
    assert wrong.sum(axis=0) + np.array(fitted.shifts) == pytest.approx(np.zeros(3), abs=1e-5)
    assert (wrong * logs).sum() + 4 * (fitted.slope - 1) == pytest.approx(0.0, abs=1e-5)


def test_a_case_of_weight_two_is_two_cases(draw_cases) -> None:
    truth, said = draw_cases(6, n=30)
    twice = ShiftScale.fit(np.repeat(truth, 2), np.repeat(said, 2, axis=0))
    weighted = ShiftScale.fit(truth, said, np.full(30, 2.0))
    assert (weighted.slope, *weighted.shifts) == pytest.approx((twice.slope, *twice.shifts), abs=1e-6)


def test_a_reversed_site_turns_no_ranking_round() -> None:
    truth, said = _site(2000, 2, shift=0.0, slope=-1.0)
    fitted = ShiftScale.fit(truth, said)
    assert fitted.slope == pytest.approx(1 / 20)
    with pytest.raises(ValueError, match="above 0"):
        ShiftScale(-1.0, (0.0, 0.0))
