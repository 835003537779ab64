"""The distance of covariances against numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from medgraft.transfer.adaptation.losses.correlation import covariance_distance


def test_it_is_the_formula_and_zero_for_equal_sides():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(20, 4)), 2 * rng.normal(size=(15, 4)) + 1
    found = covariance_distance(torch.from_numpy(one), torch.from_numpy(other))
    wanted = np.square(np.cov(one.T) - np.cov(other.T)).sum() / (4 * 16)
    assert float(found) == pytest.approx(wanted)
    assert float(covariance_distance(torch.from_numpy(one), torch.from_numpy(one + 7))) == pytest.approx(0, abs=1e-20)
