"""Cuts by hand; the demand is kept on new cases, on average; chosen on one set, judged on another."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import DataError, UsageError
from medgraft.measure.operating.cases import Cases
from medgraft.measure.operating.demanded import Demand, demanded_threshold, operating_point


def _cases(random: np.random.Generator, n: int = 60) -> Cases:
    truth = np.arange(n) % 2
    return Cases.of(truth, random.normal(size=n) + 1.5 * truth)


def test_by_hand() -> None:
    # positives 0.30 0.40 … 0.80, negatives 0.05 0.15 … 0.45
    positives, negatives = np.arange(3, 9) / 10, np.arange(5, 50, 10) / 100
    cases = Cases.of(np.repeat([1, 0], [6, 5]), np.concatenate([positives, negatives]))
    # of 6 + 1, 0.6 is ⌈4.2⌉ = 5 from above: 0.40, and the next below is 0.35
    assert demanded_threshold(Demand("sensitivity", 0.6), cases) == pytest.approx(0.375)
    # of 5 + 1, 0.5 is the third from below: 0.25, and the next above is 0.30
    assert demanded_threshold(Demand("specificity", 0.5), cases) == pytest.approx(0.275)
    assert demanded_threshold(Demand("specificity", 0.8), cases) == pytest.approx(0.475)
    found = operating_point(Demand("sensitivity", 0.6), cases, cases, threshold_from="val")
    assert (found.sensitivity.value, found.specificity.value) == (pytest.approx(5 / 6), 0.8)
    assert found.to_dict()["sensitivity"]["threshold_from"] == "val"
    assert found.to_dict()["demand"] == {"of": "sensitivity", "least": 0.6}


def test_the_ends_of_the_scale() -> None:
    low = Cases.of(np.array([1, 1, 0]), np.array([0.1, 0.2, 0.3]))
    assert demanded_threshold(Demand("sensitivity", 0.6), low) == 0.1
    high = Cases.of(np.array([0, 0, 1]), np.array([0.8, 1.0, 0.3]))
    cut = demanded_threshold(Demand("specificity", 0.6), high)
    assert cut > 1.0 and not (high.score >= cut).any()


@pytest.mark.parametrize("side", ["sensitivity", "specificity"])
def test_new_cases_keep_the_demand_on_average(side) -> None:
    random, kept = np.random.default_rng(0), []
    far = _cases(random, 20_000)
    for _ in range(300):
        point = operating_point(Demand(side, 0.9), _cases(random), far)
        kept.append(getattr(point, side).value)
    error = np.std(kept) / np.sqrt(300)
    assert 0.9 - 2 * error <= np.mean(kept) <= 0.9 + 1 / 31 + 0.01 + 2 * error


def test_what_cannot_be_promised_is_refused() -> None:
    cases = _cases(np.random.default_rng(1), 40)
    assert demanded_threshold(Demand("sensitivity", 0.95), cases) <= cases.score[cases.truth].min()
    with pytest.raises(DataError, match="20 positive cases; 24 are needed"):
        demanded_threshold(Demand("sensitivity", 0.96), cases)
    with pytest.raises(DataError, match="negative cases"):
        demanded_threshold(Demand("specificity", 0.99), cases)
    with pytest.raises(UsageError, match="above 0 and below 1"):
        demanded_threshold(Demand("sensitivity", 95), cases)
    with pytest.raises(UsageError, match="sensitivity or specificity"):
        demanded_threshold(Demand("precision", 0.9), cases)  # type: ignore[arg-type]
