"""AUROC and average precision against scikit-learn, with ties and absent classes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from medgraft.measure.metrics.metric import Metric
from medgraft.measure.metrics.predictions import Predictions
from medgraft.measure.metrics.ranks import AUPRC, AUROC


def _of(metric: Metric, predictions: Predictions) -> float:
    single = predictions.unweighted()
    return float(metric.overall(single, metric.compute(single))[0])


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 5), st.integers(0, 10_000), st.integers(2, 40), st.sampled_from([2, 5, 1000]))
def test_against_scikit_learn(k: int, seed: int, n: int, levels: int) -> None:
    random = np.random.default_rng(seed)
    truth = random.integers(0, k, n)
    raw = random.integers(1, levels + 1, size=(n, k)).astype(float)
    chances = raw / raw.sum(axis=1, keepdims=True)
    predictions = Predictions.of(truth, chances)
    present = np.unique(truth)
    areas = [roc_auc_score(truth == c, chances[:, c]) for c in present] if len(present) > 1 else [np.nan]
    precisions = [average_precision_score(truth == c, chances[:, c]) for c in present]
    assert _of(AUROC, predictions) == pytest.approx(np.mean(areas), nan_ok=True)
    assert _of(AUPRC, predictions) == pytest.approx(np.mean(precisions))


def test_known_orders() -> None:
    truth = np.array([0, 0, 1, 1])
    for score, auroc in [([0.1, 0.2, 0.8, 0.9], 1.0), ([0.9, 0.8, 0.2, 0.1], 0.0), ([0.5] * 4, 0.5)]:
        chances = np.stack([1 - np.array(score), np.array(score)], axis=1)
        predictions = Predictions.of(truth, chances, positive=1)
        assert _of(AUROC, predictions) == auroc
    assert _of(AUPRC, predictions) == 0.5


def test_without_a_positive_case_nothing_is_defined() -> None:
    predictions = Predictions.of(np.array([0, 0]), np.array([[0.4, 0.6], [0.5, 0.5]]), positive=1)
    assert np.isnan(_of(AUROC, predictions))
    assert np.isnan(_of(AUPRC, predictions))
