"""Density ratios against known densities, and weights that do not rest on a handful of cases."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, spearmanr

from medgraft.transfer.adaptation.importance_weighting import density_ratio, effective_share, flattened
from medgraft.transfer.adaptation.space import Space


def test_effective_share_by_hand():
    assert effective_share(np.ones(7)) == pytest.approx(1)
    assert effective_share(np.array([1.0, 0, 0, 0])) == pytest.approx(0.25)
    assert effective_share(np.array([3.0, 1.0])) == pytest.approx(16 / 20)


def test_weights_have_mean_one_and_are_flattened_as_little_as_can_be():
    ratio = np.exp(np.random.default_rng(0).normal(0, 3, size=500))
    weights, power = flattened(ratio, 1e6, 0.3)
    assert weights.mean() == pytest.approx(1)
    assert effective_share(weights) >= 0.3
    assert effective_share(ratio ** (power + 0.05)) < 0.3
    even = flattened(np.ones(5), 20.0, 0.9)
    assert even[1] == 1.0
    np.testing.assert_allclose(even[0], 1.0)


def test_ratios_are_clipped():
    assert flattened(np.array([1e9, 1.0]), 3.0, 0.01)[0].tolist() == pytest.approx([1.5, 0.5])


def test_the_ratio_is_that_of_the_densities(toys):
    """Two normal distributions of one width: the logarithm of the ratio is linear."""
    from medgraft.transfer.adaptation.adaptation import Pair, SourceCases, TargetCases

    rng = np.random.default_rng(0)
    source, target = rng.normal(0, 1, size=(600, 1)), rng.normal(1, 1, size=(600, 1))
    extra = rng.normal(size=(1200, 1))
    head = toys("moved", 0).pair.head
    rows = np.hstack([np.concatenate([source, target]), extra]).astype(np.float32)
    head = type(head)(np.zeros((2, 2), np.float32), np.zeros(2, np.float32))
    pair = Pair(
        SourceCases(rows[:600], np.arange(600) % 2, np.arange(600)),
        TargetCases(rows[600:], np.arange(600, 1200)),
        2,
        head,
    )
    found = np.log(density_ratio(Space.of(pair, root=False, most=8), pair))
    wanted = norm.logpdf(source[:, 0], 1) - norm.logpdf(source[:, 0], 0)
    assert spearmanr(found, wanted).statistic > 0.97
    assert np.polyfit(wanted, found, 1)[0] == pytest.approx(1, abs=0.2)


def test_it_helps_where_other_cases_come(gains):
    before, after = gains("importance-weighting", "other-region").T
    assert (after > before).all()
