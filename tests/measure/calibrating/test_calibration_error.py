"""The null band holds what perfect models show; the debiased error against its closed form; patients, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.measure.calibrating.calibration_error import calibration_error
from medgraft.measure.metrics.calibration import ECE
from medgraft.measure.metrics.predictions import Predictions


def _pairs(p: np.ndarray) -> np.ndarray:
    return np.stack([1 - p, p], axis=1)


def test_ece_is_that_of_the_metrics(draw_cases) -> None:
    truth, said = draw_cases(0, n=90, k=3)
    expected = ECE.compute(Predictions.of(truth, said).unweighted())[0]
    assert calibration_error(truth, said).ece == pytest.approx(expected)
    truth, said = draw_cases(0, n=90)
    expected = ECE.compute(Predictions.of(truth, said, positive=1).unweighted())[0]
    assert calibration_error(truth, said, positive=1).ece == pytest.approx(expected)


def test_ece_against_netcal() -> None:
    """Evenly spread answers, so that its bins of equal width are ours of equal mass."""
    library = pytest.importorskip("netcal.metrics", reason="netcal is not installed")
    p = (np.arange(150) + 0.5) / 150
    truth = (np.random.default_rng(3).random(150) < p**2).astype(int)
    found = calibration_error(truth, _pairs(p), positive=1, draws=100)
    assert found.ece == pytest.approx(library.ECE(15).measure(p, truth), abs=1e-9)


def test_the_null_of_two_cases_in_closed_form() -> None:
    p = np.array([0.2, 0.7])
    found = calibration_error(np.array([0, 1]), _pairs(p), positive=1, draws=20_000)
    assert found.null_mean == pytest.approx(np.mean(2 * p * (1 - p)), abs=0.005)
    assert (found.null_low, found.null_high) == pytest.approx((0.25, 0.75))  # both as expected, neither
    assert found.p_value == pytest.approx(1.0)


def test_the_band_holds_what_perfect_models_show() -> None:
    random = np.random.default_rng(1)
    beyond, plain, debiased = 0, [], []
    for seed in range(250):
        p = random.beta(1, 1, 60)
        found = calibration_error((random.random(60) < p).astype(int), _pairs(p), positive=1, draws=200, seed=seed)
        beyond += found.beyond_chance
        plain.append(found.ece)
        debiased.append(found.debiased)
    assert 0.004 <= beyond / 250 <= 0.06  # 2.5 % by construction
    assert np.mean(plain) > 0.12, "a perfect model seems to err"
    assert np.mean(debiased) < 0.5 * np.mean(plain)


def test_an_error_that_is_there_is_seen() -> None:
    random = np.random.default_rng(2)
    p = random.beta(1, 1, 800)
    found = calibration_error((random.random(800) < p**3).astype(int), _pairs(p), positive=1)
    assert found.beyond_chance and found.p_value == pytest.approx(1 / 1001)
    # ∫ (p − p³)² dp = 1/3 − 2/5 + 1/7
    assert found.debiased == pytest.approx(math.sqrt(1 / 3 - 2 / 5 + 1 / 7), abs=0.03)
    assert found.to_dict()["beyond_chance"] is True


def test_one_bin_in_closed_form() -> None:
    truth = (np.arange(40) < 28).astype(int)
    found = calibration_error(truth, _pairs(np.full(40, 0.5)), positive=1)
    assert found.ece == pytest.approx(0.2)
    assert found.debiased == pytest.approx(math.sqrt(0.04 - truth.var(ddof=1) / 40))


def test_bins_of_one_patient_are_left_out() -> None:
    p = np.array([0.1, 0.3, 0.6, 0.9])
    assert math.isnan(calibration_error(np.array([0, 0, 1, 1]), _pairs(p), positive=1).debiased)
    p = np.array([0.2, 0.6, 0.6])
    found = calibration_error(np.array([0, 1, 1]), _pairs(p), positive=1)
    assert found.debiased == pytest.approx(0.4)


def test_copies_tell_no_more_than_their_patients() -> None:
    random = np.random.default_rng(3)
    p = random.beta(2, 2, 50)
    truth = (random.random(50) < p).astype(int)
    alone = calibration_error(truth, _pairs(p), positive=1, groups=np.arange(50))
    copies = np.repeat(np.arange(50), 4)
    found = calibration_error(truth[copies], _pairs(p[copies]), positive=1, groups=copies)
    assert (found.n, found.n_patients, alone.n_patients) == (200, 50, 50)
    kept = ("ece", "debiased", "null_mean", "null_low", "null_high", "p_value")
    assert [getattr(found, name) for name in kept] == pytest.approx([getattr(alone, name) for name in kept])


def test_what_does_not_fit_is_refused(draw_cases) -> None:
    truth, said = draw_cases(0, n=20)
    with pytest.raises(UsageError, match="an index of a class"):
        calibration_error(truth, said, positive=2)
    with pytest.raises(UsageError, match="a draw or more"):
        calibration_error(truth, said, draws=0)
