"""The contract, over every registered metric: shapes, weights as repetition, order, ranges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.measure.metrics.catalogue import METRICS
from medgraft.measure.metrics.metric import class_mean, ratio
from medgraft.measure.metrics.predictions import Predictions, Weighted

REPORTED = [
    "accuracy",
    "balanced_accuracy",
    "sensitivity",
    "specificity",
    "precision",
    "f1",
    "auroc",
    "auprc",
    "kappa",
    "mcc",
    "brier",
    "ece",
    "majority_accuracy",
]


def test_the_reported_metrics_are_all_there() -> None:
    assert list(METRICS) == REPORTED
    assert all(metric.name == name and metric.summary for name, metric in METRICS.items())


@pytest.mark.parametrize("name", list(METRICS))
@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), k=st.integers(2, 5), coarse=st.booleans())
def test_a_metric_keeps_the_contract(name: str, seed: int, k: int, coarse: bool) -> None:
    metric, random = METRICS.get(name), np.random.default_rng(seed)
    truth = random.integers(0, k, 25)
    chances = random.dirichlet(np.ones(k), 25)
    if coarse:
        chances = np.full((25, k), 1 / k) if seed % 5 == 0 else np.eye(k)[random.integers(0, k, 25)]
    positive = 1 if k == 2 else None
    weights = random.integers(0, 3, size=(25, 4)).astype(float)
    weights[0] += 1
    weighted = Weighted(Predictions.of(truth, chances, positive=positive), weights)
    values = metric.compute(weighted)
    assert values.shape == ((k, 4) if metric.per_class else (4,))
    overall = metric.overall(weighted, values)
    assert overall.shape == (4,)
    defined = values[np.isfinite(values)]
    assert ((defined >= metric.bounds[0]) & (defined <= metric.bounds[1])).all()
    if name == "ece":  # its bins are those of the whole sample, so a repeated sample may have others
        return
    for replicate in range(4):
        again = np.repeat(np.arange(25), weights[:, replicate].astype(int))
        again = random.permutation(again)
        single = Predictions.of(truth[again], chances[again], positive=positive).unweighted()
        alone = metric.overall(single, metric.compute(single))[0]
        assert overall[replicate] == pytest.approx(alone, abs=1e-12, nan_ok=True)


def test_macro_averages_leave_out_absent_classes_and_undefined_values() -> None:
    chances = np.eye(3)[[0, 1, 1]]
    weighted = Predictions.of(np.array([0, 1, 0]), chances).unweighted()
    values = np.array([[0.2], [0.4], [0.9]])
    assert class_mean(weighted, values)[0] == pytest.approx(0.3)
    assert class_mean(weighted, np.array([[np.nan], [0.4], [0.9]]))[0] == pytest.approx(0.4)


def test_a_ratio_over_nothing_is_undefined() -> None:
    assert np.isnan(ratio(np.array([1.0]), np.array([0.0]))[0])
