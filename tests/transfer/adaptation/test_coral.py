"""CORAL against its closed form."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.transfer.adaptation.coral import coral_map

RNG = np.random.default_rng(0)
SOURCE = RNG.normal(size=(60, 5)) @ RNG.normal(size=(5, 5))
TARGET = RNG.normal(size=(40, 5)) @ RNG.normal(size=(5, 5)) + 7


def test_mean_and_covariance_of_the_mapped_source_are_the_targets():
    mapped = coral_map(SOURCE, TARGET, 0.0)
    np.testing.assert_allclose(mapped.mean(axis=0), TARGET.mean(axis=0))
    np.testing.assert_allclose(np.cov(mapped.T, bias=True), np.cov(TARGET.T, bias=True), rtol=1e-8)


def test_a_wide_source_of_few_cases_gets_the_targets_covariance_where_it_has_any():
    """Fewer cases than columns: what is mapped lies where the source does, so that its rank is the source's."""
    wide = RNG.normal(size=(4, 5))
    mapped = coral_map(wide, TARGET, 0.0)
    assert np.linalg.matrix_rank(mapped - mapped.mean(axis=0)) == 3
    np.testing.assert_allclose(mapped.mean(axis=0), TARGET.mean(axis=0))


def test_full_shrinkage_changes_mean_and_size_only():
    mapped = coral_map(SOURCE, TARGET, 1.0)
    size = np.sqrt(np.trace(np.cov(TARGET.T, bias=True)) / np.trace(np.cov(SOURCE.T, bias=True)))
    np.testing.assert_allclose(mapped, (SOURCE - SOURCE.mean(axis=0)) * size + TARGET.mean(axis=0))


@pytest.mark.parametrize("shrinkage", [None, 0.3])
def test_alike_sides_stay_as_they_are(shrinkage):
    np.testing.assert_allclose(coral_map(SOURCE, SOURCE, shrinkage), SOURCE, atol=1e-8)


def test_it_helps_where_moments_are_moved(gains):
    before, after = gains("coral", "moved").T
    assert (after > before + 0.05).all()
    assert after.min() > 0.95
