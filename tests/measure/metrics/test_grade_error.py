"""Mean absolute error in grades against scikit-learn, and weights as repetition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error

from medgraft.measure.metrics.catalogue import METRICS
from medgraft.measure.metrics.grade_error import GRADE_ERROR
from medgraft.measure.metrics.predictions import Predictions, Weighted


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 6), st.integers(0, 10_000), st.integers(1, 40))
def test_against_scikit_learn_with_weights(k: int, seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    truth, called = random.integers(0, k, (2, n))
    weights = random.integers(0, 3, (n, 3)).astype(float)
    weights[0] += 1
    found = GRADE_ERROR.compute(Weighted(Predictions(truth, np.eye(k)[called], called, None, 0), weights))
    expected = [mean_absolute_error(truth, called, sample_weight=weights[:, column]) for column in range(3)]
    assert found == pytest.approx(expected)
    assert (found <= k - 1).all()


def test_it_is_not_offered_where_classes_have_no_order() -> None:
    assert "grade_error" not in METRICS
    assert not GRADE_ERROR.greater_is_better
