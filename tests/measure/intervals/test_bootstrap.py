"""The bootstrap over patients: draws, determinism, agreement with a plain loop."""

from __future__ import annotations

import math

import numpy as np
import pytest

from medgraft.measure.intervals import bootstrap as module
from medgraft.measure.intervals.bootstrap import bootstrap, case_weights, percentile_interval
from medgraft.measure.metrics.catalogue import METRICS
from medgraft.measure.metrics.predictions import Predictions
from medgraft.measure.patients import Patients


def _weights(patients: Patients, replicates: int = 50, seed: int = 0) -> np.ndarray:
    return np.concatenate(list(case_weights(patients, replicates, seed)), axis=1)


def test_patients_are_drawn_whole_and_as_many_as_there_are() -> None:
    patients = Patients.of(np.array([0, 1, 1, 2, 2, 2]), 6)
    weights = _weights(patients)
    assert weights.shape == (6, 50)
    assert (weights[1] == weights[2]).all()
    assert (weights[3] == weights[5]).all()
    assert (weights[[0, 1, 3]].sum(axis=0) == 3).all()


def test_the_same_seed_draws_the_same_whatever_the_block(monkeypatch) -> None:
    patients = Patients.of(None, 37)
    whole = _weights(patients)
    assert (whole == _weights(patients)).all()
    assert (whole != _weights(patients, seed=1)).any()
    monkeypatch.setattr(module, "CELLS", 37 * 7)
    assert (whole == _weights(patients)).all()


def test_replicates_equal_a_plain_loop_over_drawn_cases(draw_cases) -> None:
    truth, chances = draw_cases(0, n=40)
    other = draw_cases(1, n=40)[1]
    patients = Patients.of(np.arange(40) // 2, 40)
    repeats = [Predictions.of(truth, one, positive=1) for one in (chances, other)]
    metric = METRICS.get("auprc")
    found = bootstrap(repeats, [metric], patients, 20, 3)["auprc"]
    assert found.each is not None
    for replicate, weights in enumerate(_weights(patients, 20, 3).T):
        again = np.repeat(np.arange(40), weights.astype(int))
        values = []
        for one in (chances, other):
            single = Predictions.of(truth[again], one[again], positive=1).unweighted()
            values.append(metric.compute(single)[:, 0])
        assert found.each[:, replicate] == pytest.approx(np.mean(values, axis=0))
        assert found.overall[replicate] == found.each[1, replicate]


def test_percentiles_hold_the_value_and_skip_what_is_not_defined() -> None:
    values = np.append(np.arange(1001.0), np.nan)
    assert percentile_interval(values, 500.0) == pytest.approx((25.0, 975.0))
    assert percentile_interval(values, 3.0)[0] == 3.0
    assert percentile_interval(values, 300.0, centred=True) == pytest.approx((-175.0, 775.0))
    assert math.isnan(percentile_interval(np.array([np.nan]), 0.5)[0])
    assert math.isnan(percentile_interval(values, math.nan)[1])
