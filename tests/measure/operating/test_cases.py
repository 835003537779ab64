"""Cases of one question: counts and rates by hand, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import DataError, UsageError
from medgraft.measure.intervals.clopper_pearson import clopper_pearson
from medgraft.measure.operating.cases import Cases, checked_prevalence


def test_rates_by_hand() -> None:
    cases = Cases.of(np.array([1, 1, 1, 0, 0]), np.array([0.9, 0.5, 0.2, 0.5, 0.1]), np.array([0, 1, 2, 3, 3]))
    sensitivity, specificity = cases.rates(0.5, "val")
    assert (sensitivity.value, sensitivity.n, sensitivity.n_patients) == (pytest.approx(2 / 3), 3, 3)
    assert (sensitivity.low, sensitivity.high) == clopper_pearson(2, 3)
    assert (specificity.value, specificity.n, specificity.n_patients) == (0.5, 2, 1)
    assert (specificity.threshold, specificity.threshold_from) == (0.5, "val")
    assert cases.prevalence == pytest.approx(0.6)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="one finite score a case"):
        Cases.of(np.array([0, 1]), np.array([0.1]))
    with pytest.raises(UsageError, match="one finite score a case"):
        Cases.of(np.array([0, 1]), np.array([0.1, np.nan]))
    with pytest.raises(DataError, match="0 positive and 2 negative"):
        Cases.of(np.array([0, 0]), np.array([0.1, 0.2]))
    for share in (0.0, 1.0, float("nan")):
        with pytest.raises(UsageError, match="share of positive cases"):
            checked_prevalence(share)
    assert checked_prevalence(0.1) == 0.1
