"""Curves over severities: closed forms, paired intervals over patients, and nothing to measure."""

from __future__ import annotations

import math

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.measure.patients import Patients
from medgraft.measure.robustness import robustness_curves

CLEAN = np.array([1.0, 1, 1, 1, 0, 1, 1, 0, 1, 1])
HALF = np.stack([np.where(np.arange(10) < 10 - 2 * severity, CLEAN, 0) for severity in range(1, 6)])
SAME = np.repeat(CLEAN[None], 5, axis=0)


def curves(patients=None, **spoilt):
    return robustness_curves(CLEAN, spoilt, Patients.of(patients, 10), seed=3, replicates=400)


def values(curve):
    return [one.value for one in curve.accuracy]


def test_accuracy_and_what_is_lost_have_closed_forms():
    mean, each = curves(fading=HALF, same=SAME)
    assert values(each["same"]) == [0.8] * 6
    np.testing.assert_allclose(values(each["fading"]), [0.8, *HALF.mean(axis=1)])
    np.testing.assert_allclose(values(mean), (np.array(values(each["fading"])) + 0.8) / 2)
    assert each["fading"].drop.value == pytest.approx(1 - HALF.mean() / 0.8)
    assert mean.drop.value == pytest.approx(each["fading"].drop.value / 2)


def test_cases_are_paired_so_that_nothing_lost_is_sure():
    _, each = curves(fading=HALF, same=SAME)
    drop = each["same"].drop
    assert (drop.value, drop.low, drop.high) == (0, 0, 0)
    assert each["fading"].drop.low > 0
    assert each["same"].accuracy[0].low < 0.8 < each["same"].accuracy[0].high


def test_intervals_draw_patients():
    _, alone = curves(fading=HALF)
    _, few = curves(np.repeat(np.arange(5), 2), fading=HALF)
    wide, narrow = few["fading"].accuracy[2], alone["fading"].accuracy[2]
    assert wide.high - wide.low > narrow.high - narrow.low
    assert (wide.n, wide.n_patients, narrow.n_patients) == (10, 5, None)


def test_a_gain_is_a_loss_below_zero_and_nothing_right_is_not_defined():
    _, each = curves(better=np.ones((5, 10)))
    assert each["better"].drop.value == pytest.approx(-0.25)
    zero, _ = robustness_curves(np.zeros(4), {"any": np.zeros((5, 4))}, Patients.of(None, 4))
    assert math.isnan(zero.drop.value)
    assert zero.to_dict()["drop"]["value"] is None


@pytest.mark.parametrize(
    ("clean", "spoilt"),
    [
        (np.ones(0), {"a": np.ones((5, 0))}),
        (CLEAN, {}),
        (CLEAN, {"a": SAME[:, :9]}),
        (CLEAN, {"a": SAME, "b": HALF[:3]}),
    ],
)
def test_what_does_not_fit_is_refused(clean, spoilt):
    with pytest.raises(UsageError, match="measuring robustness"):
        robustness_curves(clean, spoilt, Patients.of(None, len(clean)))
