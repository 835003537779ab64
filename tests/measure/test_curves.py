"""Curves against scikit-learn and known shapes."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from medgraft.errors import UsageError
from medgraft.measure.curves import pr_points, reliability_bins, roc_band, roc_points


@pytest.fixture(params=[False, True], ids=["distinct", "ties"])
def scored(request) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    truth = random.random(120) < 0.3
    score = 1 / (1 + np.exp(-(random.normal(size=120) + truth)))
    return truth, np.round(score, 1) if request.param else score


def test_roc_is_scikit_learns(scored) -> None:
    curve = roc_points(*scored)
    fpr, tpr, thresholds = roc_curve(*scored, drop_intermediate=False)
    assert curve.fpr == pytest.approx(fpr)
    assert curve.tpr == pytest.approx(tpr)
    assert (curve.thresholds == thresholds).all()
    assert np.trapezoid(curve.tpr, curve.fpr) == pytest.approx(roc_auc_score(*scored))


def test_the_steps_of_precision_over_recall_sum_to_average_precision(scored) -> None:
    curve = pr_points(*scored)
    area = (np.diff(curve.recall, prepend=0.0) * curve.precision).sum()
    assert area == pytest.approx(average_precision_score(*scored))
    assert curve.recall[-1] == 1.0
    assert curve.precision[-1] == pytest.approx(curve.prevalence) == pytest.approx(scored[0].mean())


def test_the_band_holds_the_curve_and_is_seeded(scored) -> None:
    curve, band = roc_points(*scored), roc_band(*scored, groups=np.arange(120) // 2, replicates=200)
    inside = np.interp(band.fpr, curve.fpr, curve.tpr)
    assert (band.low <= band.high).all()
    assert ((band.low - 0.02 <= inside) & (inside <= band.high + 0.02)).all()
    assert (band.low >= 0).all()
    assert (band.high <= 1).all()
    again = roc_band(*scored, groups=np.arange(120) // 2, replicates=200)
    assert (again.low == band.low).all()
    wide = roc_band(np.tile(scored[0], 4), np.tile(scored[1], 4), groups=np.tile(np.arange(120), 4))
    naive = roc_band(np.tile(scored[0], 4), np.tile(scored[1], 4))
    assert (wide.high - wide.low).mean() > 1.5 * (naive.high - naive.low).mean()


def test_reliability_of_a_calibrated_score() -> None:
    random = np.random.default_rng(1)
    score = random.random(4000)
    bins = reliability_bins(random.random(4000) < score, score)
    assert bins.n.tolist() == [400] * 10
    assert bins.said == pytest.approx(np.arange(0.05, 1, 0.1), abs=0.03)
    assert ((bins.low <= bins.said) & (bins.said <= bins.high)).sum() >= 8
    assert ((bins.low <= bins.so) & (bins.so <= bins.high)).all()


def test_ties_leave_fewer_bins() -> None:
    bins = reliability_bins(np.array([1, 0, 1, 1]), np.array([0.2, 0.2, 0.8, 0.8]))
    assert bins.said == pytest.approx([0.2, 0.8])
    assert bins.so == pytest.approx([0.5, 1.0])
    assert bins.n.sum() == 4


def test_one_class_has_no_curve() -> None:
    truth, score = np.zeros(3), np.array([0.1, 0.2, 0.3])
    assert roc_points(truth, score).fpr.size == 0
    assert pr_points(truth, score).recall.size == 0
    assert roc_band(truth, score).low.size == 0


@pytest.mark.parametrize("score", [np.array([0.1, np.nan]), np.array([0.1]), np.array([[0.1, 0.2]])])
def test_what_does_not_fit_is_refused(score) -> None:
    with pytest.raises(UsageError, match="drawing a curve"):
        roc_points(np.array([0, 1]), score)
