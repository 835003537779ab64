"""Balanced accuracy, F1, kappa and MCC against scikit-learn."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, cohen_kappa_score, f1_score, matthews_corrcoef

from medgraft.measure.metrics import confusion
from medgraft.measure.metrics.metric import Metric
from medgraft.measure.metrics.predictions import Predictions


def _of(metric: Metric, predictions: Predictions) -> float:
    single = predictions.unweighted()
    return float(metric.overall(single, metric.compute(single))[0])


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 5), st.integers(0, 10_000), st.integers(1, 40))
def test_against_scikit_learn(k: int, seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    truth = random.integers(0, k, n)
    called = np.where(random.random(n) < 0.5, truth, random.integers(0, k, n))
    predictions = Predictions(truth, np.eye(k)[called], called, None, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        balanced = balanced_accuracy_score(truth, called)
        kappa = cohen_kappa_score(truth, called, labels=range(k))
        mcc = matthews_corrcoef(truth, called)
        f1 = f1_score(truth, called, labels=np.unique(truth), average="macro", zero_division=0.0)
    assert _of(confusion.BALANCED_ACCURACY, predictions) == pytest.approx(balanced)
    assert _of(confusion.F1, predictions) == pytest.approx(f1)
    assert _of(confusion.MCC, predictions) == pytest.approx(mcc, abs=1e-12)
    certain = len(np.unique(np.concatenate((truth, called)))) == 1
    expected = np.nan if certain else kappa
    assert _of(confusion.KAPPA, predictions) == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_binary_f1_is_the_positive_class() -> None:
    truth, called = np.array([1, 1, 1, 0, 0]), np.array([1, 1, 0, 1, 0])
    predictions = Predictions(truth, np.eye(2)[called], called, 1, 0)
    assert _of(confusion.F1, predictions) == pytest.approx(f1_score(truth, called))
