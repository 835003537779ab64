"""Brier score and ECE against closed forms and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from medgraft.measure.metrics.calibration import BRIER, ECE, calibration_pair
from medgraft.measure.metrics.predictions import Predictions


def _binary(truth: np.ndarray, p: np.ndarray) -> Predictions:
    return Predictions.of(truth, np.stack([1 - p, p], axis=1), positive=1)


def test_binary_brier_is_scikit_learns() -> None:
    random = np.random.default_rng(0)
    truth, p = random.integers(0, 2, 100), random.random(100)
    value = BRIER.compute(_binary(truth, p).unweighted())[0]
    assert value == pytest.approx(brier_score_loss(truth, p))


def test_brier_of_several_classes_is_the_squared_distance() -> None:
    chances = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1 / 3, 1 / 3, 1 / 3]])
    values = BRIER.compute(Predictions.of(np.array([0, 0, 2]), chances).unweighted())
    assert values[0] == pytest.approx((0 + 2 + 2 / 3) / 3)


def test_ece_of_constant_scores_is_their_gap() -> None:
    truth = np.array([1, 0, 0, 0])
    assert ECE.compute(_binary(truth, np.full(4, 0.25)).unweighted())[0] == pytest.approx(0.0)
    assert ECE.compute(_binary(truth, np.full(4, 0.85)).unweighted())[0] == pytest.approx(0.6)


def test_ece_against_a_plain_loop() -> None:
    random = np.random.default_rng(1)
    p = random.permutation(300) / 300
    truth = (random.random(300) < p**2).astype(int)
    ranked = np.argsort(p)
    gaps = [abs(p[part].mean() - truth[part].mean()) for part in np.split(ranked, 15)]
    assert ECE.compute(_binary(truth, p).unweighted())[0] == pytest.approx(np.mean(gaps))


def test_several_classes_are_judged_by_their_top_class() -> None:
    chances = np.array([[0.7, 0.2, 0.1], [0.2, 0.5, 0.3]])
    said, so = calibration_pair(Predictions.of(np.array([0, 2]), chances))
    assert said.tolist() == [0.7, 0.5]
    assert so.tolist() == [True, False]
