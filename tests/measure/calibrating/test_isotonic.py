"""Isotonic curves against scikit-learn, with ties, for two classes and more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from medgraft.measure.calibrating.isotonic import Isotonic, RisingCurve, rising_curve


def _sklearn(truth: np.ndarray, score: np.ndarray) -> IsotonicRegression:
    least = 1 / (len(score) + 2)
    return IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip").fit(score, truth)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 12)), min_size=1, max_size=40))
def test_a_curve_is_scikit_learns(cases: list[tuple[bool, int]]) -> None:
    truth, score = np.array([one for one, _ in cases]), np.array([value / 12 for _, value in cases])
    asked = np.linspace(0, 1, 51)
    assert rising_curve(truth, score)(asked) == pytest.approx(_sklearn(truth, score).predict(asked), abs=1e-12)


def test_several_classes_are_one_against_the_rest(draw_cases) -> None:
    truth, said = draw_cases(3, n=150, k=3)
    each = np.stack([_sklearn(truth == one, said[:, one]).predict(said[:, one]) for one in range(3)], axis=1)
    assert Isotonic.fit(truth, said)(said) == pytest.approx(each / each.sum(axis=1, keepdims=True))


def test_two_classes_have_one_curve(draw_cases) -> None:
    truth, said = draw_cases(3, n=150)
    fitted = Isotonic.fit(truth, said)
    assert len(fitted.curves) == 1
    assert fitted(said)[:, 1] == pytest.approx(_sklearn(truth == 1, said[:, 1]).predict(said[:, 1]))


def test_nothing_is_certain_and_levels_are_kept_short() -> None:
    curve = rising_curve(np.arange(100) >= 50, np.arange(100) / 100)
    assert curve.so == pytest.approx((1 / 102, 1 / 102, 101 / 102, 101 / 102))
    assert curve.said == pytest.approx((0.0, 0.49, 0.5, 0.99))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="rising points"):
        RisingCurve((0.5, 0.2), (0.1, 0.2))
    with pytest.raises(ValueError, match="2 curves"):
        Isotonic((RisingCurve((0.5,), (0.1,)),) * 2)
