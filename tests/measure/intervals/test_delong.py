"""DeLong and its clustered form against naive O(n²) versions written from the papers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from medgraft.measure.intervals.delong import Influence, auroc_influence, macro_influence
from medgraft.measure.intervals.wilson import wilson
from medgraft.measure.patients import Patients


def _placements(truth: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    upper, lower = score[truth], score[~truth]
    kernel = np.array([[1.0 if u > v else 0.5 if u == v else 0.0 for v in lower] for u in upper])
    return kernel.mean(axis=1), kernel.mean(axis=0)


def _delong_covariance(truth: np.ndarray, scores: list[np.ndarray]) -> np.ndarray:
    both = [_placements(truth, score) for score in scores]
    first = np.atleast_2d(np.cov(np.array([v10 for v10, _ in both])))
    second = np.atleast_2d(np.cov(np.array([v01 for _, v01 in both])))
    return first / truth.sum() + second / (~truth).sum()


def _obuchowski_variance(truth: np.ndarray, score: np.ndarray, groups: np.ndarray) -> float:
    v10, v01 = _placements(truth, score)
    area, m, n = v10.mean(), truth.sum(), (~truth).sum()
    ids = np.unique(groups)
    first = np.array([(v10[groups[truth] == i] - area).sum() for i in ids])
    second = np.array([(v01[groups[~truth] == i] - area).sum() for i in ids])
    with_first, with_second = len(np.unique(groups[truth])), len(np.unique(groups[~truth]))
    s10 = with_first / ((with_first - 1) * m) * (first**2).sum()
    s01 = with_second / ((with_second - 1) * n) * (second**2).sum()
    s11 = len(ids) / (len(ids) - 1) * (first * second).sum()
    return float(s10 / m + s01 / n + 2 * s11 / (m * n))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 20), st.integers(2, 20), st.booleans())
def test_one_case_a_patient_is_delong(seed: int, m: int, n: int, coarse: bool) -> None:
    random = np.random.default_rng(seed)
    truth = np.arange(m + n) < m
    score = random.normal(size=m + n) + truth
    score = np.round(score) if coarse else score
    influence = auroc_influence(truth, score, Patients.of(None, m + n))
    assert influence.value == pytest.approx(_placements(truth, score)[0].mean(), abs=1e-12)
    assert influence.error**2 == pytest.approx(_delong_covariance(truth, [score])[0, 0], abs=1e-10)
    low, high = influence.interval()
    assert 0 <= low <= influence.value <= high <= 1


def test_a_difference_of_influences_is_paired_delong() -> None:
    random = np.random.default_rng(0)
    truth = np.arange(60) < 25
    one = random.normal(size=60) + truth
    other = one + random.normal(size=60)
    patients = Patients.of(None, 60)
    parts = [auroc_influence(truth, score, patients).parts for score in (one, other)]
    covariance = _delong_covariance(truth, [one, other])
    expected = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    assert ((parts[0] - parts[1]) ** 2).sum() == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("seed", range(4))
def test_several_cases_a_patient_is_obuchowski(seed: int) -> None:
    random = np.random.default_rng(seed)
    groups = random.integers(0, 40, 120)
    truth = random.random(120) < 0.4
    score = truth + random.normal(size=40)[groups] + random.normal(size=120)
    influence = auroc_influence(truth, score, Patients.of(groups, 120))
    expected = _obuchowski_variance(truth, score, groups)
    assert influence.error**2 == pytest.approx(expected, rel=1 / 40)
    # With one class a patient there is no term between the sides, and the two forms are the same.
    apart = np.where(truth, groups, groups + 100)
    single = auroc_influence(truth, score, Patients.of(apart, 120))
    assert single.error**2 == pytest.approx(_obuchowski_variance(truth, score, apart), abs=1e-12)


def test_the_interval_lies_on_the_logit_scale() -> None:
    random = np.random.default_rng(3)
    truth = np.arange(50) < 20
    influence = auroc_influence(truth, random.normal(size=50) + truth, Patients.of(None, 50))
    low, high = (math.log(x / (1 - x)) for x in influence.interval())
    value = influence.value
    assert (low + high) / 2 == pytest.approx(math.log(value / (1 - value)))
    quantile = stats.t.ppf(0.975, influence.freedom)
    assert (high - low) / 2 == pytest.approx(quantile * influence.error / (value * (1 - value)))


def test_degrees_of_freedom_are_those_of_a_sum_of_squares() -> None:
    """Of normal parts as many as there are; of one part that is nearly all, hardly one; never beyond the pairs."""
    random = np.random.default_rng(5)
    found = [Influence(0.7, random.normal(size=40), 400).freedom for _ in range(400)]
    assert np.median(found) == pytest.approx(40, rel=0.25)
    assert Influence(0.7, np.array([1.0, *[0.01] * 30]), 400).freedom == pytest.approx(2, abs=0.1)
    assert Influence(0.7, random.normal(size=400), 6).freedom == 5
    assert Influence(0.7, np.ones(400), 40).freedom == 39
    many = Influence(0.7, random.normal(size=4000) / 4000, 3000)
    assert many.interval()[0] == pytest.approx(further(0.7, -1.96 * many.error), abs=1e-4)


def further(value: float, step: float) -> float:
    """The value that lies ``step`` of its own standard errors further on the logit scale."""
    return float(special.expit(special.logit(value) + step / (value * (1 - value))))


def test_few_positive_cases_are_covered() -> None:
    """15 positive cases of 300 at an AUROC of 0.86: with the normal quantile it is 90 %."""
    random, truth = np.random.default_rng(2), np.arange(300) < 15
    covered = 0
    for _ in range(600):
        influence = auroc_influence(truth, random.normal(size=300) + 1.5 * truth, Patients.of(None, 300))
        low, high = influence.interval()
        covered += low <= special.ndtr(1.5 / math.sqrt(2)) <= high
    assert 0.92 <= covered / 600 <= 0.97


@pytest.mark.parametrize(("score", "value"), [(np.arange(10.0), 1.0), (-np.arange(10.0), 0.0), (np.zeros(10), 0.5)])
def test_without_variance_it_is_wilson_on_the_independent_pairs(score: np.ndarray, value: float) -> None:
    influence = auroc_influence(np.arange(10) >= 6, score, Patients.of(None, 10))
    assert influence.value == value
    assert influence.interval() == wilson(value, 4)


def test_few_or_no_patients_on_one_side() -> None:
    one = auroc_influence(np.array([1, 0, 0, 0]), np.array([2.0, 1.0, 3.0, 0.0]), Patients.of(None, 4))
    assert one.interval() == wilson(2 / 3, 1)
    none = auroc_influence(np.zeros(3), np.arange(3.0), Patients.of(None, 3))
    assert math.isnan(none.value)
    assert all(math.isnan(limit) for limit in none.interval())


def test_two_classes_macro_is_the_binary_form(draw_cases) -> None:
    truth, chances = draw_cases(0)
    patients = Patients.of(None, len(truth))
    macro, binary = macro_influence(truth, chances, patients), auroc_influence(truth, chances[:, 1], patients)
    assert macro.value == pytest.approx(binary.value)
    assert macro.error == pytest.approx(binary.error)
    assert math.isnan(macro_influence(np.zeros(60, dtype=int), chances, patients).value)


def test_coverage_of_clustered_and_macro_auroc() -> None:
    random = np.random.default_rng(11)
    groups = np.repeat(np.arange(40), 4)
    patients = Patients.of(groups, 160)
    truth_value = 0.7602499389  # Φ(1 / √2): two unit normals one apart
    covered = macro_covered = 0
    for _ in range(300):
        truth = random.random(160) < 0.4
        score = truth + (random.normal(size=40)[groups] + random.normal(size=160)) / math.sqrt(2)
        low, high = auroc_influence(truth, score, patients).interval()
        covered += low <= truth_value <= high
        label = random.integers(0, 3, 160)
        noise = (random.normal(size=(40, 3))[groups] + random.normal(size=(160, 3))) / math.sqrt(2)
        low, high = macro_influence(label, noise + np.eye(3)[label], patients).interval()
        macro_covered += low <= truth_value <= high
    assert 0.90 <= covered / 300 <= 0.985
    assert 0.90 <= macro_covered / 300 <= 0.985
