"""Scores by hand; a map that mends is seen to, one that does nothing is no change; patients are drawn whole."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss

from medgraft.errors import UsageError
from medgraft.measure.calibrating.before_after import before_after


def _cases(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, true probabilities and ones that are too bold."""
    random = np.random.default_rng(seed)
    p = random.uniform(0.1, 0.9, n)
    bold = p**3 / (p**3 + (1 - p) ** 3)
    return (random.random(n) < p).astype(int), np.stack([1 - p, p], axis=1), np.stack([1 - bold, bold], axis=1)


def test_scores_are_those_of_scikit_learn() -> None:
    truth, true, bold = _cases(0)
    found = before_after(truth, (bold, true), positive=1)
    for place, said in ((0, bold), (1, true)):
        assert found.brier[place] == pytest.approx(2 * brier_score_loss(truth, said[:, 1]))
        assert found.log_loss[place] == pytest.approx(log_loss(truth, said))
    assert found.brier[2].value == pytest.approx(found.brier[1] - found.brier[0])


def test_what_mends_is_seen_to_mend() -> None:
    truth, true, bold = _cases(1)
    better, worse = (before_after(truth, pair, positive=1) for pair in ((bold, true), (true, bold)))
    assert better.log_loss[2].high < 0 < worse.log_loss[2].low
    assert better.error[0].beyond_chance and not better.error[1].beyond_chance
    same = before_after(truth, (true, true), positive=1).brier[2]
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)


def test_the_interval_is_as_wide_as_the_patients_are_few() -> None:
    truth, true, bold = (np.repeat(part, 8, axis=0) for part in _cases(2, 50))
    alone = before_after(truth, (bold, true), positive=1).brier[2]
    whole = before_after(truth, (bold, true), positive=1, groups=np.repeat(np.arange(50), 8)).brier[2]
    assert whole.n_patients == 50
    assert (whole.high - whole.low) / (alone.high - alone.low) == pytest.approx(math.sqrt(8), rel=0.25)


def test_other_cases_are_refused_and_all_is_plain() -> None:
    truth, true, bold = _cases(3, 30)
    with pytest.raises(UsageError, match="the same cases and classes"):
        before_after(truth, (bold, np.full((30, 3), 1 / 3)))
    told = before_after(truth, (bold, true), positive=1).to_dict()
    assert told["brier"]["difference"]["n"] == 30
    assert set(told["calibration"]) == {"before", "after"}
