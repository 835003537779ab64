"""Bars are where a binomial puts the share of events; perfect models lie inside, bold ones outside; patients widen."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from medgraft.errors import UsageError
from medgraft.measure.calibrating.consistency import BINS, consistency_bars


def _pairs(p: np.ndarray) -> np.ndarray:
    return np.stack([1 - p, p], axis=1)


def test_of_one_probability_the_bar_is_binomial() -> None:
    truth = np.repeat([1, 0], [30, 70])
    (bar,) = consistency_bars(truth, _pairs(np.full(100, 0.3)), positive=1, draws=20_000)
    assert (bar.said, bar.so, bar.n) == (pytest.approx(0.3), pytest.approx(0.3), 100)
    low, high = binom.ppf([0.025, 0.975], 100, 0.3) / 100
    assert (bar.low, bar.high) == (pytest.approx(low, abs=0.011), pytest.approx(high, abs=0.011))


def test_perfect_models_lie_inside_and_bold_ones_outside() -> None:
    random = np.random.default_rng(0)
    outside = {"true": 0, "bold": 0}
    for seed in range(20):
        p = random.uniform(0.05, 0.95, 400)
        truth = (random.random(400) < p).astype(int)
        for name, said in (("true", p), ("bold", p**3 / (p**3 + (1 - p) ** 3))):
            bars = consistency_bars(truth, _pairs(said), positive=1, draws=300, seed=seed)
            assert sum(bar.n for bar in bars) == 400 and len(bars) == BINS
            outside[name] += sum(not bar.low <= bar.so <= bar.high for bar in bars)
    assert outside["true"] <= 20  # 10 of 200 are expected
    assert outside["bold"] >= 80


def test_cases_of_one_patient_widen_the_bar() -> None:
    p, truth = np.full(100, 0.4), np.repeat([1, 0], 50)
    alone = consistency_bars(truth, _pairs(p), positive=1)[0]
    by_ten = consistency_bars(truth, _pairs(p), positive=1, groups=np.repeat(np.arange(10), 10))[0]
    assert by_ten.high - by_ten.low > 2 * (alone.high - alone.low)
    with pytest.raises(UsageError, match="consistency bars"):
        consistency_bars(truth[:5], _pairs(p), positive=1)
