"""Is a metric different in a part: by hand, against the known error rate, and for cases of one patient."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, rankdata

from medgraft.measure.apart import apart, auroc_sides, macro_sides, share_side
from medgraft.measure.patients import Patients


def auroc(truth, score):
    """Mann and Whitney's, from ranks."""
    above = int(truth.sum())
    return (rankdata(score)[truth].sum() - above * (above + 1) / 2) / (above * (len(truth) - above))


def test_the_auroc_of_these_tests_is_the_usual_one():
    rng = np.random.default_rng(9)
    truth, score = np.arange(30) % 3 == 0, rng.integers(0, 5, 30)
    assert auroc(truth, score) == pytest.approx(mannwhitneyu(score[truth], score[~truth]).statistic / 200)


def test_two_shares_by_hand():
    """8 of 10 and 4 of 10: the pooled share is 0.6, the error √(0.6 · 0.4 · (1/10 + 1/10)), z = 1.826."""
    right = np.array([True] * 8 + [False] * 2 + [True] * 4 + [False] * 6)
    inside = np.arange(20) < 10
    found = apart((0.8, 0.4), inside, share_side(np.ones(20, bool), right), Patients.of(None, 20))
    assert found.difference == pytest.approx(0.4)
    assert found.p_value == pytest.approx(0.0679, abs=1e-4)
    assert found.low < 0 < found.high


def test_the_same_case_twice_is_one_patient():
    right = np.array([True] * 8 + [False] * 2 + [True] * 4 + [False] * 6)
    inside = np.arange(20) < 10
    once = apart((0.8, 0.4), inside, share_side(np.ones(20, bool), right), Patients.of(None, 20))
    codes = np.tile(np.arange(20), 3)
    many = apart(
        (0.8, 0.4), np.tile(inside, 3), share_side(np.ones(60, bool), np.tile(right, 3)), Patients.of(codes, 60)
    )
    assert many.p_value == pytest.approx(once.p_value)


def test_a_perfect_small_group_is_not_certain():
    """AUROC 1.0 of 2 + 2 cases has no error of its own; the population's error says how little that is."""
    rng = np.random.default_rng(0)
    truth = np.arange(100) % 2 == 1
    score = rng.normal(size=100) + truth
    score[:4] = [0, 1, 0.1, 1.1]
    inside = np.arange(100) < 4
    found = apart((1.0, auroc(truth[4:], score[4:])), inside, auroc_sides(truth, score), Patients.of(None, 100))
    assert found.p_value > 0.05


def one_draw(rng, metric, clustered):
    """The p value where nothing differs; groups go by patient."""
    cases = 120
    codes = np.arange(cases) // (3 if clustered else 1)
    truth = (rng.random(cases) < 0.5)[codes]
    score = truth + rng.normal(size=cases) + rng.normal(size=cases)[codes] * clustered
    inside = (rng.random(cases) < 0.4)[codes]
    patients = Patients.of(codes, cases)
    if metric == "auroc":
        values = tuple(auroc(truth[part], score[part]) for part in (inside, ~inside))
        return apart(values, inside, auroc_sides(truth, score), patients).p_value
    right = (score > 0.5) == truth
    values = tuple(float(right[part & truth].mean()) for part in (inside, ~inside))
    return apart(values, inside, share_side(truth, right), patients).p_value


@pytest.mark.parametrize("metric", ["auroc", "sensitivity"])
@pytest.mark.parametrize("clustered", [False, True])
def test_where_nothing_differs_one_in_twenty_says_so(metric, clustered):
    rng = np.random.default_rng(1)
    found = np.array([one_draw(rng, metric, clustered) for _ in range(400)])
    assert (found < 0.05).mean() <= 0.095  # 5 % and 4 standard errors of 400 draws
    assert (found < 0.05).mean() >= 0.015
    assert np.median(found) == pytest.approx(0.5, abs=0.12)


def test_a_difference_is_found():
    rng = np.random.default_rng(2)
    truth, inside = np.arange(400) % 2 == 1, np.arange(400) < 200
    score = rng.normal(size=400) + truth * np.where(inside, 2.5, 0.5)
    values = tuple(auroc(truth[part], score[part]) for part in (inside, ~inside))
    assert apart(values, inside, auroc_sides(truth, score), Patients.of(None, 400)).p_value < 1e-4


def test_macro_of_two_classes_is_the_auroc():
    rng = np.random.default_rng(3)
    truth = np.arange(80) % 2
    score = rng.random(80)
    inside = np.arange(80) < 30
    both = np.stack([1 - score, score], axis=1)
    one, other = (
        apart((0.6, 0.5), inside, sides, Patients.of(None, 80))
        for sides in (auroc_sides(truth == 1, score), macro_sides(truth, both))
    )
    assert one.p_value == pytest.approx(other.p_value)


def test_what_cannot_be_told():
    truth = np.array([True] * 5 + [False] * 5)
    inside = truth.copy()
    found = apart((np.nan, np.nan), inside, auroc_sides(truth, np.arange(10.0)), Patients.of(None, 10))
    assert np.isnan(found.p_value)
    perfect = apart(
        (1.0, 1.0), np.arange(10) % 2 == 0, share_side(np.ones(10, bool), np.ones(10, bool)), Patients.of(None, 10)
    )
    assert (perfect.difference, perfect.p_value) == (0.0, 1.0)
