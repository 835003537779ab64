"""Standardisation per side takes away what columns are multiplied with and moved by, exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from medgraft.transfer.adaptation.standardise import Standardise, StandardiseConfig


def test_a_target_that_is_the_source_stretched_and_moved_gets_the_sources_answers(toys):
    pair = toys("moved", 0).pair
    rng = np.random.default_rng(0)
    stretched = pair.source.features * rng.uniform(0.2, 5, size=8) + rng.normal(0, 10, size=8)
    target = replace(pair.target, features=stretched.astype(np.float32), groups=pair.source.groups)
    done = Standardise(StandardiseConfig(root=False)).adapt(replace(pair, target=target))
    at_home = replace(pair, target=replace(target, features=pair.source.features))
    np.testing.assert_allclose(done.probability, at_home.before, atol=5e-3)
    assert done.facts["median_shift"] > 0.5


def test_a_column_without_spread_on_one_side_is_not_read(toys):
    pair = toys("moved", 0).pair
    features = pair.target.features.copy()
    features[:, 0] = 3.0
    done = Standardise(StandardiseConfig(root=False)).adapt(
        replace(pair, target=replace(pair.target, features=features))
    )
    assert done.facts["columns_without_spread"] == 1
    np.testing.assert_array_equal(done.head.weight[:, 0], 0)
    assert np.isfinite(done.probability).all()


def test_it_helps_where_columns_are_moved(gains):
    before, after = gains("standardise", "moved").T
    assert (after > before + 0.05).all()
    assert after.min() > 0.95
