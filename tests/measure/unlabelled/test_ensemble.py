"""Mean ranks by hand, ties by scipy, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import rankdata

from medgraft.errors import UsageError
from medgraft.measure.unlabelled.ensemble import mean_ranks


def test_by_hand() -> None:
    found = mean_ranks({"dev": {"a": -0.3, "b": -0.1, "c": -0.2}, "snd": {"c": 5.0, "b": 5.0, "a": 900.0}})
    assert found == {"a": (1 + 3) / 2, "b": (3 + 1.5) / 2, "c": (2 + 1.5) / 2}
    assert mean_ranks({"dev": {"a": math.nan, "b": -math.inf, "c": -9.0}}) == {"a": 1.5, "b": 1.5, "c": 3.0}


def test_ties_as_scipy_ranks_them() -> None:
    values = np.random.default_rng(0).integers(0, 5, 30).astype(float)
    found = mean_ranks({"snd": {str(place): value for place, value in enumerate(values)}})
    assert list(found.values()) == rankdata(values).tolist()


def test_what_does_not_fit_is_refused() -> None:
    for wrong in ({}, {"dev": {}}, {"dev": {"a": 1.0}, "snd": {"b": 1.0}}, {"dev": {"a": 1.0}, "snd": {}}):
        with pytest.raises(UsageError, match="of the same models"):
            mean_ranks(wrong)
