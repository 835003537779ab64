"""What lies apart is named, the farthest first; a plain cloud names next to nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from medgraft.insight.audit.check import Material
from medgraft.insight.audit.outliers import outliers, outlyingness


def test_planted_outliers(cohort_of: Callable) -> None:
    features = np.random.default_rng(0).normal(size=(120, 20)).astype(np.float32)
    features[7] += 9
    features[9] += 30
    features[11] = np.nan
    cohort = cohort_of(["a"] * 120)
    found = outliers(Material(cohort, {}, {}, features=features))["outliers"]
    assert [entry["case"] for entry in found[:2]] == [f"{9:016x}", f"{7:016x}"]
    assert len(found) <= 3
    assert outliers(Material(cohort, {}, {}))["outliers"] == []


def test_few_or_equal_cases_are_no_outliers() -> None:
    assert outlyingness(np.ones((3, 4), np.float32)).tolist() == [0, 0, 0]
    assert np.abs(outlyingness(np.ones((30, 4), np.float32))).max() == 0
