"""Accuracy, sensitivity, specificity, precision against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, precision_score, recall_score

from medgraft.measure.metrics import proportions
from medgraft.measure.metrics.metric import Metric
from medgraft.measure.metrics.predictions import Predictions

LABELS = st.integers(2, 5).flatmap(
    lambda k: st.lists(st.tuples(st.integers(0, k - 1), st.integers(0, k - 1)), min_size=1, max_size=30).map(
        lambda pairs: (k, np.array(pairs))
    )
)


def _of(metric: Metric, predictions: Predictions) -> float:
    single = predictions.unweighted()
    return float(metric.overall(single, metric.compute(single))[0])


@settings(deadline=None, max_examples=60)
@given(LABELS)
def test_against_scikit_learn(drawn: tuple[int, np.ndarray]) -> None:
    k, pairs = drawn
    truth, called = pairs.T
    present = np.unique(truth)
    predictions = Predictions(truth, np.eye(k)[called], called, None, 0)
    macro = {"labels": present, "average": "macro", "zero_division": 0.0}
    assert _of(proportions.ACCURACY, predictions) == pytest.approx(accuracy_score(truth, called))
    assert _of(proportions.SENSITIVITY, predictions) == pytest.approx(recall_score(truth, called, **macro))
    assert _of(proportions.PRECISION, predictions) == pytest.approx(precision_score(truth, called, **macro))
    spared = [recall_score(truth != c, called != c) for c in present if (truth != c).any()]
    expected = np.mean(spared) if spared else np.nan
    assert _of(proportions.SPECIFICITY, predictions) == pytest.approx(expected, nan_ok=True)
    assert _of(proportions.MAJORITY_ACCURACY, predictions) == pytest.approx(np.mean(truth == 0))


def test_binary_is_the_positive_class() -> None:
    truth, called = np.array([1, 1, 1, 0, 0]), np.array([1, 1, 0, 1, 0])
    predictions = Predictions(truth, np.eye(2)[called], called, 1, 0)
    assert _of(proportions.SENSITIVITY, predictions) == pytest.approx(2 / 3)
    assert _of(proportions.SPECIFICITY, predictions) == pytest.approx(1 / 2)
    assert _of(proportions.PRECISION, predictions) == pytest.approx(2 / 3)


def test_what_is_not_defined() -> None:
    truth, called = np.array([0, 0]), np.array([0, 1])
    predictions = Predictions(truth, np.eye(2)[called], called, 1, 0)
    assert np.isnan(_of(proportions.SENSITIVITY, predictions))
    assert np.isnan(_of(proportions.PRECISION, predictions))
    assert _of(proportions.SPECIFICITY, predictions) == 0.5
    never = Predictions(np.array([0, 1]), np.eye(2)[[0, 0]], np.array([0, 0]), 1, 0)
    assert _of(proportions.PRECISION, never) == 0.0
