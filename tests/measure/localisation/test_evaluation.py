"""Scores beside the baselines: a method that knows the place, one that does not; fewer people, wider intervals."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.measure.localisation.evaluation import BASELINES, evaluate_localisation

N, SIDE = 40, 12


@pytest.fixture(scope="module")
def outlines():
    rng = np.random.default_rng(0)
    found = np.zeros((N, SIDE, SIDE), bool)
    for outline, (row, column) in zip(found, rng.integers(0, SIDE - 2, (N, 2)), strict=True):
        outline[row : row + 2, column : column + 2] = True
    return found


def test_who_knows_the_place_gains_and_who_does_not_gains_nothing(outlines):
    noise = np.random.default_rng(1).random((N, SIDE, SIDE))
    found = evaluate_localisation(
        {"knows": outlines.astype(float), "noise": noise}, outlines, groups=np.arange(N), seed=0, replicates=400
    )
    assert found["knows"].pointing.value == found["knows"].energy.value == 1.0
    assert found["knows"].pointing.low > 0.9  # 40 of 40 is not certainty
    assert found["knows"].pointing.low < 1.0
    for baseline in BASELINES:
        assert found["knows"].gain[baseline]["pointing"].low > 0.5
        assert found["noise"].gain[baseline]["pointing"].low < 0.05
    assert found["noise"].pointing.value < 0.2
    assert set(found["centre blob"].gain) == {"mean of outlines"}


def test_a_gain_is_the_mean_of_paired_differences(outlines):
    maps = np.random.default_rng(2).random((N, SIDE, SIDE)) + 0.5 * outlines
    found = evaluate_localisation({"some": maps}, outlines, groups=None, seed=0, replicates=200)
    expected = found["some"].energy.value - found["centre blob"].energy.value
    assert found["some"].gain["centre blob"]["energy"].value == pytest.approx(expected)
    assert found["some"].energy.n_patients is None


def test_cases_of_one_patient_tell_less(outlines):
    maps = outlines + 2.0 * (np.arange(N) // 10 % 2)[:, None, None] * np.random.default_rng(3).random(outlines.shape)
    alone = evaluate_localisation({"m": maps}, outlines, groups=np.arange(N), seed=0, replicates=400)["m"]
    few = evaluate_localisation({"m": maps}, outlines, groups=np.arange(N) // 10, seed=0, replicates=400)["m"]
    assert few.energy.high - few.energy.low > 1.5 * (alone.energy.high - alone.energy.low)
    assert few.energy.n_patients == 4
