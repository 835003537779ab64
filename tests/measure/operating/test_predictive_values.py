"""PPV and NPV by Bayes' rule, intervals by hand and by simulation, the ends."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import expit, logit

from medgraft.errors import UsageError
from medgraft.measure.operating.cases import Cases
from medgraft.measure.operating.predictive_values import predictive_values


def _cases(hits: int, positives: int, spared: int, negatives: int, times: int = 1) -> Cases:
    score = np.concatenate([np.arange(positives) < hits, np.arange(negatives) >= spared]).astype(float)
    truth = np.repeat([True, False], [positives, negatives])
    groups = np.repeat(np.arange(len(truth)), times)
    return Cases.of(truth[groups], score[groups], groups)


def test_by_hand() -> None:
    """Sensitivity 0.8 of 50, specificity 0.9 of 100, at a prevalence of 1 in 10."""
    found = predictive_values(_cases(40, 50, 90, 100), 0.5, 0.1, threshold_from="val")
    ppv, npv = 0.08 / (0.08 + 0.09), 0.81 / (0.81 + 0.02)
    assert (found.ppv.value, found.npv.value) == pytest.approx((ppv, npv))
    reach = 1.959963984540054 * math.sqrt(0.2 / 0.8 / 50 + 0.9 / 0.1 / 100)
    assert (found.ppv.low, found.ppv.high) == pytest.approx(tuple(expit(logit(ppv) + np.array([-reach, reach]))))
    reach = 1.959963984540054 * math.sqrt(0.8 / 0.2 / 50 + 0.1 / 0.9 / 100)
    assert (found.npv.low, found.npv.high) == pytest.approx(tuple(expit(logit(npv) + np.array([-reach, reach]))))
    assert found.to_dict()["ppv"]["threshold_from"] == "val"


def test_at_the_prevalence_of_the_cases_they_are_the_plain_shares() -> None:
    found = predictive_values(_cases(40, 50, 90, 100), 0.5, 1 / 3)
    assert (found.ppv.value, found.npv.value) == pytest.approx((40 / 50, 90 / 100))


def test_copies_tell_no_more_than_their_patients() -> None:
    alone, copied = (predictive_values(_cases(40, 50, 90, 100, times), 0.5, 0.1) for times in (1, 5))
    assert (copied.ppv.low, copied.ppv.high) == pytest.approx((alone.ppv.low, alone.ppv.high), abs=0.01)


def test_intervals_hold_the_truth() -> None:
    random, se, sp, share = np.random.default_rng(0), 0.85, 0.9, 0.05
    truth = se * share / (se * share + (1 - sp) * (1 - share))
    held = []
    for _ in range(600):
        found = predictive_values(_cases(random.binomial(60, se), 60, random.binomial(120, sp), 120), 0.5, share)
        held.append(found.ppv.low <= truth <= found.ppv.high)
    assert 0.93 <= np.mean(held) <= 0.98


def test_the_ends_are_not_certain() -> None:
    perfect = predictive_values(_cases(30, 30, 40, 40), 0.5, 0.1)
    assert perfect.ppv.value == perfect.npv.value == perfect.ppv.high == 1.0
    assert 0.2 < perfect.ppv.low < 0.9 < perfect.npv.low < 1.0
    nobody = predictive_values(_cases(0, 30, 40, 40), 0.5, 0.1)
    assert math.isnan(nobody.ppv.value) and math.isnan(nobody.ppv.low)
    assert nobody.npv.value == pytest.approx(0.9)
    with pytest.raises(UsageError, match="share of positive cases"):
        predictive_values(_cases(3, 4, 3, 4), 0.5, 10)
