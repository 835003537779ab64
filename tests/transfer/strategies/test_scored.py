"""Calibration against an independent fit, and the setting that is chosen."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from medgraft.transfer.models.heads.head import softmax
from medgraft.transfer.strategies import scored
from medgraft.transfer.strategies.scored import Calibrated, Cases, calibrate


def test_calibration_finds_the_true_slope_and_shift():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(20_000, 3))
    truth = Calibrated(2.5, np.array([0.5, 0.0, -0.5]))
    labels = np.array([rng.choice(3, p=row) for row in truth(scores)])
    found = calibrate(scores, labels)
    assert abs(found.slope - 2.5) < 0.1
    np.testing.assert_allclose(found.shift - found.shift.mean(), truth.shift, atol=0.08)


def test_it_is_the_minimum_of_the_log_loss():
    rng = np.random.default_rng(1)
    scores, labels = rng.normal(size=(300, 2)), rng.integers(0, 2, 300)
    scores[np.arange(300), labels] += 0.7

    def loss(flat):
        return -np.log(softmax(flat[0] * scores + flat[1:])[np.arange(300), labels]).mean()

    best = minimize(loss, np.ones(3), method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9, "maxiter": 4000})
    found = calibrate(scores, labels)
    assert loss(np.concatenate([[found.slope], found.shift])) < best.fun + 1e-4


def test_separable_scores_stay_finite():
    scores = np.stack([-np.arange(-5.0, 5), np.arange(-5.0, 5)], axis=1)
    found = calibrate(scores, (np.arange(10) >= 5).astype(np.int64))
    assert np.isfinite(found.slope)
    assert np.isfinite(found.shift).all()


class Planted:
    """Setting 1 reads the signal, setting 0 noise."""

    settings = ({"column": 0.0}, {"column": 1.0}, {"column": 2.0})

    def fit(self, cases, settings):
        class Scorer:
            def __init__(self, column):
                self.column = int(column)

            def scores(self, features):
                return np.stack([-features[:, self.column], features[:, self.column]], axis=1).astype(float)

        return [Scorer(setting["column"]) for setting in settings]


def test_the_setting_with_the_lowest_loss_is_chosen_on_grouped_folds():
    rng = np.random.default_rng(2)
    labels = np.arange(80) % 2
    features = rng.normal(size=(80, 3)).astype(np.float32)
    features[:, 1] += 3 * labels
    fitted = scored._fit(Planted(), Cases(features, labels, np.arange(80) // 2, 2), 4, 0)
    assert fitted.setting == {"column": 1.0}
    assert [row["chosen"] for row in fitted.rows] == [False, True, False]


def test_one_patient_a_class_still_gives_an_answer():
    features, labels = np.eye(4, 3, dtype=np.float32), np.array([0, 0, 1, 1])
    fitted = scored._fit(Planted(), Cases(features, labels, np.array([0, 0, 1, 1]), 2), 4, 0)
    assert fitted.setting == {"column": 1.0}
    assert fitted.rows[0]["log_loss"] is None
