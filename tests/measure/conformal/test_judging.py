"""Coverage, sizes and bands of sets by hand; the band holds what is seen."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.measure.conformal.judging import judge_sets
from medgraft.measure.conformal.quantile import coverage_band
from medgraft.measure.conformal.split import ConformalSets, SetRule, SharedBound, calibrate_sets
from medgraft.measure.intervals.wilson import wilson


def test_by_hand() -> None:
    sets = ConformalSets(SetRule(alpha=0.2), (SharedBound((0,), 0.5, 40), SharedBound((1, 2), 0.7, 60)))
    said = np.array([[0.5, 0.3, 0.2], [0.34, 0.33, 0.33], [0.45, 0.28, 0.27], [0.6, 0.3, 0.1]])
    found = judge_sets(sets, np.array([0, 1, 2, 0]), said)
    assert sets(said).tolist() == [[True, True, False], [False, True, True], [False] * 3, [True, True, False]]
    assert (found.coverage.value, found.mean_size, found.single.value, found.empty.value) == (0.75, 1.5, 0.0, 0.25)
    assert (found.coverage.low, found.coverage.high) == pytest.approx(wilson(0.75, 4))
    first, second = found.by_bound
    assert (first.classes, first.coverage.value, first.coverage.n) == ((0,), 1.0, 2)
    assert (second.classes, second.coverage.value, second.band) == ((1, 2), 0.5, coverage_band(60, 0.2, 2))
    assert found.to_dict()["by_bound"][1]["calibrated_on"] == 60
    assert len(judge_sets(sets, np.array([0, 0]), said[:2]).by_bound) == 1


def test_the_band_holds_what_is_seen(draw_cases) -> None:
    inside = []
    for seed in range(150):
        truth, said = draw_cases(seed, n=200, k=3)
        sets = calibrate_sets(truth[:80], said[:80], SetRule(by_class=False))
        bound = judge_sets(sets, truth[80:], said[80:]).by_bound[0]
        inside.append(bound.band[0] <= bound.coverage.value <= bound.band[1])
    assert 0.9 <= np.mean(inside) <= 1.0
